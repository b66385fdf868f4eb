import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { assignRole as decide, reason } from '../domain/authority.js';
import type { UserRole } from '../domain/user.js';
import { asStaff, type StaffPorts, whom } from './as-staff.js';
import type { Client } from './signed-in.js';

export interface Assignment {
  readonly userId: string;
  readonly role: UserRole;
  readonly reason?: string | null;
  readonly secondFactorCode?: string | null;
}

/** In identity it holds at once; elsewhere from the user's next access token on, ten minutes later at most. */
export const assignRole =
  (ports: StaffPorts) =>
  async (actorId: UserId, input: Assignment, client: Client): Promise<UserId> => {
    const why = typeof input.reason === 'string' ? reason(input.reason) : null;
    const userId = whom(input.userId);
    await asStaff(ports)(actorId, 'role:assign', input.secondFactorCode, client);
    return ports.staff.changeUser(actorId, userId, (given) => decide(given, input.role, why));
  };
