import { lockKey } from '@storytelling/shared/infrastructure/relay';
import { SettingError } from '@storytelling/shared/infrastructure/environment';
import type { Logger } from '@storytelling/shared/infrastructure/logger';
import {
  calculateJwkThumbprint,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { type KeySpan, planKeys, signingKey } from '../domain/key-schedule.js';
import type { PrismaClient } from '../generated/prisma/client.js';
import type { Secrets } from './secrets.js';

/** The keys that access tokens are signed with. They live in the database, so that all replicas sign with the same one and publish the same set. */
export interface KeyRing {
  sign(payload: JWTPayload): Promise<string>;
  /** The public halves: of the key that signs, the next one, and those whose last tokens may still be alive. */
  jwks(): JSONWebKeySet;
  close(): Promise<void>;
}

const algorithm = 'EdDSA';
const lock = lockKey('identity:signing-keys');
/** Another replica's new key is seen after this long at the latest; it signs a day later. */
const lookEvery = 60_000;

interface RingKey extends KeySpan {
  readonly publicJwk: JWK;
  readonly privateKey: CryptoKey | Uint8Array;
}

export async function openKeyRing({
  prisma,
  secrets,
  now,
  log,
}: {
  prisma: PrismaClient;
  secrets: Pick<Secrets, 'seal' | 'open'>;
  now: () => Date;
  log: Logger;
}): Promise<KeyRing> {
  let ring = new Map<string, RingKey>();

  async function look(): Promise<void> {
    const plan = planKeys(await prisma.signingKeyRecord.findMany(), now());
    if (plan.create || plan.remove.length > 0) await carryOut();
    const records = await prisma.signingKeyRecord.findMany();
    const opened = await Promise.all(records.map(async (record) => ring.get(record.id) ?? open(record)));
    ring = new Map(opened.map((key) => [key.id, key]));
  }

  /** One replica at a time, each looking again once it has the lock: the next one finds nothing left to do. */
  async function carryOut(): Promise<void> {
    const { record, publicJwk } = await newKey();
    await prisma.$transaction(async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(${lock}::bigint)`;
      const { create, remove } = planKeys(await tx.signingKeyRecord.findMany(), now());
      if (create) await tx.signingKeyRecord.create({ data: { ...record, publicJwk, createdAt: now(), ...create } });
      await tx.signingKeyRecord.deleteMany({ where: { id: { in: [...remove] } } });
    });
  }

  async function newKey() {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { crv: 'Ed25519', extractable: true });
    const { kty, crv, x } = await exportJWK(publicKey);
    const id = await calculateJwkThumbprint({ kty, crv, x });
    const sealedPrivateKey = secrets.seal(Buffer.from(JSON.stringify(await exportJWK(privateKey))), id);
    return { record: { id, sealedPrivateKey }, publicJwk: { kty: 'OKP', crv: 'Ed25519', x: x ?? '' } };
  }

  async function open(record: KeySpan & { sealedPrivateKey: Uint8Array; publicJwk: unknown }): Promise<RingKey> {
    const { id, signsFrom, signsUntil, publishedUntil } = record;
    let privateJwk: JWK;
    try {
      privateJwk = JSON.parse(Buffer.from(secrets.open(record.sealedPrivateKey, id)).toString()) as JWK;
    } catch {
      throw new SettingError(
        'The setting KEY_ENCRYPTION_KEY is wrong: it does not open the signing keys in this database; give the one they were made with.',
      );
    }
    return {
      id,
      signsFrom,
      signsUntil,
      publishedUntil,
      publicJwk: record.publicJwk as JWK,
      privateKey: await importJWK(privateJwk, algorithm),
    };
  }

  await look();
  const timer = setInterval(() => {
    looking = look().catch((error: unknown) =>
      log.error({ err: error }, 'the signing keys could not be looked at; the known ones stay in use'),
    );
  }, lookEvery);
  let looking: Promise<void> = Promise.resolve();
  timer.unref();

  return {
    async sign(payload) {
      // After a pause of the whole machine the timer may be behind: look before saying that there is no key.
      if (!signingKey([...ring.values()], now())) await look();
      const key = signingKey([...ring.values()], now());
      if (!key) throw new Error('There is no key that signs now.');
      return new SignJWT(payload).setProtectedHeader({ alg: algorithm, kid: key.id, typ: 'JWT' }).sign(key.privateKey);
    },
    jwks: () => ({
      keys: [...ring.values()]
        .filter((key) => now() < key.publishedUntil)
        .map((key) => ({ ...key.publicJwk, kid: key.id, alg: algorithm, use: 'sig' })),
    }),
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}
