import { signedIn } from '@storytelling/shared/graphql/caller';
import { MediaType, UploadInput, UploadType, uploadType } from '@storytelling/shared/graphql/media';
import { refuseShared } from '@storytelling/shared/value-objects/refusals';
import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { SignedIn } from '../application/signed-in.js';
import type { UserView } from '../infrastructure/user-queries.js';
import { clientOf } from './client.js';
import type { IdentityGraph } from './context.js';
import {
  AuthSessionType,
  ProfileType,
  RefreshSessionInput,
  RegisterInput,
  SignInInput,
  UpdateProfileInput,
  UserType,
} from './user.type.js';

/** The rules of inputs are the domain's, each with its own code; there is nothing left for class-validator to look at. */
const byDomain = { validate: false };

@Resolver(() => UserType)
export class UserResolver {
  @Query(() => UserType, { nullable: true, description: 'Whoever is signed in; null for nobody.' })
  me(@Ctx() { caller, users }: IdentityGraph): Promise<UserView | null> | null {
    return caller.userId ? users.load(caller.userId) : null;
  }

  @Query(() => UserType, { nullable: true, description: 'A user by id; null when there is none.' })
  user(@Arg('id', () => ID) id: string, @Ctx() { users }: IdentityGraph): Promise<UserView | null> {
    return users.load(id);
  }

  @FieldResolver(() => ProfileType, { description: 'How this user presents themselves.' })
  profile(@Root() { displayName, firstName, lastName, imageKey }: UserView): ProfileType {
    return { displayName: displayName ?? 'Deleted user', firstName, lastName, imageKey };
  }

  @Mutation(() => UserType, { description: 'Changes your own profile.' })
  async updateProfile(
    @Arg('input', () => UpdateProfileInput, byDomain) input: UpdateProfileInput,
    @Ctx() { caller, verbs, users }: IdentityGraph,
  ): Promise<UserView | null> {
    const id = await verbs.updateProfile(signedIn(caller), input);
    // Read anew: an earlier mutation of the same request may have read it before this one changed it.
    return users.clear(id).load(id);
  }
}

@Resolver(() => ProfileType)
export class ProfileResolver {
  @FieldResolver(() => MediaType, { nullable: true, description: 'The picture that others see, WebP of at most 1024 × 1024 pixels.' })
  image(@Root() { imageKey }: ProfileType, @Ctx() { media }: IdentityGraph): Promise<MediaType> | null {
    return imageKey === null ? null : media(imageKey);
  }

  @Mutation(() => UploadType, { description: 'A place for your new picture; then give its id to updateProfile as imageUploadId.' })
  async requestProfileImageUpload(
    @Arg('input', () => UploadInput, byDomain) input: UploadInput,
    @Ctx() { caller, verbs }: IdentityGraph,
  ): Promise<UploadType> {
    return uploadType(await verbs.requestProfileImageUpload(signedIn(caller), input));
  }
}

@Resolver(() => AuthSessionType)
export class AuthSessionResolver {
  @Mutation(() => AuthSessionType, { description: 'Opens an account and signs you in.' })
  register(@Arg('input', () => RegisterInput, byDomain) input: RegisterInput, @Ctx() { caller, verbs }: IdentityGraph): Promise<SignedIn> {
    return verbs.register(input, clientOf(caller));
  }

  @Mutation(() => AuthSessionType, { description: 'Signs you in with your password, and a code if your account has a second factor.' })
  signIn(@Arg('input', () => SignInInput, byDomain) input: SignInInput, @Ctx() { caller, verbs }: IdentityGraph): Promise<SignedIn> {
    return verbs.signIn(input, clientOf(caller));
  }

  @Mutation(() => AuthSessionType, { description: 'The next access and refresh token; safe to repeat when an answer was lost.' })
  refreshSession(
    @Arg('input', () => RefreshSessionInput, byDomain) input: RefreshSessionInput,
    @Ctx() { verbs }: IdentityGraph,
  ): Promise<SignedIn> {
    return verbs.refreshSession(input);
  }

  @Mutation(() => Boolean, {
    description: 'Ends your session: its refresh token at once, its access token within ten minutes. Always true.',
  })
  async signOut(@Ctx() { caller, verbs }: IdentityGraph): Promise<boolean> {
    const userId = signedIn(caller);
    if (!caller.sessionId) throw refuseShared.SIGN_IN_REQUIRED();
    await verbs.signOut(userId, caller.sessionId);
    return true;
  }

  @FieldResolver(() => UserType, { description: 'Who is signed in now.' })
  user(@Root() { userId }: SignedIn, @Ctx() { ownUser }: IdentityGraph): Promise<UserView | null> {
    return ownUser.load(userId);
  }
}
