import type { PermissionEvent, StoriesAfterErasure, UserEvent } from '@storytelling/shared/domain-events/identity';
import { readableText, codePoints } from '@storytelling/shared/value-objects/text';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { refuse } from './refusals.js';
import type { Session } from './session.js';
import type { User, UserRole } from './user.js';

/** Every permission there is, as `resource:action`. Each is asked for somewhere; story:moderate in the context story. */
export type Permission = 'user:read' | 'user:deactivate' | 'user:erase' | 'role:assign' | 'permission:grant' | 'story:moderate';

/** Who changes what others may do, as the database has it now. Their token may be ten minutes old. */
export interface Actor {
  readonly id: UserId | 'operator';
  readonly role: UserRole;
  readonly isActive: boolean;
}

/** A person at the machine itself: could change any row, so may do what a super-admin may. */
export const operator: Actor = { id: 'operator', role: 'super-admin', isActive: true };

/** What every change of authority is decided by. */
export interface Constitution {
  readonly actor: Actor;
  /** What each role may do, by its id. */
  readonly roles: ReadonlyMap<string, ReadonlySet<string>>;
  /** The ids of all permissions that there are. */
  readonly permissions: ReadonlySet<string>;
}

/** A change of one user. */
export interface Case extends Constitution {
  readonly user: User;
  /** Active ones beside this user. */
  readonly otherSuperAdmins: number;
}

const rank: Readonly<Record<UserRole, number>> = {
  member: 0,
  'customer-support': 1,
  'content-moderator': 1,
  admin: 2,
  'super-admin': 3,
};

export function requirePermission({ actor, roles }: Constitution, permission: Permission): void {
  if (!actor.isActive || !roles.get(actor.role)?.has(permission)) throw refuse.NOT_ALLOWED({ permission });
}

/**
 * A role is above the actor if it is higher by rank, or may do one thing that the actor may not: support that may assign roles must not make
 * itself a moderator.
 */
function isAbove(role: string, { actor, roles }: Constitution): boolean {
  const own = roles.get(actor.role) ?? new Set();
  const higher = (rank[role as UserRole] ?? 0) > rank[actor.role];
  return higher || [...(roles.get(role) ?? [])].some((permission) => !own.has(permission));
}

/** Without one, nobody could give the role to anybody again. */
function keepSuperAdmin({ user, otherSuperAdmins }: Case): void {
  if (user.role === 'super-admin' && user.status === 'active' && otherSuperAdmins === 0) throw refuse.LAST_SUPER_ADMIN();
}

/** Nobody gives what they do not have, takes from a person above them, or leaves the platform without a super-admin. Oneself is no exception. */
export function assignRole(given: Case, role: UserRole, reason: string | null): UserEvent[] {
  requirePermission(given, 'role:assign');
  const { user, actor } = given;
  if (isAbove(user.role, given)) throw refuse.USER_ABOVE_YOU();
  if (isAbove(role, given)) throw refuse.ROLE_ABOVE_YOURS();
  if (user.role === role) return [];
  keepSuperAdmin(given);
  return [{ type: 'RoleAssigned', data: { userId: user.id, role, previousRole: user.role, assignedBy: actor.id, reason } }];
}

/** Closes an account and ends its sessions. Closing a closed one tells nobody anything. */
export function deactivate(given: Case, sessions: readonly Session[], reason: string): UserEvent[] {
  requirePermission(given, 'user:deactivate');
  const { user } = given;
  if (isAbove(user.role, given)) throw refuse.USER_ABOVE_YOU();
  if (user.status !== 'active') return [];
  keepSuperAdmin(given);
  return [
    { type: 'UserDeactivated', data: { userId: user.id, reason } },
    ...sessions
      .filter(({ revoked }) => !revoked)
      .map(({ id }): UserEvent => ({ type: 'SessionRevoked', data: { userId: user.id, sessionId: id, reason: 'deactivated' } })),
  ];
}

/**
 * Everybody erases themselves, and whoever may somebody who is not above them. There is no way back, so the platform keeps somebody who can run it.
 * Erasing who is erased tells nobody anything: it is being carried out, or was.
 */
export function erase(given: Case, stories: StoriesAfterErasure): UserEvent[] {
  const { user, actor } = given;
  if (actor.id !== user.id) {
    requirePermission(given, 'user:erase');
    if (isAbove(user.role, given)) throw refuse.USER_ABOVE_YOU();
  }
  if (user.status === 'erased') return [];
  keepSuperAdmin(given);
  return [{ type: 'UserErased', data: { userId: user.id, stories } }];
}

export interface PermissionOfRole {
  readonly roleId: string;
  readonly resource: string;
  readonly action: string;
}

export function grantPermission(given: Constitution, { roleId, resource, action }: PermissionOfRole): PermissionEvent[] {
  const { has } = permissionOfRole(given, { roleId, resource, action });
  return has ? [] : [{ type: 'PermissionGranted', data: { roleId, resource, action } }];
}

/** A super-admin keeps every permission: one that no super-admin has could never be given again. */
export function revokePermission(given: Constitution, { roleId, resource, action }: PermissionOfRole): PermissionEvent[] {
  const { has } = permissionOfRole(given, { roleId, resource, action });
  if (roleId === 'super-admin') throw refuse.SUPER_ADMIN_KEEPS_ALL();
  return has ? [{ type: 'PermissionRevoked', data: { roleId, resource, action } }] : [];
}

function permissionOfRole(given: Constitution, { roleId, resource, action }: PermissionOfRole): { readonly has: boolean } {
  requirePermission(given, 'permission:grant');
  const { actor, roles, permissions } = given;
  const id = `${resource}:${action}`;
  const role = roles.get(roleId);
  if (!role) throw refuse.ROLE_NOT_FOUND();
  if (!permissions.has(id)) throw refuse.PERMISSION_NOT_FOUND();
  if (isAbove(roleId, given)) throw refuse.ROLE_ABOVE_YOURS(undefined, 'roleId');
  if (!roles.get(actor.role)?.has(id)) throw refuse.PERMISSION_ABOVE_YOURS();
  return { has: role.has(id) };
}

const longestReason = 500;

/** Why somebody changes what another person may do: they, or a court, may ask. */
export function reason(value: string): string {
  const text = readableText(value, 'reason').trim();
  if (text === '') throw refuse.REASON_MISSING();
  if (codePoints(text) > longestReason) throw refuse.REASON_TOO_LONG({ max: longestReason });
  return text;
}
