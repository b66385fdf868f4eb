import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { deactivate, reason } from '../domain/authority.js';
import { whom } from './as-staff.js';
import type { Ports } from './ports.js';

/** Closes an account: its sessions end, nobody signs in to it, what it made stays. */
export const deactivateUser =
  ({ staff }: Pick<Ports, 'staff'>) =>
  async (actorId: UserId, input: { readonly userId: string; readonly reason: string }): Promise<UserId> => {
    const why = reason(input.reason);
    return staff.changeUser(actorId, whom(input.userId), (given, sessions) => deactivate(given, sessions, why));
  };
