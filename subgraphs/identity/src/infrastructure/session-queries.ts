import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { PrismaClient } from '../generated/prisma/client.js';

/** A session as its owner sees it. */
export interface SessionView {
  readonly id: string;
  readonly client: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
}

export interface SessionQueries {
  /** Those that are alive, last used first. */
  sessionsOf(userId: UserId): Promise<SessionView[]>;
  hasSecondFactor(userId: UserId): Promise<boolean>;
}

/** A script that signs in again and again leaves thousands behind; nobody reads more than these. */
const most = 100;

export function sessionQueries(prisma: PrismaClient, now: () => Date): SessionQueries {
  return {
    async sessionsOf(userId) {
      const records = await prisma.sessionRecord.findMany({
        where: { userId, revokedAt: null, idleExpiresAt: { gt: now() }, expiresAt: { gt: now() } },
        select: { id: true, device: true, createdAt: true, lastUsedAt: true },
        orderBy: [{ lastUsedAt: 'desc' }, { id: 'asc' }],
        take: most,
      });
      return records.map(({ device, ...session }) => ({ ...session, client: device }));
    },
    hasSecondFactor: async (userId) => (await prisma.secondFactorRecord.count({ where: { userId, confirmedAt: { not: null } } })) > 0,
  };
}
