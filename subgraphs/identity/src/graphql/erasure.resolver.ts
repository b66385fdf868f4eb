import { signedIn } from '@storytelling/shared/graphql/caller';
import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { ErasureView } from '../infrastructure/erasure-queries.js';
import { clientOf } from './client.js';
import type { IdentityGraph } from './context.js';
import { EraseUserInput, ErasureType } from './erasure.type.js';

const status = (isDone: boolean) => (isDone ? 'done' : 'running');

function erasureOf({ id, contexts }: ErasureView): ErasureType {
  return {
    id,
    status: status(contexts.every(({ finishedAt }) => finishedAt !== null)),
    contexts: contexts.map(({ context, finishedAt }) => ({ context, finishedAt, status: status(finishedAt !== null) })),
  };
}

@Resolver(() => ErasureType)
export class ErasureResolver {
  @Query(() => ErasureType, { nullable: true, description: 'How far an erasure has come; null when there is none with this id.' })
  async erasure(@Arg('id', () => ID) id: string, @Ctx() { erasures }: IdentityGraph): Promise<ErasureType | null> {
    const view = await erasures.erasure(id);
    return view && erasureOf(view);
  }

  @Mutation(() => ErasureType, {
    description:
      'Forgets a person: the account is gone at once and its e-mail address free, everything else within minutes. Asked again, it answers the erasure that has begun.',
  })
  async eraseUser(
    @Arg('input', () => EraseUserInput, { validate: false }) input: EraseUserInput,
    @Ctx() { caller, verbs, erasures }: IdentityGraph,
  ): Promise<ErasureType> {
    const view = await erasures.erasure(await verbs.eraseUser(signedIn(caller), input, clientOf(caller)));
    if (!view) throw new Error('An erasure that has begun cannot be read.');
    return erasureOf(view);
  }
}
