import { Directive, Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import type { UserRole } from '../domain/user.js';

export const UserRoleEnum = {
  MEMBER: 'member',
  ADMIN: 'admin',
  SUPER_ADMIN: 'super-admin',
  CUSTOMER_SUPPORT: 'customer-support',
  CONTENT_MODERATOR: 'content-moderator',
} as const satisfies Record<string, UserRole>;

registerEnumType(UserRoleEnum, {
  name: 'UserRole',
  description: 'What somebody is on this platform; permissions follow from it.',
  valuesConfig: {
    MEMBER: { description: 'Writes, listens and collaborates.' },
    ADMIN: { description: 'Runs the platform: accounts, roles, partners, stuck work.' },
    SUPER_ADMIN: { description: 'An administrator who also says what each role may do.' },
    CUSTOMER_SUPPORT: { description: 'Helps members: sees accounts, changes nothing in stories.' },
    CONTENT_MODERATOR: { description: 'Reads every story and may take it out of sight.' },
  },
});

@ObjectType('Profile', { description: 'How somebody presents themselves.' })
export class ProfileType {
  @Field(() => String, { description: 'The name that others see; “Deleted user” when the person has left.' })
  displayName!: string;

  @Field(() => String, { nullable: true, description: 'First name; the user alone, support and admins see it.' })
  firstName!: string | null;

  @Field(() => String, { nullable: true, description: 'Last name; the user alone, support and admins see it.' })
  lastName!: string | null;

  // `image` is resolved from this: see user.resolver.ts.
  imageKey!: string | null;
}

@Directive('@key(fields: "id")')
@ObjectType('User', { description: 'Somebody with an account.' })
export class UserType {
  @Field(() => ID, { description: 'Stays the same for ever.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'The address to sign in with; null unless you are this user, support or an admin.' })
  email!: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether its owner has shown that they read the mails of the address; who has not may write, not publish. Null unless you are this user, support or an admin.',
  })
  isEmailVerified!: boolean | null;

  // `profile` is resolved: see user.resolver.ts.

  @Field(() => UserRoleEnum, { nullable: true, description: 'Null unless you are this user, support or an admin.' })
  role!: UserRole | null;

  @Field(() => String, { description: 'The language this user reads and writes first, as a BCP 47 tag.' })
  language!: string;

  @Field(() => Boolean, { description: 'False after an administrator has closed the account.' })
  isActive!: boolean;

  @Field(() => Date, { description: 'When the account was opened.' })
  createdAt!: Date;
}

@ObjectType('AuthSession', {
  description: 'What signing in gives: a short access token for requests, a long refresh token for the next access token.',
})
export class AuthSessionType {
  @Field(() => String, { description: 'Send it as `Authorization: Bearer …`; good for ten minutes.' })
  accessToken!: string;

  @Field(() => String, {
    description:
      'Give it to refreshSession for the next pair, and keep it secret. It is replaced each time; if an answer is lost, send the same one again. It is good for 30 days, the session for 180.',
  })
  refreshToken!: string;

  @Field(() => Date, { description: 'When the access token ends; refresh a little earlier.' })
  expiresAt!: Date;

  // `user` is resolved: see user.resolver.ts.
}

@InputType({ description: 'A new account.' })
export class RegisterInput {
  @Field(() => String, { description: 'E-mail address, at most 255 characters; upper and lower case are the same.' })
  email!: string;

  @Field(() => String, {
    description: '10 to 256 characters, none of the passwords that attackers try first. Spaces count, nothing is trimmed.',
  })
  password!: string;

  @Field(() => String, { description: 'The name that others see, 1 to 100 characters.' })
  displayName!: string;

  @Field(() => String, { nullable: true, description: 'First name, at most 100 characters.' })
  firstName?: string | null;

  @Field(() => String, { nullable: true, description: 'Last name, at most 100 characters.' })
  lastName?: string | null;

  @Field(() => String, { nullable: true, description: 'BCP 47 tag such as en, de or pt-BR; en if absent.' })
  language?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'Your name for this request, 1 to 100 characters: sent again with the same input, it opens no second account.',
  })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Who you are and how you show it.' })
export class SignInInput {
  @Field(() => String, { description: 'The address of the account.' })
  email!: string;

  @Field(() => String, { description: 'Its password.' })
  password!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Asked for by SECOND_FACTOR_REQUIRED: six digits of your authenticator app, or a recovery code.',
  })
  secondFactorCode?: string | null;
}

@InputType({ description: 'The newest refresh token you have.' })
export class RefreshSessionInput {
  @Field(() => String, { description: 'As the last AuthSession gave it.' })
  refreshToken!: string;
}

@InputType({ description: 'What shall change in your profile; absent fields stay as they are.' })
export class UpdateProfileInput {
  @Field(() => String, { nullable: true, description: 'The name that others see, 1 to 100 characters.' })
  displayName?: string | null;

  @Field(() => String, { nullable: true, description: 'First name, at most 100 characters; null takes it away.' })
  firstName?: string | null;

  @Field(() => String, { nullable: true, description: 'Last name, at most 100 characters; null takes it away.' })
  lastName?: string | null;

  @Field(() => String, { nullable: true, description: 'BCP 47 tag such as en, de or pt-BR.' })
  language?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The id of an upload that requestProfileImageUpload gave you, after its bytes were sent; null takes your picture away.',
  })
  imageUploadId?: string | null;
}
