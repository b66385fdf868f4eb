import { connectionTypes } from '@storytelling/shared/graphql/connection';
import { FailureType, ProgressType } from '@storytelling/shared/graphql/progress';
import { Directive, Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';

export enum GenerationStatus {
  PENDING = 'pending',
  PROCESSING = 'processing',
  COMPLETED = 'completed',
  FAILED = 'failed',
}
registerEnumType(GenerationStatus, {
  name: 'GenerationStatus',
  description: 'How far a narration has come.',
  valuesConfig: {
    PENDING: { description: 'Its work waits to be begun.' },
    PROCESSING: { description: 'It is being spoken; segments that are finished can be heard.' },
    COMPLETED: { description: 'It can be heard as a whole.' },
    FAILED: { description: 'It was given up or cancelled (see failure); resumeNarration goes on with what is missing.' },
  },
});

export enum SegmentSource {
  SYNTHESISED = 'synthesised',
  RECORDED = 'recorded',
}
registerEnumType(SegmentSource, {
  name: 'SegmentSource',
  description: 'Where the audio of a segment comes from.',
  valuesConfig: { SYNTHESISED: { description: 'A voice of a provider.' }, RECORDED: { description: 'Somebody who has read it aloud.' } },
});

/** Defined by story; this context adds the narrations. */
@Directive('@key(fields: "id")')
@ObjectType('Story', { description: 'A story.' })
export class StoryType {
  @Field(() => ID, { description: 'Id of the story.' })
  id!: string;
}

/** Defined by story. */
@Directive('@key(fields: "id", resolvable: false)')
@ObjectType('StoryCharacter', { description: 'Somebody who acts or speaks in a story.' })
export class StoryCharacterType {
  @Field(() => ID, { description: 'Id of the character.' })
  id!: string;
}

@Directive('@key(fields: "id")')
@ObjectType('StoryNarration', {
  description:
    'One text of a story, spoken. Its author hears it segment by segment while it is made; readers hear the whole of what is published.',
})
export class StoryNarrationType {
  @Field(() => ID, { description: 'Id of the narration.' })
  id!: string;

  @Field(() => Int, { description: 'The version of the story that it speaks.' })
  storyVersion!: number;

  @Field(() => Boolean, { description: 'Whether the story has another text by now, or another script of it.' })
  isStale!: boolean;

  @Field(() => GenerationStatus, { description: 'How far it has come.' })
  status!: GenerationStatus | `${GenerationStatus}`;

  @Field(() => FailureType, { nullable: true, description: 'Why its last work failed; code CANCELLED: somebody cancelled it.' })
  failure!: FailureType | null;

  @Field(() => Int, { description: 'How many segments it has.' })
  totalSegments!: number;

  @Field(() => Int, { description: 'How many of them can be heard.' })
  doneSegments!: number;

  @Field(() => String, { description: 'mp3, ogg or wav.' })
  audioFormat!: string;

  @Field(() => Float, { nullable: true, description: 'How long the whole plays.' })
  durationSeconds!: number | null;

  @Field(() => Date, { description: 'When it was asked for.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When the whole could be heard as it is now.' })
  completedAt!: Date | null;
}

@ObjectType('CastMember', { description: 'Who speaks a character of the story.' })
export class CastMemberType {
  characterId!: string;
  voiceId!: string;
}

@ObjectType('NarrationSegment', {
  description: 'A line of a narration: one voice, one emotion. It can be heard before the whole is ready.',
})
export class NarrationSegmentType {
  @Field(() => ID, { description: 'Id of the segment; another one than that of the story’s segment.' })
  id!: string;

  @Field(() => Int, { description: 'Place in the text, from 0.' })
  index!: number;

  @Field(() => ID, { description: 'Id of the segment of the story that it speaks.' })
  storySegmentId!: string;

  @Field(() => String, { description: 'What is spoken.' })
  text!: string;

  @Field(() => String, { description: 'How it is spoken.' })
  emotion!: string;

  @Field(() => Int, { description: 'How strongly, from 1 (barely) to 10 (overwhelming).' })
  intensity!: number;

  @Field(() => SegmentSource, { description: 'Where its audio comes from.' })
  source!: SegmentSource | `${SegmentSource}`;

  @Field(() => Int, {
    nullable: true,
    description: 'Which take is heard: 1, and one more each time that it was made anew; null: none yet.',
  })
  take!: number | null;
}

@ObjectType('SegmentTake', { description: 'One version of a segment.' })
export class SegmentTakeType {
  @Field(() => Int, { description: 'Its number, from 1.' })
  take!: number;

  @Field(() => String, { description: 'What was spoken.' })
  text!: string;

  @Field(() => String, { description: 'How it was spoken.' })
  emotion!: string;

  @Field(() => Date, { description: 'When it was spoken.' })
  createdAt!: Date;
}

@ObjectType('NarrationChapter', { description: 'A heading of the text, and where it is heard.' })
export class NarrationChapterType {
  @Field(() => String, { description: 'The heading.' })
  title!: string;

  @Field(() => Float, { description: 'Seconds from the beginning of the whole.' })
  startSeconds!: number;
}

@ObjectType('NarrationUpdate', { description: 'Something happened to a narration.' })
export class NarrationUpdateType {
  @Field(() => String, { description: 'Where this is in the narration’s stream; give it as `after` to go on from here.' })
  cursor!: string;

  @Field(() => Date, { description: 'When it happened.' })
  occurredAt!: Date;

  @Field(() => String, { description: 'What happened: the name of the event, such as SegmentNarrated.' })
  eventType!: string;

  @Field(() => ProgressType, { nullable: true, description: 'How far the work has come, if that is what happened.' })
  progress!: ProgressType | null;

  narrationId!: string;
  segmentId!: string | null;
}

export const StoryNarrationConnection = connectionTypes('StoryNarration', () => StoryNarrationType);
export const NarrationSegmentConnection = connectionTypes('NarrationSegment', () => NarrationSegmentType);
