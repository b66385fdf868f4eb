import { signedIn } from '@storytelling/shared/graphql/caller';
import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { UserView } from '../infrastructure/user-queries.js';
import type { IdentityGraph } from './context.js';
import { RevokeSessionInput, SessionType } from './session.type.js';
import { UserType } from './user.type.js';

@Resolver(() => UserType)
export class SessionResolver {
  @FieldResolver(() => [SessionType], {
    nullable: true,
    description: 'Where this user is signed in, last used first, at most 100; null unless you are this user.',
  })
  async sessions(@Root() { id }: UserView, @Ctx() { caller, sessions }: IdentityGraph): Promise<SessionType[] | null> {
    if (caller.kind !== 'user' || caller.userId !== id) return null;
    return (await sessions.load(id)).map((session) => ({ ...session, isCurrent: session.id === caller.sessionId }));
  }

  @Mutation(() => UserType, {
    description: 'Ends one of your sessions: its refresh token at once, its access token within ten minutes.',
  })
  async revokeSession(
    @Arg('input', () => RevokeSessionInput) input: RevokeSessionInput,
    @Ctx() { caller, verbs, users, sessions }: IdentityGraph,
  ): Promise<UserView | null> {
    const id = await verbs.revokeSession(signedIn(caller), input);
    sessions.clear(id);
    return users.clear(id).load(id);
  }
}
