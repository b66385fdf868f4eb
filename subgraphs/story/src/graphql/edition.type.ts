import { connectionTypes } from '@storytelling/shared/graphql/connection';
import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType('StoryVersion', { description: 'One edition of a story: a text under a title. Never changed; an edit makes the next one.' })
export class StoryVersionType {
  @Field(() => Int, { description: 'Number of the edition.' })
  version!: number;

  @Field(() => String, { description: 'Title of that edition.' })
  title!: string;

  @Field(() => String, { description: 'SHA-256 of the text, hexadecimal: equal hashes are equal texts.' })
  contentHash!: string;

  @Field(() => Date, { description: 'When it was written.' })
  createdAt!: Date;

  @Field(() => Boolean, { description: 'Whether readers see this edition now.' })
  isPublished!: boolean;
}

export const StoryVersionConnection = connectionTypes('StoryVersion', () => StoryVersionType);
