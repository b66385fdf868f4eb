import { idempotencyKey } from '@storytelling/shared/graphql/idempotency-key';
import { Field, ID, InputType, Int } from 'type-graphql';
import { StoryStatus } from './story.type.js';

@InputType({ description: 'A new story.' })
export class CreateStoryInput {
  @Field(() => String, { description: 'Title, 3 to 500 characters.' })
  title!: string;

  @Field(() => String, { description: 'The text, 1 to 100,000 characters.' })
  content!: string;

  @Field(() => String, { nullable: true, description: 'Language of the text (BCP 47), en if not given.' })
  language?: string | null;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A change of title, text or both. It makes a new version.' })
export class EditStoryInput {
  @Field(() => ID, { description: 'Id of the story.' })
  id!: string;

  @Field(() => Int, { description: 'The version that you changed; refused if there is a newer one.' })
  expectedVersion!: number;

  @Field(() => String, { nullable: true, description: 'The new title.' })
  title?: string | null;

  @Field(() => String, { nullable: true, description: 'The new text, whole.' })
  content?: string | null;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Which story to analyze.' })
export class AnalyzeStoryInput {
  @Field(() => ID, { description: 'Id of the story.' })
  id!: string;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Which story to publish.' })
export class PublishStoryInput {
  @Field(() => ID, { description: 'Id of the story.' })
  id!: string;

  @Field(() => Int, { description: 'The version that you mean; refused if there is a newer one.' })
  expectedVersion!: number;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Which stories to list.' })
export class StoryFilter {
  @Field(() => StoryStatus, {
    nullable: true,
    description: 'Only these; somebody else’s story is PUBLISHED to you, whatever its author works on.',
  })
  status?: StoryStatus | null;

  @Field(() => String, { nullable: true, description: 'Only of this language.' })
  language?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only by this author.' })
  authorId?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Only with these words in title or text, in whatever form the story’s language gives them; at most 200 characters. "a phrase", or, -without. The best 200 are listed, best first, a title before a text.',
  })
  search?: string | null;
}
