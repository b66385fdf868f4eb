import { refuse } from '../domain/refusals.js';
import { refresh } from '../domain/session.js';
import { revokeSession } from '../domain/user.js';
import type { Ports } from './ports.js';
import { type SignedIn, signedIn } from './signed-in.js';

/** Trades a refresh token for its successor and a fresh access token. The rules are domain/session.ts'. */
export const refreshSession =
  (ports: Pick<Ports, 'users' | 'sessions' | 'refreshTokens' | 'accessTokens' | 'now'>) =>
  async (input: { readonly refreshToken: string }): Promise<SignedIn> => {
    const { users, sessions, refreshTokens, now } = ports;
    const presented = refreshTokens.read(input.refreshToken);
    if (!presented) throw refuse.REFRESH_TOKEN_INVALID();
    const found = await sessions.refresh(presented.sessionId, (session) => refresh(session, presented, now()));
    switch (found?.outcome) {
      case 'rotated':
      case 'repeated':
        return signedIn(ports, found.session.userId, presented.sessionId, presented.successor);
      case 'reused':
        await users.updateSession(found.session.userId, presented.sessionId, (user, session) => revokeSession(user, session, 'reuse'));
        throw refuse.REFRESH_TOKEN_REUSED();
      case 'ended':
      case undefined:
        throw refuse.SESSION_ENDED();
    }
  };
