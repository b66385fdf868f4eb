import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { email } from '@storytelling/shared/value-objects/email';
import type pg from 'pg';
import { limits, postgresAttempts } from '../src/infrastructure/attempt-limits.js';
import { secretsFrom } from '../src/infrastructure/secrets.js';
import { type IdentityDatabase, identityDatabase, testPool } from './identity-database.js';

describe('attempts, counted by two replicas', () => {
  const secrets = secretsFrom(new Uint8Array(32).fill(3));
  let database: IdentityDatabase;
  let other: pg.Pool;
  let replicas: ReturnType<typeof postgresAttempts>[];

  beforeAll(async () => {
    database = await identityDatabase();
    other = testPool(database.url);
    replicas = [postgresAttempts(database.pool, secrets), postgresAttempts(other, secrets)];
  });
  afterAll(async () => {
    await other.end();
    await database.close();
  });

  const attempt = (clientAddress: string, account: string, knownAddress = false) => ({
    clientAddress,
    account: email(account),
    knownAddress,
  });
  const replica = (turn: number) => replicas[turn % 2] ?? postgresAttempts(database.pool, secrets);
  /** Tries so often, all at once and spread over the replicas; how many were let through, and until when the others shall wait. */
  async function tries(times: number, make: (turn: number) => ReturnType<typeof attempt>) {
    const results = await Promise.allSettled(Array.from({ length: times }, (_, turn) => replica(turn).signIn(make(turn))));
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    return { passed: times - refused.length, refused };
  }

  it('of one address at one account stop after ten, at both', async () => {
    const { passed, refused } = await tries(30, () => attempt('192.0.2.1', 'ada@example.org'));
    expect(passed).toBe(limits.addressAndAccount.points);
    const wait = new Date(refused[0].params.retryAt).getTime() - Date.now();
    expect(refused[0]).toMatchObject({ code: 'TOO_MANY_ATTEMPTS', kind: 'TOO_MANY_REQUESTS' });
    expect(wait).toBeGreaterThan(14 * 60_000);
    expect(wait).toBeLessThanOrEqual(15 * 60_000);
  });

  it('at one account from everywhere stop after fifty, but not for its owner at a known address, and not for long', async () => {
    const { passed, refused } = await tries(80, (turn) => attempt(`198.51.100.${turn}`, 'bob@example.org'));
    expect(passed).toBe(limits.account.points);
    expect(new Date(refused[0].params.retryAt).getTime() - Date.now()).toBeLessThanOrEqual(5 * 60_000);
    await expect(replica(0).signIn(attempt('192.0.2.2', 'bob@example.org', true))).resolves.toBeUndefined();
  });

  it('of one address at many accounts stop after three hundred', async () => {
    const { passed } = await tries(400, (turn) => attempt('203.0.113.1', `user${turn}@example.org`));
    expect(passed).toBe(limits.address.points);
  });

  it('that succeed do not count against the account', async () => {
    for (let turn = 0; turn < 60; turn += 1) {
      const given = attempt('192.0.2.3', 'carol@example.org', turn % 2 === 0);
      await replica(turn).signIn(given);
      await replica(turn).succeeded(given);
    }
  });

  it('to register stop after the limit of the address', async () => {
    const strict = postgresAttempts(database.pool, secrets, { ...limits, registration: { points: 2, duration: 60 } });
    const results = await Promise.allSettled([1, 2, 3].map(() => strict.register('192.0.2.4')));
    expect(results.filter((result) => result.status === 'rejected')).toHaveLength(1);
  });

  it('leave no address readable in the database', async () => {
    const { rows } = await database.pool.query<{ key: string }>('SELECT key FROM attempts');
    expect(rows.length).toBeGreaterThan(100);
    for (const { key } of rows) expect(key).toMatch(/^\w+:[0-9a-f]{64}$/);
  });
});
