import type { PermissionEvent, UserEvent } from '@storytelling/shared/domain-events/identity';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { Actor, Case, Constitution, PermissionOfRole } from './authority.js';
import type { Session } from './session.js';

/**
 * Changes of who may do what, one at a time on the whole platform: two super-admins who demote each other at once are decided one after the
 * other, and the second is none any more.
 */
export interface Staff {
  /** As of now, to ask before anything else; the change itself looks again. */
  look(actorId: UserId): Promise<Constitution>;
  /** One transaction. Refuses an unknown user with USER_NOT_FOUND. `sessions` are those of the user that are alive. */
  changeUser(
    actorId: Actor['id'],
    userId: UserId,
    decide: (given: Case, sessions: readonly Session[]) => readonly UserEvent[],
  ): Promise<UserId>;
  /** One transaction; returns the role's id. */
  changePermission(
    actorId: UserId,
    of: PermissionOfRole,
    decide: (given: Constitution, of: PermissionOfRole) => readonly PermissionEvent[],
  ): Promise<string>;
}
