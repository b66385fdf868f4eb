import { isUserId, type UserId } from '@storytelling/shared/value-objects/user-id';
import { type Permission, requirePermission } from '../domain/authority.js';
import { refuse } from '../domain/refusals.js';
import { askSecondFactor, type SecondFactorPorts } from './ask-second-factor.js';
import type { Ports } from './ports.js';
import type { Client } from './signed-in.js';

export type StaffPorts = SecondFactorPorts & Pick<Ports, 'staff'>;

/**
 * Before a grave thing is done to others: the permission, from the database; then the second factor, of whoever has one. Super-admins must have one:
 * with their password alone a thief could make everybody else powerless. The permission comes first, so that no code is spent in vain on the
 * commonest refusal; the verb itself decides again.
 */
export const asStaff =
  ({ staff, ...ports }: StaffPorts) =>
  async (actorId: UserId, permission: Permission, code: string | null | undefined, client: Client): Promise<void> => {
    const given = await staff.look(actorId);
    requirePermission(given, permission);
    await askSecondFactor(ports)(actorId, code, client, { required: given.actor.role === 'super-admin' });
  };

/** What is no id of ours is nobody's. */
export function whom(userId: string): UserId {
  if (!isUserId(userId)) throw refuse.USER_NOT_FOUND(undefined, 'userId');
  return userId;
}
