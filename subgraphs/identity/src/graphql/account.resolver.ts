import { signedIn } from '@storytelling/shared/graphql/caller';
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { SignedIn } from '../application/signed-in.js';
import type { UserView } from '../infrastructure/user-queries.js';
import { ChangePasswordInput, RequestPasswordResetInput, ResetPasswordInput, VerifyEmailInput } from './account.type.js';
import { clientOf } from './client.js';
import type { IdentityGraph } from './context.js';
import { AuthSessionType, UserType } from './user.type.js';

/** The address of an account and its password. */
@Resolver()
export class AccountResolver {
  @Mutation(() => UserType, {
    description:
      'Shows that the address of an account is yours, by the token of the mail that registering sent there. You need not be signed in: the mail may be read elsewhere. The access token of your next refreshSession says so, too.',
  })
  async verifyEmail(
    @Arg('input', () => VerifyEmailInput) input: VerifyEmailInput,
    @Ctx() { caller, verbs, users, ownUser }: IdentityGraph,
  ): Promise<UserView | null> {
    const id = await verbs.verifyEmail(input, clientOf(caller).address, caller.kind === 'user' ? caller.userId : undefined);
    users.clear(id);
    return ownUser.clear(id).load(id);
  }

  @Mutation(() => Boolean, {
    description: 'Sends the mail that verifies your address once more, at most five times an hour; none if it is verified. Always true.',
  })
  async requestEmailVerification(@Ctx() { caller, verbs }: IdentityGraph): Promise<boolean> {
    await verbs.requestEmailVerification(signedIn(caller), clientOf(caller).address);
    return true;
  }

  @Mutation(() => Boolean, {
    description:
      'Sends a mail with a token for resetPassword, if there is an account with this address. Always true: nobody learns whether there is.',
  })
  async requestPasswordReset(
    @Arg('input', () => RequestPasswordResetInput) input: RequestPasswordResetInput,
    @Ctx() { caller, verbs }: IdentityGraph,
  ): Promise<boolean> {
    await verbs.requestPasswordReset(input, clientOf(caller).address);
    return true;
  }

  @Mutation(() => AuthSessionType, {
    description:
      'Sets a new password by the token of a mail and signs you in. Every other session ends, accounts at providers are unlinked, and the address counts as verified.',
  })
  resetPassword(
    @Arg('input', () => ResetPasswordInput) input: ResetPasswordInput,
    @Ctx() { caller, verbs }: IdentityGraph,
  ): Promise<SignedIn> {
    return verbs.resetPassword(input, clientOf(caller));
  }

  @Mutation(() => UserType, { description: 'Changes your password. Your other sessions end; this one stays.' })
  async changePassword(
    @Arg('input', () => ChangePasswordInput) input: ChangePasswordInput,
    @Ctx() { caller, verbs, users, sessions }: IdentityGraph,
  ): Promise<UserView | null> {
    const by = { userId: signedIn(caller), sessionId: caller.sessionId, clientAddress: clientOf(caller).address };
    const id = await verbs.changePassword(by, input);
    sessions.clear(id);
    return users.clear(id).load(id);
  }
}
