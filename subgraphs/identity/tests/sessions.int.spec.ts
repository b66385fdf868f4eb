import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { userId } from '@storytelling/shared/value-objects/user-id';
import type { Ports } from '../src/application/ports.js';
import { refreshSession } from '../src/application/refresh-session.js';
import { openSession } from '../src/domain/session.js';
import { register } from '../src/domain/user.js';
import { email } from '@storytelling/shared/value-objects/email';
import { language } from '@storytelling/shared/value-objects/language';
import { refreshTokens } from '../src/infrastructure/refresh-tokens.js';
import { type IdentityDatabase, identityDatabase } from './identity-database.js';

describe('refreshing on PostgreSQL', () => {
  const tokens = refreshTokens(new Uint8Array(32).fill(7));
  let database: IdentityDatabase;
  let refresh: ReturnType<typeof refreshSession>;

  beforeAll(async () => {
    database = await identityDatabase();
    const accessTokens: Ports['accessTokens'] = { issue: async () => ({ token: 'access', expiresAt: new Date() }) };
    refresh = refreshSession({ ...database, refreshTokens: tokens, accessTokens, now: () => new Date() });
  });
  afterAll(() => database.close());

  async function signedIn() {
    const id = userId(randomUUID());
    const sessionId = randomUUID();
    const { token, hash } = tokens.first(sessionId);
    const session = openSession({ id: sessionId, userId: id, tokenHash: hash, clientAddressTag: 'a'.repeat(64), device: null }, new Date());
    const registration = {
      id,
      email: email(`${id}@example.org`),
      displayName: 'Ada',
      firstName: null,
      lastName: null,
      language: language('en'),
    };
    await database.users.add(id, register(registration), { session, passwordHash: '$argon2id$' });
    return { id, token };
  }

  it('twenty times at once with one token gives one successor, which works', async () => {
    const { id, token } = await signedIn();
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh({ refreshToken: token })));
    const successors = new Set(answers.map((answer) => answer.refreshToken));
    expect(successors.size).toBe(1);
    const [successor = ''] = successors;
    await expect(refresh({ refreshToken: successor })).resolves.toMatchObject({ userId: id });
    expect((await database.events(id)).map((event) => event.type)).toEqual(['UserRegistered']);
  });

  it('sees what another one that was under way has done, and does not turn it back', async () => {
    const { token } = await signedIn();
    const second = tokens.read(token)?.successor ?? '';
    const third = tokens.read(second)?.successor ?? '';
    const other = await database.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query('UPDATE sessions SET token_hash = $2, previous_hash = $3 WHERE id = $1', [
        tokens.read(token)?.sessionId,
        tokens.read(third)?.hash,
        tokens.read(second)?.hash,
      ]);
      const late = refresh({ refreshToken: token });
      late.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await other.query('COMMIT');
      await expect(late).rejects.toMatchObject({ code: 'REFRESH_TOKEN_REUSED' });
    } finally {
      other.release();
    }
  });

  it('by owner and thief at once ends in one revoked session, told once', async () => {
    const { id, token: stolen } = await signedIn();
    const first = await refresh({ refreshToken: stolen });
    await refresh({ refreshToken: first.refreshToken });
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => refresh({ refreshToken: stolen })));
    const codes = new Set(answers.map((answer) => (answer.status === 'rejected' ? answer.reason.code : 'let in')));
    expect([...codes].every((code) => code === 'REFRESH_TOKEN_REUSED' || code === 'SESSION_ENDED')).toBe(true);
    expect((await database.events(id)).filter((event) => event.type === 'SessionRevoked')).toHaveLength(1);
  });

  it('a long chain needs two hashes only', async () => {
    const { token } = await signedIn();
    let newest = token;
    for (let time = 0; time < 10; time += 1) newest = (await refresh({ refreshToken: newest })).refreshToken;
    const { rows } = await database.pool.query('SELECT * FROM sessions WHERE token_hash = $1', [tokens.read(newest)?.hash]);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(newest);
  });
});
