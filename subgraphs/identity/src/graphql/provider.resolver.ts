import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { BegunProviderSignIn } from '../application/provider-sign-in.js';
import type { SignedIn } from '../application/signed-in.js';
import type { IdentityProvider } from '../domain/identity-providers.js';
import type { UserView } from '../infrastructure/user-queries.js';
import { clientOf } from './client.js';
import type { IdentityGraph } from './context.js';
import {
  BeginProviderSignInInput,
  IdentityProviderType,
  OAuthProviderType,
  ProviderSignInInput,
  ProviderSignInType,
} from './provider.type.js';
import { AuthSessionType, UserType } from './user.type.js';

/** Signing in elsewhere, by OpenID Connect. */
@Resolver(() => UserType)
export class ProviderResolver {
  @Query(() => [IdentityProviderType], {
    nullable: true,
    description: 'Where one may sign in instead of with a password of ours; empty if nowhere.',
  })
  identityProviders(@Ctx() { verbs }: IdentityGraph): readonly IdentityProvider[] {
    return verbs.identityProviders();
  }

  @FieldResolver(() => [OAuthProviderType], {
    nullable: true,
    description: 'Accounts elsewhere that sign this user in; null unless you are this user.',
  })
  async oauthProviders(@Root() { id }: UserView, @Ctx() { caller, verbs, providers }: IdentityGraph): Promise<OAuthProviderType[] | null> {
    if (caller.kind !== 'user' || caller.userId !== id) return null;
    const names = new Map(verbs.identityProviders().map((each) => [each.id, each.name]));
    return (await providers.load(id)).map((link) => ({ ...link, name: names.get(link.provider) ?? link.provider }));
  }

  @Mutation(() => ProviderSignInType, { description: 'Begins to sign in with a provider: says where to send the browser.' })
  beginProviderSignIn(
    @Arg('input', () => BeginProviderSignInInput) input: BeginProviderSignInInput,
    @Ctx() { caller, verbs }: IdentityGraph,
  ): Promise<BegunProviderSignIn> {
    return verbs.beginProviderSignIn(input, clientOf(caller).address);
  }

  @Mutation(() => AuthSessionType, {
    description:
      'Signs you in with what the browser brought back. The first time, it links the account of your address, if both sides have verified that, or opens one.',
  })
  signInWithProvider(
    @Arg('input', () => ProviderSignInInput) input: ProviderSignInInput,
    @Ctx() { caller, verbs }: IdentityGraph,
  ): Promise<SignedIn> {
    return verbs.signInWithProvider(input, clientOf(caller));
  }
}
