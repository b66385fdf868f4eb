import type { SessionRevoked } from '@storytelling/shared/domain-events/identity';
import type { EventOf } from '@storytelling/shared/domain-events/event';
import type { UserId } from '@storytelling/shared/value-objects/user-id';

/** Why a session ended before its time. */
export type EndOfSession = EventOf<typeof SessionRevoked>['data']['reason'];

/**
 * One sign-in on one device, kept alive by rotating refresh tokens. Each token's successor is derived from it, so whoever repeats a refresh whose answer was
 * lost (a phone in a tunnel) gets the same successor again, as long as that one is unused. Two generations tell everything: `tokenHash` is the newest,
 * unused; `previousHash` the one it came from. Any older genuine token was replaced by a used one: two parties hold copies, and nobody can say who is the owner.
 */
export interface Session {
  readonly id: string;
  readonly userId: UserId;
  readonly tokenHash: string;
  readonly previousHash: string | null;
  /** Keyed hash of the client's address: an owner at a known address is not locked out by strangers' attempts. */
  readonly clientAddressTag: string;
  /** What it runs on, in words for its owner: see device.ts. */
  readonly device: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly idleExpiresAt: Date;
  readonly expiresAt: Date;
  readonly revoked: { readonly at: Date; readonly reason: EndOfSession } | null;
}

const day = 24 * 60 * 60 * 1000;
/** A writer who pauses for a month signs in again; a lost phone is out after a month at the latest. */
const idleLimit = 30 * day;
/** Even a copied token that is never caught out dies: whoever is at the device must show twice a year that they know the password. */
const absoluteLimit = 180 * day;

export function openSession(given: Pick<Session, 'id' | 'userId' | 'tokenHash' | 'clientAddressTag' | 'device'>, now: Date): Session {
  return {
    ...given,
    previousHash: null,
    createdAt: now,
    lastUsedAt: now,
    idleExpiresAt: new Date(now.getTime() + idleLimit),
    expiresAt: new Date(now.getTime() + absoluteLimit),
    revoked: null,
  };
}

export type Refresh = { readonly outcome: 'rotated'; readonly session: Session } | { readonly outcome: 'repeated' | 'reused' | 'ended' };

/** `presented` is a token that we issued for this session: its tag was checked. */
export function refresh(session: Session, presented: { readonly hash: string; readonly successorHash: string }, now: Date): Refresh {
  if (session.revoked || now >= session.idleExpiresAt || now >= session.expiresAt) return { outcome: 'ended' };
  switch (presented.hash) {
    case session.tokenHash:
      return {
        outcome: 'rotated',
        session: {
          ...session,
          tokenHash: presented.successorHash,
          previousHash: presented.hash,
          lastUsedAt: now,
          idleExpiresAt: new Date(now.getTime() + idleLimit),
        },
      };
    case session.previousHash:
      return { outcome: 'repeated' };
    default:
      return { outcome: 'reused' };
  }
}
