import type { ExportedPerson } from '@storytelling/shared/infrastructure/personal-data';
import type { PrismaClient } from '../generated/prisma/client.js';
import { userStream } from './prisma-users.js';

const about = `Your account: how you present yourself, your role and the roles that you have had, where you have signed in, the accounts elsewhere that
sign you in, and the history of your account. Your picture, if you have one, is beside it.`;

/** Ids of others and at providers are not the user's own data. */
const notTheirs = ['userId', 'assignedBy', 'subject', 'imageKey'];

interface HistoryRow {
  readonly event: string;
  readonly at: Date;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What identity holds of a user, for that user. Columns are chosen one by one, so that no hash and no secret comes with them. */
export async function exportedUser(client: PrismaClient, userId: string): Promise<ExportedPerson> {
  const user = await client.userRecord.findUnique({
    where: { id: userId },
    select: {
      ...{ id: true, email: true, isEmailVerified: true, firstName: true, lastName: true, displayName: true, language: true },
      ...{ role: true, isActive: true, createdAt: true, updatedAt: true, imageKey: true },
      password: { select: { changedAt: true } },
      secondFactor: { select: { begunAt: true, confirmedAt: true } },
      oauthProviders: { select: { provider: true, createdAt: true }, orderBy: { id: 'asc' } },
      sessions: {
        select: { device: true, createdAt: true, lastUsedAt: true, expiresAt: true, revokedAt: true, revokedReason: true },
        orderBy: { createdAt: 'asc' },
      },
      dataExports: { select: { requestedAt: true }, orderBy: { requestedAt: 'asc' } },
    },
  });
  if (!user) return { about, data: {}, files: {} };
  const events = await client.$queryRaw<HistoryRow[]>`
    SELECT event_type AS event, occurred_at AS at, event_data AS data FROM backbone.event_store
    WHERE stream_id = ${userStream(userId).id} ORDER BY event_version`;
  const history = events.map(({ data, ...event }) => ({
    ...event,
    data: Object.fromEntries(Object.entries(data).filter(([name]) => !notTheirs.includes(name))),
  }));
  const { imageKey, password, secondFactor, oauthProviders, sessions, dataExports, role, ...account } = user;
  const picture = imageKey === null ? null : `pictures/profile${imageKey.slice(imageKey.lastIndexOf('.'))}`;
  return {
    about,
    data: {
      account: { ...account, picture, passwordChangedAt: password?.changedAt ?? null, secondFactor },
      role: { now: role, history: history.filter(({ event }) => event === 'RoleAssigned') },
      sessions,
      providers: oauthProviders.map(({ provider, createdAt }) => ({ provider, linkedAt: createdAt })),
      dataExports,
      history,
    },
    files: imageKey === null || picture === null ? {} : { [picture]: { key: imageKey } },
  };
}
