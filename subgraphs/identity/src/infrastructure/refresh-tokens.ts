import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { PresentedToken, RefreshTokens } from '../domain/sessions.js';

/**
 * A refresh token is base64url of: session id (16 bytes) ‖ secret (32) ‖ tag (16).
 * - secret: 256 random bits in the first token of a session, afterwards HMAC(our key, session ‖ predecessor's secret): see domain/session.ts.
 * - tag: HMAC over both. It tells a token that we issued long ago (a copy is about) from an invented one, so that a stranger who has merely seen a
 *   session's id cannot end that session; and it lets us forget all but the newest two.
 * The database knows sha-256(secret) only. A fast hash is enough for 256 random bits.
 */
export function refreshTokens(key: Uint8Array): RefreshTokens {
  const mac = (purpose: string, ...parts: Uint8Array[]) =>
    parts.reduce((hmac, part) => hmac.update(part), createHmac('sha256', key).update(purpose)).digest();
  const tagOf = (session: Uint8Array, secret: Uint8Array) => mac('tag', session, secret).subarray(0, 16);
  const hashOf = (secret: Uint8Array) => createHash('sha256').update(secret).digest('hex');
  const write = (session: Uint8Array, secret: Uint8Array) => ({
    token: Buffer.concat([session, secret, tagOf(session, secret)]).toString('base64url'),
    hash: hashOf(secret),
  });

  return {
    first: (sessionId) => write(Buffer.from(sessionId.replaceAll('-', ''), 'hex'), randomBytes(32)),
    read(token): PresentedToken | undefined {
      if (!/^[\w-]{86}$/.test(token)) return undefined;
      const bytes = Buffer.from(token, 'base64url');
      const [session, secret, tag] = [bytes.subarray(0, 16), bytes.subarray(16, 48), bytes.subarray(48)];
      if (!timingSafeEqual(tag, tagOf(session, secret))) return undefined;
      const successor = write(session, mac('successor', session, secret));
      return {
        sessionId: session.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
        hash: hashOf(secret),
        successor: successor.token,
        successorHash: successor.hash,
      };
    },
  };
}
