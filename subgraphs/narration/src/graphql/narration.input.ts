import { idempotencyKey } from '@storytelling/shared/graphql/idempotency-key';
import { Field, ID, InputType } from 'type-graphql';

@InputType({ description: 'Who speaks a character.' })
export class CastMemberInput {
  @Field(() => ID, { description: 'Id of a character of the story.' })
  characterId!: string;

  @Field(() => ID, { description: 'Id of a ready-made voice, or of a trained one of yours.' })
  voiceId!: string;
}

@InputType({ description: 'Which story is to be narrated, and by whom.' })
export class GenerateNarrationInput {
  @Field(() => ID, { description: 'Id of an analyzed story of yours.' })
  storyId!: string;

  @Field(() => ID, { description: 'The narrator: id of a ready-made voice, or of a trained one of yours.' })
  voiceId!: string;

  @Field(() => [CastMemberInput], {
    nullable: true,
    description: 'Voices of characters; those that are left out are read by the narrator.',
  })
  cast?: CastMemberInput[] | null;

  @Field(() => String, { nullable: true, description: 'mp3 (if not given), ogg or wav.' })
  audioFormat?: string | null;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'How one segment is to be spoken instead; what is left out stays.' })
export class RegenerateSegmentInput {
  @Field(() => ID, { description: 'Id of the narration.' })
  narrationId!: string;

  @Field(() => ID, { description: 'Id of the segment.' })
  segmentId!: string;

  @Field(() => String, { nullable: true, description: 'Another emotion, such as joy.' })
  emotion?: string | null;

  @Field(() => String, { nullable: true, description: 'Another text, at most 5,000 characters.' })
  text?: string | null;

  @Field(() => ID, { nullable: true, description: 'Another voice.' })
  voiceId?: string | null;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Which narration to go on with.' })
export class ResumeNarrationInput {
  @Field(() => ID, { description: 'Id of the narration.' })
  narrationId!: string;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Which narration to cancel.' })
export class CancelNarrationInput {
  @Field(() => ID, { description: 'Id of the narration.' })
  narrationId!: string;
}

@InputType({ description: 'Which narration to delete.' })
export class DeleteNarrationInput {
  @Field(() => ID, { description: 'Id of the narration.' })
  narrationId!: string;
}
