import { idempotencyKey } from '@storytelling/shared/graphql/idempotency-key';
import { Field, ID, InputType, Int } from 'type-graphql';
import { ModerationDecision, ReportReason } from './moderation.type.js';

@InputType({ description: 'Which published story moderators should look at, and why.' })
export class ReportContentInput {
  @Field(() => ID, { description: 'Id of the story.' })
  storyId!: string;

  @Field(() => ReportReason, { description: 'What is wrong with it.' })
  reason!: ReportReason;

  @Field(() => String, { nullable: true, description: 'More about it, at most 2,000 characters; moderators read it, the author does not.' })
  details?: string | null;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'What a moderator decides about a story.' })
export class ModerateStoryInput {
  @Field(() => ID, { description: 'Id of the story.' })
  storyId!: string;

  @Field(() => Int, { nullable: true, description: 'The version of the story that you looked at; refused if there is a newer one.' })
  expectedVersion?: number | null;

  @Field(() => ModerationDecision, { description: 'The decision.' })
  decision!: ModerationDecision;

  @Field(() => String, { description: 'Why, 3 to 1,000 characters; the author reads it when the story is taken from readers.' })
  reason!: string;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}
