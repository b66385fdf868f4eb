import { signedIn } from '@storytelling/shared/graphql/caller';
import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { SecondFactorSetup } from '../application/begin-second-factor.js';
import type { SecondFactorConfirmation } from '../application/confirm-second-factor.js';
import type { UserView } from '../infrastructure/user-queries.js';
import { clientOf } from './client.js';
import type { IdentityGraph } from './context.js';
import {
  ConfirmSecondFactorInput,
  DisableSecondFactorInput,
  SecondFactorConfirmationType,
  SecondFactorSetupType,
} from './second-factor.type.js';
import { UserType } from './user.type.js';

@Resolver(() => UserType)
export class SecondFactorResolver {
  @FieldResolver(() => Boolean, {
    nullable: true,
    description: 'Whether signing in takes a code of an authenticator app; null unless you are this user.',
  })
  hasSecondFactor(@Root() { id }: UserView, @Ctx() { caller, secondFactor }: IdentityGraph): Promise<boolean> | null {
    return caller.kind === 'user' && caller.userId === id ? secondFactor.load(id) : null;
  }

  @Mutation(() => SecondFactorSetupType, {
    description: 'Begins to set up a second factor: give the secret to an authenticator app, then call confirmSecondFactor.',
  })
  beginSecondFactor(@Ctx() { caller, verbs }: IdentityGraph): Promise<SecondFactorSetup> {
    return verbs.beginSecondFactor(signedIn(caller));
  }

  @Mutation(() => SecondFactorConfirmationType, {
    description: 'Makes the second factor count, and tells the recovery codes. A code is good once: the next sign-in takes the next one.',
  })
  confirmSecondFactor(
    @Arg('input', () => ConfirmSecondFactorInput) input: ConfirmSecondFactorInput,
    @Ctx() { caller, verbs, secondFactor }: IdentityGraph,
  ): Promise<SecondFactorConfirmation> {
    const id = signedIn(caller);
    secondFactor.clear(id);
    return verbs.confirmSecondFactor(id, input, clientOf(caller));
  }

  @Mutation(() => UserType, { description: 'Gives the second factor up: the password is enough again.' })
  async disableSecondFactor(
    @Arg('input', () => DisableSecondFactorInput) input: DisableSecondFactorInput,
    @Ctx() { caller, verbs, users, secondFactor }: IdentityGraph,
  ): Promise<UserView | null> {
    const id = await verbs.disableSecondFactor(signedIn(caller), input, clientOf(caller));
    secondFactor.clear(id);
    return users.clear(id).load(id);
  }
}

@Resolver(() => SecondFactorConfirmationType)
export class SecondFactorConfirmationResolver {
  @FieldResolver(() => UserType, { description: 'You.' })
  user(@Root() { userId }: SecondFactorConfirmation, @Ctx() { ownUser }: IdentityGraph): Promise<UserView | null> {
    return ownUser.load(userId);
  }
}
