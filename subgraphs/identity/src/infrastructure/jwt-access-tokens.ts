import type { AccessTokens } from '../domain/access-tokens.js';
import { accessTokenLifetime } from '../domain/key-schedule.js';
import { refuse } from '../domain/refusals.js';
import type { KeyRing } from './key-ring.js';
import type { UserQueries } from './user-queries.js';

/**
 * A signed statement of ours, good for ten minutes and checked by the gateway without asking us: who, in which role, with which permissions, in which
 * session. What it says stays true for as long as it lives, which is why it is short.
 */
export function jwtAccessTokens({
  keyRing,
  queries,
  newId,
  now,
}: {
  keyRing: Pick<KeyRing, 'sign'>;
  queries: Pick<UserQueries, 'grants'>;
  newId: () => string;
  now: () => Date;
}): AccessTokens {
  return {
    async issue(userId, sessionId) {
      const grants = await queries.grants(userId);
      if (!grants) throw refuse.SESSION_ENDED();
      if (!grants.isActive) throw refuse.ACCOUNT_DEACTIVATED();
      // JWTs count in whole seconds.
      const issuedAt = Math.floor(now().getTime() / 1000);
      const expiresAt = issuedAt + accessTokenLifetime / 1000;
      const token = await keyRing.sign({
        iss: 'identity',
        aud: 'storytelling',
        sub: userId,
        sid: sessionId,
        role: grants.role,
        permissions: [...grants.permissions],
        email_verified: grants.isEmailVerified,
        jti: newId(),
        iat: issuedAt,
        exp: expiresAt,
      });
      return { token, expiresAt: new Date(expiresAt * 1000) };
    },
  };
}
