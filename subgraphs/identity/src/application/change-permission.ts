import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { grantPermission as grant, type PermissionOfRole, revokePermission as revoke } from '../domain/authority.js';
import { asStaff, type StaffPorts } from './as-staff.js';
import type { Client } from './signed-in.js';

export interface PermissionChange extends PermissionOfRole {
  readonly secondFactorCode?: string | null;
}

/** Returns the role's id. It holds from the next access token of each holder on. */
const change =
  (decide: typeof grant) =>
  (ports: StaffPorts) =>
  async (actorId: UserId, { secondFactorCode, ...of }: PermissionChange, client: Client): Promise<string> => {
    await asStaff(ports)(actorId, 'permission:grant', secondFactorCode, client);
    return ports.staff.changePermission(actorId, of, decide);
  };

export const grantPermission = change(grant);
export const revokePermission = change(revoke);
