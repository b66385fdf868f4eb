import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { PrismaClient } from '../generated/prisma/client.js';

/** A session as its owner sees it. */
export interface SessionView {
  readonly id: string;
  readonly client: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
}

/** An account elsewhere, by its provider. */
export interface ProviderLink {
  readonly provider: string;
  readonly linkedAt: Date;
}

export interface SessionQueries {
  /** Those that are alive, last used first. */
  sessionsOf(userId: UserId): Promise<SessionView[]>;
  hasSecondFactor(userId: UserId): Promise<boolean>;
  /** Linked first, first. */
  providersOf(userId: UserId): Promise<ProviderLink[]>;
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
    async providersOf(userId) {
      const links = await prisma.oAuthProviderRecord.findMany({
        where: { userId },
        select: { provider: true, createdAt: true },
        orderBy: { id: 'asc' },
      });
      return links.map(({ provider, createdAt }) => ({ provider, linkedAt: createdAt }));
    },
    hasSecondFactor: async (userId) => (await prisma.secondFactorRecord.count({ where: { userId, confirmedAt: { not: null } } })) > 0,
  };
}
