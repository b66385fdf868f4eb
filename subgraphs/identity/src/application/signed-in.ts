import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { openSession, type Session } from '../domain/session.js';
import type { Ports } from './ports.js';

/** Where a request comes from. */
export interface Client {
  /** Network address, for limits. */
  readonly address: string;
  /** What it runs on, in words for its owner. */
  readonly device: string | null;
}

/** What every verb that lets somebody in answers with. */
export interface SignedIn {
  readonly userId: UserId;
  readonly accessToken: string;
  readonly expiresAt: Date;
  readonly refreshToken: string;
}

/** A session to be stored together with what opens it, and its first token. */
export function beginSession(
  { refreshTokens, tag, newId, now }: Pick<Ports, 'refreshTokens' | 'tag' | 'newId' | 'now'>,
  userId: UserId,
  { address, device }: Client,
): { readonly session: Session; readonly refreshToken: string } {
  const id = newId();
  const { token, hash } = refreshTokens.first(id);
  const session = openSession({ id, userId, tokenHash: hash, clientAddressTag: tag('address', address), device }, now());
  return { session, refreshToken: token };
}

export async function signedIn(
  { accessTokens }: Pick<Ports, 'accessTokens'>,
  userId: UserId,
  sessionId: string,
  refreshToken: string,
): Promise<SignedIn> {
  const { token, expiresAt } = await accessTokens.issue(userId, sessionId);
  return { userId, accessToken: token, expiresAt, refreshToken };
}
