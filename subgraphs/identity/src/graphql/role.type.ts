import { connectionTypes } from '@storytelling/shared/graphql/connection';
import type { UserRole } from '../domain/user.js';
import { Directive, Field, ID, InputType, ObjectType } from 'type-graphql';
import { UserRoleEnum, UserType } from './user.type.js';

@Directive('@key(fields: "id")')
@ObjectType('Permission', { description: 'What may be done to what. Roles have permissions, and users have a role.' })
export class PermissionType {
  @Field(() => ID, { description: 'Its name in access tokens: resource:action.' })
  id!: string;

  @Field(() => String, { description: 'To what, such as story.' })
  resource!: string;

  @Field(() => String, { description: 'What, such as moderate.' })
  action!: string;

  @Field(() => String, { nullable: true, description: 'The same in a sentence.' })
  description!: string | null;
}

@Directive('@key(fields: "id")')
@ObjectType('Role', {
  description: 'What somebody may be on this platform. Seen by whoever may read accounts, assign roles or grant permissions.',
})
export class RoleType {
  @Field(() => ID, { description: 'Such as content-moderator.' })
  id!: string;

  @Field(() => String, { description: 'For people.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description!: string | null;

  @Field(() => Boolean, { description: 'Whether it belongs to the platform and cannot be removed.' })
  isSystem!: boolean;

  // `permissions` are resolved: see role.resolver.ts.
}

export const UserConnection = connectionTypes('User', () => UserType);

const code =
  'Six digits of your authenticator app, or a recovery code: asked of whoever has a second factor, and super-admins must have one.';

@InputType({ description: 'Who shall be what.' })
export class AssignRoleInput {
  @Field(() => ID, { description: 'Whose role.' })
  userId!: string;

  @Field(() => UserRoleEnum, { description: 'The new one; not above your own.' })
  role!: UserRole;

  @Field(() => String, { nullable: true, description: 'Why, at most 500 characters; kept with the event.' })
  reason?: string | null;

  @Field(() => String, { nullable: true, description: code })
  secondFactorCode?: string | null;
}

@InputType({ description: 'What a role shall be allowed, or no longer.' })
export class PermissionInput {
  @Field(() => ID, { description: 'Such as content-moderator; not above your own.' })
  roleId!: string;

  @Field(() => String, { description: 'To what, such as story.' })
  resource!: string;

  @Field(() => String, { description: 'What, such as moderate. You have this permission yourself.' })
  action!: string;

  @Field(() => String, { nullable: true, description: code })
  secondFactorCode?: string | null;
}

@InputType({ description: 'Whose account shall be closed.' })
export class DeactivateUserInput {
  @Field(() => ID, { description: 'Not above yourself.' })
  userId!: string;

  @Field(() => String, { description: 'Why, 1 to 500 characters; kept with the event.' })
  reason!: string;
}
