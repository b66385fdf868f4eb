import { randomUUID } from 'node:crypto';
import { once } from '@storytelling/shared/infrastructure/idempotency';
import { unitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { type IdentityPorts, identityContext } from '../src/identity-context.js';
import type { Passwords } from '../src/domain/passwords.js';
import { postgresAttempts } from '../src/infrastructure/attempt-limits.js';
import { letterWriter } from '../src/infrastructure/letters/write-letter.js';
import { prismaEmailTokens } from '../src/infrastructure/prisma-email-tokens.js';
import { prismaDataExports } from '../src/infrastructure/prisma-data-exports.js';
import { prismaErasures } from '../src/infrastructure/prisma-erasures.js';
import { prismaProviderSignIns } from '../src/infrastructure/prisma-provider-sign-ins.js';
import { prismaSecondFactors } from '../src/infrastructure/prisma-second-factors.js';
import { prismaStaff } from '../src/infrastructure/prisma-staff.js';
import { refreshTokens } from '../src/infrastructure/refresh-tokens.js';
import { secretsFrom } from '../src/infrastructure/secrets.js';
import { totp } from '../src/infrastructure/totp.js';
import type { IdentityDatabase } from './identity-database.js';
import { noImages } from './no-images.js';

/** Hashing for real takes 20 ms of a core each time; argon2-passwords.spec.ts and service.int.spec.ts do. */
const quickPasswords: Passwords = {
  hash: async (password) => `$argon2id$${password}`,
  verify: async (hash, password) => ({ matches: hash === `$argon2id$${password}`, outdated: false }),
  common: async () => () => false,
};

const none = () => Promise.reject(new Error('no provider in this test'));

/** Every verb on a real database, as service.ts wires them, with a clock that a test can set and access tokens that are not signed. */
export function identityOn({ pool, prisma, users, sessions, letters }: IdentityDatabase, ports: Partial<IdentityPorts> = {}) {
  const secrets = secretsFrom(new Uint8Array(32).fill(5));
  const { now = () => new Date() } = ports;
  const transact = unitOfWork(prisma, () => undefined);
  return identityContext({
    users,
    sessions,
    passwords: quickPasswords,
    staff: prismaStaff({ client: prisma, transact, now }),
    dataExports: prismaDataExports({ transact, now }),
    erasures: prismaErasures({ transact, now }),
    secondFactors: prismaSecondFactors({ client: prisma, transact, sealing: secrets.secondFactors, now }),
    oneTimeCodes: totp,
    emailTokens: prismaEmailTokens(prisma, secrets, now),
    letters: { post: async (letter) => void letters.push(letter) },
    identityProviders: { list: [], allows: () => false, authorizationUrl: none, identify: none },
    providerSignIns: prismaProviderSignIns(prisma, now),
    writeLetter: letterWriter({ webUrl: undefined, providerName: (id) => id }),
    post: { send: async () => undefined },
    images: noImages,
    attempts: postgresAttempts(pool, secrets),
    refreshTokens: refreshTokens(secrets.refreshKey),
    accessTokens: { issue: async (userId, sessionId) => ({ token: `${userId} ${sessionId}`, expiresAt: now() }) },
    once,
    tag: secrets.tag,
    now,
    newId: randomUUID,
    ...ports,
  });
}
