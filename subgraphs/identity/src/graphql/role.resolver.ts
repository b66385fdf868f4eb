import { type Caller, hasPermission, signedIn } from '@storytelling/shared/graphql/caller';
import { type Connection, connectionOf, PageArgs, pageOf } from '@storytelling/shared/graphql/connection';
import { codePoints, readableText } from '@storytelling/shared/value-objects/text';
import { isUserId } from '@storytelling/shared/value-objects/user-id';
import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Permission } from '../domain/authority.js';
import { refuse } from '../domain/refusals.js';
import type { AccountKey } from '../infrastructure/account-queries.js';
import type { PermissionView, RoleView } from '../infrastructure/role-queries.js';
import type { UserView } from '../infrastructure/user-queries.js';
import { clientOf } from './client.js';
import type { IdentityGraph } from './context.js';
import { AssignRoleInput, DeactivateUserInput, PermissionInput, PermissionType, RoleType, UserConnection } from './role.type.js';
import { UserType } from './user.type.js';

/** For reads the token is asked: it is ten minutes old at most. What changes something asks the database. */
function requireRead(caller: Caller, permission: Permission): void {
  signedIn(caller);
  if (!hasPermission(caller, permission)) throw refuse.NOT_ALLOWED({ permission });
}

const longestSearch = 255;

/** Exactly what `keyOf` makes. */
const accountKey = (key: unknown): AccountKey | undefined => {
  const [createdAt, id] = (Array.isArray(key) ? key : []) as unknown[];
  const isTime = typeof createdAt === 'string' && /^[12]\d{3}-/.test(createdAt) && new Date(createdAt).toISOString() === createdAt;
  return isTime && typeof id === 'string' && isUserId(id) ? { createdAt, id } : undefined;
};
const keyOf = ({ createdAt, id }: UserView) => [createdAt.toISOString(), id];

@Resolver(() => UserType)
export class StaffResolver {
  @Query(() => UserConnection, {
    nullable: true,
    description: 'Users, newest first: for support and admins. `search` is how an e-mail address or a name begins.',
  })
  async users(
    @Arg('search', () => String, { nullable: true, description: 'At most 255 characters; upper and lower case are the same.' })
    search: string | null | undefined,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() { caller, queries, users }: IdentityGraph,
  ): Promise<Connection<UserView>> {
    requireRead(caller, 'user:read');
    const text = readableText(search ?? '', 'search').trim();
    if (codePoints(text) > longestSearch) throw refuse.SEARCH_TOO_LONG({ max: longestSearch });
    const page = pageOf(args, accountKey);
    const { nodes, more } = await queries.searchAccounts(text || null, page);
    const found = await users.loadMany(nodes.map(({ id }) => id));
    const views = found.map((view) => {
      if (view instanceof Error) throw view;
      return view;
    });
    return connectionOf(page, { nodes: views.filter((view) => view !== null), more }, keyOf);
  }

  @Mutation(() => UserType, { description: 'Gives a user another role; takes role:assign. It holds from their next access token on.' })
  async assignRole(
    @Arg('input', () => AssignRoleInput) input: AssignRoleInput,
    @Ctx() { caller, verbs, users }: IdentityGraph,
  ): Promise<UserView | null> {
    const id = await verbs.assignRole(signedIn(caller), input, clientOf(caller));
    return users.clear(id).load(id);
  }

  @Mutation(() => UserType, {
    description: 'Closes an account: its sessions end and nobody signs in to it; what it made stays. Takes user:deactivate.',
  })
  async deactivateUser(
    @Arg('input', () => DeactivateUserInput) input: DeactivateUserInput,
    @Ctx() { caller, verbs, users }: IdentityGraph,
  ): Promise<UserView | null> {
    const id = await verbs.deactivateUser(signedIn(caller), input);
    return users.clear(id).load(id);
  }
}

@Resolver(() => RoleType)
export class RoleResolver {
  @Query(() => [RoleType], {
    nullable: true,
    description: 'Every role, by name: for whoever may read accounts, assign roles or grant permissions.',
  })
  roles(@Ctx() { caller, queries, seesRoles }: IdentityGraph): Promise<RoleView[]> {
    if (!seesRoles) requireRead(caller, 'user:read');
    return queries.roles();
  }

  @FieldResolver(() => [PermissionType], { description: 'What it may do, by id.' })
  permissions(@Root() { id }: RoleView, @Ctx() { roles }: IdentityGraph): Promise<readonly PermissionView[]> {
    return roles.permissionsOf.load(id);
  }

  @Mutation(() => RoleType, { description: 'Lets a role do one thing more; takes permission:grant, and that permission itself.' })
  grantPermission(@Arg('input', () => PermissionInput) input: PermissionInput, @Ctx() graph: IdentityGraph): Promise<RoleView | null> {
    return changed(graph, graph.verbs.grantPermission(signedIn(graph.caller), input, clientOf(graph.caller)));
  }

  @Mutation(() => RoleType, { description: 'Lets a role do one thing less; takes permission:grant, and that permission itself.' })
  revokePermission(@Arg('input', () => PermissionInput) input: PermissionInput, @Ctx() graph: IdentityGraph): Promise<RoleView | null> {
    return changed(graph, graph.verbs.revokePermission(signedIn(graph.caller), input, clientOf(graph.caller)));
  }
}

/** The role as its change left it; whoever may change it, by the database, may see it, whatever their token says. */
async function changed({ roles, queries }: IdentityGraph, change: Promise<string>): Promise<RoleView | null> {
  const id = await change;
  roles.permissionsOf.clear(id);
  const [role = null] = await queries.rolesById([id]);
  return role;
}
