import { randomUUID } from 'node:crypto';
import { once } from '@storytelling/shared/infrastructure/idempotency';
import { unitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { type IdentityPorts, identityContext } from '../src/identity-context.js';
import { argon2Passwords } from '../src/infrastructure/argon2-passwords.js';
import { postgresAttempts } from '../src/infrastructure/attempt-limits.js';
import { prismaSecondFactors } from '../src/infrastructure/prisma-second-factors.js';
import { refreshTokens } from '../src/infrastructure/refresh-tokens.js';
import { secretsFrom } from '../src/infrastructure/secrets.js';
import { totp } from '../src/infrastructure/totp.js';
import type { IdentityDatabase } from './identity-database.js';

/** Every verb on a real database, as service.ts wires them, with a clock that a test can set and access tokens that are not signed. */
export function identityOn({ pool, prisma, users, sessions }: IdentityDatabase, ports: Partial<IdentityPorts> = {}) {
  const secrets = secretsFrom(new Uint8Array(32).fill(5));
  const { now = () => new Date() } = ports;
  const transact = unitOfWork(prisma, () => undefined);
  return identityContext({
    users,
    sessions,
    passwords: argon2Passwords(),
    secondFactors: prismaSecondFactors({ client: prisma, transact, sealing: secrets.secondFactors, now }),
    oneTimeCodes: totp,
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
