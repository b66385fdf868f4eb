import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import type { StoriesAfterErasure } from '@storytelling/shared/domain-events/identity';

const StoriesAfterErasureEnum = { REMOVE: 'remove', KEEP_AS_DELETED_AUTHOR: 'keep-as-deleted-author' } as const satisfies Record<
  string,
  StoriesAfterErasure
>;

registerEnumType(StoriesAfterErasureEnum, {
  name: 'StoriesAfterErasure',
  description: 'What becomes of the published stories of an erased author. All others are deleted.',
  valuesConfig: {
    REMOVE: { description: 'They are deleted, too.' },
    KEEP_AS_DELETED_AUTHOR: { description: 'Readers keep the published edition, by “Deleted user”; everything else of them is deleted.' },
  },
});

@ObjectType('ErasureInContext', { description: 'How far one part of the platform has come with forgetting somebody.' })
export class ErasureInContextType {
  @Field(() => String, { description: 'The part, such as `identity` or `story`.' })
  context!: string;

  @Field(() => String, { description: '`running` or `done`.' })
  status!: string;

  @Field(() => Date, { nullable: true, description: 'When nothing was left there; null while it runs.' })
  finishedAt!: Date | null;
}

@ObjectType('Erasure', { description: 'Somebody is being forgotten, or was. It does not say who.' })
export class ErasureType {
  @Field(() => ID, { description: 'Keep it to look at the erasure later: whoever has it may, signed in or not.' })
  id!: string;

  @Field(() => String, { description: '`running` until every part of the platform has finished, then `done`.' })
  status!: string;

  @Field(() => [ErasureInContextType], { description: 'Each part of the platform that keeps data of people.' })
  contexts!: ErasureInContextType[];
}

@InputType({ description: 'Who is to be forgotten. There is no way back.' })
export class EraseUserInput {
  @Field(() => ID, { description: 'Your own id; as an administrator also somebody else’s.' })
  userId!: string;

  @Field(() => StoriesAfterErasureEnum, { description: 'What becomes of the published stories.' })
  stories!: StoriesAfterErasure;

  @Field(() => String, { nullable: true, description: 'Your own password, whosever account it is: an open session alone erases nobody.' })
  password?: string | null;

  @Field(() => String, { nullable: true, description: 'A code of your second factor or a recovery code, if you have set one up.' })
  secondFactorCode?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why, in 1 to 500 characters that do not name the person; needed for somebody else’s account, and kept.',
  })
  reason?: string | null;
}
