import { idempotencyKey } from '@storytelling/shared/graphql/idempotency-key';
import { Field, ID, InputType, Int } from 'type-graphql';

@InputType({ description: 'Which story to take from readers.' })
export class UnpublishStoryInput {
  @Field(() => ID, { description: 'Id of the story.' })
  id!: string;

  @Field(() => Int, { nullable: true, description: 'The version that you mean; refused if there is a newer one.' })
  expectedVersion?: number | null;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Which story to archive.' })
export class ArchiveStoryInput {
  @Field(() => ID, { description: 'Id of the story.' })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Why, at most 1,000 characters; a moderator has to say it, and the author reads it.',
  })
  reason?: string | null;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Which story to delete.' })
export class DeleteStoryInput {
  @Field(() => ID, { description: 'Id of the story.' })
  id!: string;
}
