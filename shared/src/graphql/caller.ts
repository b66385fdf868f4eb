import { refuseShared } from '../value-objects/refusals.js';
import type { UserId } from '../value-objects/user-id.js';

export const roles = ['member', 'admin', 'super-admin', 'customer-support', 'content-moderator'] as const;
export type Role = (typeof roles)[number];

/** Who is asking, as the gateway's token says. Never built from anything that a client sends directly. */
export interface Caller {
  readonly kind: 'anonymous' | 'user' | 'guest' | 'partner' | 'service';
  readonly userId?: UserId;
  readonly role?: Role;
  readonly permissions: readonly string[];
  readonly sessionId?: string;
  /** A user whose address was verified when their access token was issued; it may have been since. */
  readonly isEmailVerified?: boolean;
  /** The client's network address, for limits; never logged, never stored in clear. */
  readonly clientAddress?: string;
  /** What the client says it is (User-Agent), as it says it: to be shown to its owner in a readable form, never believed. */
  readonly userAgent?: string;
  /** When the credential behind this caller ends; a live subscription ends with it. */
  readonly expiresAt?: Date;
}

export const anonymous: Caller = { kind: 'anonymous', permissions: [] };

/** The signed-in user behind the request; otherwise SIGN_IN_REQUIRED. */
export function signedIn(caller: Caller): UserId {
  if (caller.kind !== 'user' || !caller.userId) throw refuseShared.SIGN_IN_REQUIRED();
  return caller.userId;
}

export function hasPermission(caller: Caller, permission: string): boolean {
  return caller.permissions.includes(permission);
}
