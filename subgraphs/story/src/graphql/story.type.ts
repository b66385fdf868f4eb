import { connectionTypes } from '@storytelling/shared/graphql/connection';
import { FailureType, ProgressType } from '@storytelling/shared/graphql/progress';
import { Directive, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';

export enum StoryStatus {
  DRAFT = 'draft',
  ANALYZING = 'analyzing',
  ANALYZED = 'analyzed',
  PUBLISHED = 'published',
  ARCHIVED = 'archived',
}
registerEnumType(StoryStatus, {
  name: 'StoryStatus',
  description: 'How far a story has come.',
  valuesConfig: {
    DRAFT: { description: 'Being written; its text has not been analyzed.' },
    ANALYZING: { description: 'Its text is being analyzed.' },
    ANALYZED: { description: 'Characters, emotions and segments of its text are known; it can be published.' },
    PUBLISHED: { description: 'Readers see this very edition.' },
    ARCHIVED: { description: 'Out of sight and closed to changes.' },
  },
});

export enum Origin {
  ANALYSIS = 'analysis',
  WRITER = 'writer',
}
registerEnumType(Origin, {
  name: 'Origin',
  description: 'Whose word something in a story is.',
  valuesConfig: {
    ANALYSIS: { description: 'Found by an analysis; the next one may say otherwise.' },
    WRITER: { description: 'Said by the writer; the next analysis keeps it.' },
  },
});

/** Defined by identity; this context adds the stories. */
@Directive('@key(fields: "id")')
@ObjectType('User', { description: 'Somebody with an account.' })
export class UserType {
  @Field(() => ID, { description: 'Id of the user.' })
  id!: string;
}

@Directive('@key(fields: "id")')
@ObjectType('StoryCharacter', { description: 'Somebody who acts or speaks in a story. Keeps its id when the story is analyzed again.' })
export class StoryCharacterType {
  @Field(() => ID, { description: 'Id of the character.' })
  id!: string;

  @Field(() => String, { description: 'The fullest form of the name that the text uses.' })
  name!: string;

  @Field(() => [String], { description: 'Other forms that the text uses.' })
  aliases!: readonly string[];

  @Field(() => String, { nullable: true, description: 'How the text describes the character.' })
  description!: string | null;

  @Field(() => String, { nullable: true, description: 'What kind of person it is.' })
  personality!: string | null;

  @Field(() => String, { nullable: true, description: 'protagonist, antagonist, supporting or minor.' })
  role!: string | null;

  @Field(() => [String], { description: 'Single words that the text uses of the character.' })
  traits!: readonly string[];

  @Field(() => Origin, { description: 'Whose word this is; what the writer said stays as it is when the story is analyzed again.' })
  origin!: Origin | `${Origin}`;
}

@ObjectType('StoryEmotion', { description: 'An emotion at one place of the text.' })
export class StoryEmotionType {
  @Field(() => ID, { description: 'Id of this finding; a new analysis makes new ones.' })
  id!: string;

  @Field(() => String, { description: 'neutral, joy, sadness, fear, anger, surprise, disgust, love, hope, pride, shame or calm.' })
  emotion!: string;

  @Field(() => Int, { description: 'From 1 (barely) to 10 (overwhelming).' })
  intensity!: number;

  @Field(() => String, { nullable: true, description: 'Whose it is or where it stands, in a few words.' })
  context!: string | null;

  @Field(() => String, { description: 'The words of the text that carry it.' })
  quote!: string;

  @Field(() => Int, { description: 'Index of the segment that holds the quote.' })
  segmentIndex!: number;
}

@Directive('@key(fields: "id")')
@ObjectType('StorySegment', { description: 'A piece of the script: one voice, one emotion. All segments together are the whole text.' })
export class StorySegmentType {
  @Field(() => ID, { description: 'Id of the segment; kept by unchanged text when the story is analyzed again.' })
  id!: string;

  @Field(() => Int, { description: 'Place in the text, from 0.' })
  index!: number;

  @Field(() => String, { description: 'The text, white space included.' })
  text!: string;

  @Field(() => String, { description: 'How it is to be spoken.' })
  emotion!: string;

  @Field(() => Origin, {
    description: 'Whose word speaker and emotion are; what the writer said holds until the text of the segment changes.',
  })
  origin!: Origin | `${Origin}`;

  speakerId!: string | null;
}

@ObjectType('StoryAnalysis', { description: 'One analysis of one text of the story.' })
export class StoryAnalysisType {
  @Field(() => ID, { description: 'Id of the analysis.' })
  id!: string;

  @Field(() => Int, { description: 'Version of the story whose text was analyzed.' })
  version!: number;

  @Field(() => String, { description: 'Who analyzed: local or openai.' })
  provider!: string;

  @Field(() => String, { nullable: true, description: 'Model of the provider.' })
  model!: string | null;

  @Field(() => Boolean, { description: 'Whether it is about the present text of the story.' })
  isCurrent!: boolean;

  @Field(() => Date, { description: 'When it was completed.' })
  createdAt!: Date;
}

@Directive('@key(fields: "id")')
@ObjectType('Story', { description: 'A story. Its author and moderators see the working edition, readers the published one.' })
export class StoryType {
  @Field(() => ID, { description: 'Id of the story.' })
  id!: string;

  @Field(() => String, { description: 'Title, 3 to 500 characters.' })
  title!: string;

  @Field(() => String, { description: 'Language of the text (BCP 47).' })
  language!: string;

  @Field(() => StoryStatus, { description: 'How far the story has come.' })
  status!: StoryStatus;

  @Field(() => Int, { description: 'Number of this edition: changed by edits only. Give it as expectedVersion.' })
  version!: number;

  @Field(() => Boolean, { description: 'Whether readers see an edition of it.' })
  isPublished!: boolean;

  @Field(() => Int, { nullable: true, description: 'The edition that readers see.' })
  publishedVersion!: number | null;

  @Field(() => Date, { nullable: true, description: 'When that edition was published.' })
  publishedAt!: Date | null;

  @Field(() => Date, { description: 'When the story was created.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When this edition last changed.' })
  updatedAt!: Date;

  @Field(() => FailureType, { nullable: true, description: 'Why the last analysis of this text failed.' })
  failure!: FailureType | null;

  authorId!: string;
  streamVersion!: number;
}

@ObjectType('StoryUpdate', { description: 'Something happened to a story.' })
export class StoryUpdateType {
  @Field(() => String, { description: 'Where this is in the story’s stream; give it as `after` to go on from here.' })
  cursor!: string;

  @Field(() => Date, { description: 'When it happened.' })
  occurredAt!: Date;

  @Field(() => String, { description: 'What happened: the name of the event, such as StoryAnalyzed.' })
  eventType!: string;

  @Field(() => ProgressType, { nullable: true, description: 'How far the analysis has come, if that is what happened.' })
  progress!: ProgressType | null;

  storyId!: string;
}

export const StoryConnection = connectionTypes('Story', () => StoryType);
export const StorySegmentConnection = connectionTypes('StorySegment', () => StorySegmentType);
