import type { UnitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { SecondFactor } from '../domain/second-factor.js';
import type { SecondFactors } from '../domain/second-factors.js';
import type { Prisma, PrismaClient, SecondFactorRecord } from '../generated/prisma/client.js';
import { lockUser, saveUser } from './prisma-users.js';
import type { Sealing } from './secrets.js';

export function prismaSecondFactors({
  client,
  transact,
  sealing,
  now,
}: {
  client: PrismaClient;
  transact: UnitOfWork<Prisma.TransactionClient>;
  sealing: Sealing;
  now: () => Date;
}): SecondFactors {
  return {
    async standing(userId, clientAddressTag) {
      const [found] = await client.$queryRaw<{ isEnrolled: boolean; knownAddress: boolean }[]>`
        SELECT EXISTS (SELECT 1 FROM second_factors WHERE user_id = ${userId} AND confirmed_at IS NOT NULL) AS "isEnrolled",
               EXISTS (SELECT 1 FROM sessions WHERE user_id = ${userId} AND client_address_tag = ${clientAddressTag}) AS "knownAddress"`;
      return found ?? { isEnrolled: false, knownAddress: false };
    },

    async update(userId, decide) {
      await transact(async (tx) => {
        const locked = await lockUser(tx, userId);
        const record = await tx.secondFactorRecord.findUnique({ where: { userId } });
        const { factor, events } = decide(locked.user, record && factorOf(record));
        await saveUser(tx, locked, events, now());
        if (factor) {
          const columns = columnsOf(factor);
          await tx.secondFactorRecord.upsert({ where: { userId }, create: columns, update: columns });
        } else if (record) await tx.secondFactorRecord.deleteMany({ where: { userId } });
        return userId;
      });
    },
  };

  // ── the mapping ────────────────────────────────────────────────────────────────────────────────────────────────────

  function factorOf({ userId, sealedSecret, ...record }: SecondFactorRecord): SecondFactor {
    return { ...record, userId: userId as UserId, secret: sealing.open(sealedSecret, userId) };
  }

  function columnsOf({ secret, recoveryCodes, ...factor }: SecondFactor) {
    return { ...factor, recoveryCodes: [...recoveryCodes], sealedSecret: sealing.seal(secret, factor.userId) };
  }
}
