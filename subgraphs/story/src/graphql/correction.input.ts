import { idempotencyKey } from '@storytelling/shared/graphql/idempotency-key';
import { Field, ID, InputType } from 'type-graphql';

@InputType({ description: 'A character as you want it. What is not given stays as it is; null empties it.' })
export class SaveCharacterInput {
  @Field(() => ID, { description: 'Id of the story.' })
  storyId!: string;

  @Field(() => ID, { nullable: true, description: 'Id of the character; null for a new one.' })
  id?: string | null;

  @Field(() => String, { description: 'The name, 1 to 200 characters on one line; the former one becomes an alias.' })
  name!: string;

  @Field(() => [String], { nullable: true, description: 'Other names, by which an analysis knows the character too; at most 100.' })
  aliases?: string[] | null;

  @Field(() => String, { nullable: true, description: 'How the character looks, at most 1,000 characters.' })
  description?: string | null;

  @Field(() => String, { nullable: true, description: 'What kind of person it is, at most 1,000 characters.' })
  personality?: string | null;

  @Field(() => String, { nullable: true, description: 'protagonist, antagonist, supporting or minor.' })
  role?: string | null;

  @Field(() => [String], { nullable: true, description: 'At most 20 words of at most 60 characters.' })
  traits?: string[] | null;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Which characters are one.' })
export class MergeCharactersInput {
  @Field(() => ID, { description: 'Id of the story.' })
  storyId!: string;

  @Field(() => ID, { description: 'Id of the character that stays.' })
  intoId!: string;

  @Field(() => [ID], { description: 'Ids of the characters that become that one.' })
  fromIds!: string[];

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Which character is none.' })
export class RemoveCharacterInput {
  @Field(() => ID, { description: 'Id of the story.' })
  storyId!: string;

  @Field(() => ID, { description: 'Id of the character.' })
  id!: string;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Who speaks a segment, and how. What is not given stays as it is.' })
export class UpdateSegmentInput {
  @Field(() => ID, { description: 'Id of the story.' })
  storyId!: string;

  @Field(() => ID, { description: 'Id of the segment.' })
  segmentId!: string;

  @Field(() => ID, { nullable: true, description: 'Id of the character who speaks; null for the narration.' })
  speakerId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'neutral, joy, sadness, fear, anger, surprise, disgust, love, hope, pride, shame or calm.',
  })
  emotion?: string | null;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}
