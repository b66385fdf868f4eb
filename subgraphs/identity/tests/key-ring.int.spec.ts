import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { openKeyRing } from '../src/infrastructure/key-ring.js';
import { secretsFrom } from '../src/infrastructure/secrets.js';
import { type IdentityDatabase, identityDatabase } from './identity-database.js';

describe('the key ring', () => {
  const secrets = secretsFrom(new Uint8Array(32).fill(5));
  const log = createLogger('test', 'silent');
  const start = new Date('2026-11-22T20:00:00Z').getTime();
  const at = (days: number) => () => new Date(start + days * 24 * 60 * 60 * 1000);
  let database: IdentityDatabase;
  beforeAll(async () => {
    database = await identityDatabase();
  });
  afterAll(() => database.close());

  const open = (days: number, with_ = secrets) => openKeyRing({ prisma: database.prisma, secrets: with_, now: at(days), log });
  async function during<T>(days: number, work: (ring: Awaited<ReturnType<typeof open>>) => Promise<T>): Promise<T> {
    const ring = await open(days);
    try {
      return await work(ring);
    } finally {
      await ring.close();
    }
  }
  const kidOf = (token: string) => decodeProtectedHeader(token).kid;

  it('makes one key however many replicas start at once', async () => {
    const rings = await Promise.all(Array.from({ length: 5 }, () => open(0)));
    const kids = await Promise.all(rings.map(async (ring) => kidOf(await ring.sign({ sub: 'x' }))));
    expect(new Set(kids).size).toBe(1);
    for (const ring of rings) expect(ring.jwks().keys).toHaveLength(1);
    await Promise.all(rings.map((ring) => ring.close()));
  });

  it('changes keys with an overlap in which either verifies', async () => {
    const old = await during(0, async (ring) => ({ token: await ring.sign({ sub: 'x' }), jwks: ring.jwks() }));
    const published = await during(29.5, async (ring) => ({ token: await ring.sign({ sub: 'x' }), jwks: ring.jwks() }));
    // The next key is published, and does not sign yet.
    expect(published.jwks.keys).toHaveLength(2);
    expect(kidOf(published.token)).toBe(kidOf(old.token));
    const next = await during(30.01, async (ring) => ({ token: await ring.sign({ sub: 'x' }), jwks: ring.jwks() }));
    expect(kidOf(next.token)).not.toBe(kidOf(old.token));
    // Who cached the key set before the change knows the new key; who fetches it now still knows the old one.
    await expect(jwtVerify(next.token, createLocalJWKSet(published.jwks))).resolves.toBeDefined();
    await expect(jwtVerify(old.token, createLocalJWKSet(next.jwks))).resolves.toBeDefined();
    const later = await during(31, async (ring) => ring.jwks());
    expect(later.keys).toHaveLength(1);
    await expect(jwtVerify(old.token, createLocalJWKSet(later))).rejects.toThrow();
  });

  it('publishes no private part and stores none in clear', async () => {
    const jwks = await during(31, async (ring) => ring.jwks());
    expect(Object.keys(jwks.keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    const records = await database.prisma.signingKeyRecord.findMany();
    for (const record of records) {
      expect(Buffer.from(record.sealedPrivateKey).toString('latin1')).not.toContain('"d"');
      expect(Object.keys(record.publicJwk as object)).not.toContain('d');
    }
  });

  it('says which setting is wrong when its keys do not open', async () => {
    await expect(open(31, secretsFrom(new Uint8Array(32).fill(6)))).rejects.toMatchObject({
      name: 'SettingError',
      message: expect.stringMatching(/^The setting KEY_ENCRYPTION_KEY is wrong/),
    });
  });
});
