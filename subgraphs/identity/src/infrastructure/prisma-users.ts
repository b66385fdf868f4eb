import { identityEvents, type UserEvent } from '@storytelling/shared/domain-events/identity';
import { appendEvents } from '@storytelling/shared/infrastructure/event-store';
import { stream } from '@storytelling/shared/domain-events/event';
import type { UnitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import type { Email } from '@storytelling/shared/value-objects/email';
import type { Language } from '@storytelling/shared/value-objects/language';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { refuse } from '../domain/refusals.js';
import { evolve, type User, type UserRole } from '../domain/user.js';
import type { Beside, Users } from '../domain/users.js';
import type { Prisma, PrismaClient, UserRecord } from '../generated/prisma/client.js';
import { sessionColumns, sessionOf } from './prisma-sessions.js';

export const userStream = (id: string) => stream('identity', 'User', id);

type Tx = Prisma.TransactionClient;

interface LockedUser {
  readonly user: User;
  readonly version: number;
}

/** The one row lock per aggregate. What belongs to a user is locked after it, never before: no two verbs can wait for each other. */
export async function lockUser(tx: Tx, id: UserId, field?: string): Promise<LockedUser> {
  await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${id} FOR UPDATE`;
  const record = await tx.userRecord.findUnique({ where: { id } });
  if (!record) throw refuse.USER_NOT_FOUND(undefined, field);
  return { user: userOf(record), version: record.streamVersion };
}

/** Writes what the events say: the user's row, the sessions', the event store. */
export async function saveUser(tx: Tx, { user, version }: LockedUser, events: readonly UserEvent[], now: Date): Promise<void> {
  if (events.length === 0) return;
  const streamVersion = await appendEvents(tx, userStream(user.id), version, events, identityEvents);
  await tx.userRecord.update({
    where: { id: user.id },
    data: { ...userColumns(events.reduce<User>(evolve, user)), updatedAt: now, streamVersion },
  });
  for (const event of events) {
    if (event.type !== 'SessionRevoked') continue;
    await tx.sessionRecord.update({ where: { id: event.data.sessionId }, data: { revokedAt: now, revokedReason: event.data.reason } });
  }
}

export function prismaUsers({ client, transact, now }: { client: PrismaClient; transact: UnitOfWork<Tx>; now: () => Date }): Users {
  async function saveBeside(tx: Tx, userId: UserId, { session, passwordHash: hash }: Beside): Promise<void> {
    if (hash) {
      await tx.passwordRecord.upsert({ where: { userId }, create: { userId, hash, changedAt: now() }, update: { hash, changedAt: now() } });
    }
    if (session) await tx.sessionRecord.create({ data: sessionColumns(session) });
  }

  return {
    async add(id, events, beside) {
      const user = events.reduce<User | undefined>(evolve, undefined);
      if (!user?.email) throw new Error('A user begins with an event that tells an address.');
      const { email } = user;
      await transact(async (tx) => {
        // Not an insert that fails: a failed one would cost the transaction, and its message quotes the address.
        const { count } = await tx.userRecord.createMany({
          data: [{ id, email, ...userColumns(user), createdAt: now(), updatedAt: now(), streamVersion: events.length }],
          skipDuplicates: true,
        });
        if (count === 0) throw refuse.EMAIL_TAKEN();
        await appendEvents(tx, userStream(id), 0, events, identityEvents);
        await saveBeside(tx, id, beside);
        return id;
      });
      return id;
    },

    async update(id, decide, beside = {}) {
      await transact(async (tx) => {
        const locked = await lockUser(tx, id);
        await saveUser(tx, locked, decide(locked.user), now());
        await saveBeside(tx, id, beside);
        return id;
      });
      return id;
    },

    async updateSession(id, sessionId, decide) {
      await transact(async (tx) => {
        const locked = await lockUser(tx, id);
        await tx.$queryRaw`SELECT 1 FROM sessions WHERE id = ${sessionId}::uuid FOR UPDATE`;
        const record = await tx.sessionRecord.findUnique({ where: { id: sessionId, userId: id } });
        if (record) await saveUser(tx, locked, decide(locked.user, sessionOf(record)), now());
        return id;
      });
      return id;
    },

    /** One statement whoever asks about whom: a second one for known accounts would show in the time. */
    async credential(email, clientAddressTag) {
      const [found] = await client.$queryRaw<{ userId: UserId; passwordHash: string; knownAddress: boolean }[]>`
        SELECT u.id AS "userId", p.hash AS "passwordHash",
               EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id AND s.client_address_tag = ${clientAddressTag}) AS "knownAddress"
        FROM users u JOIN passwords p ON p.user_id = u.id WHERE u.email = ${email}`;
      return found;
    },
  };
}

// ── the mapping ──────────────────────────────────────────────────────────────────────────────────────────────────────

export function userOf(record: UserRecord): User {
  return {
    status: record.isActive ? 'active' : 'deactivated',
    id: record.id as UserId,
    email: record.email as Email,
    profile: {
      displayName: record.displayName,
      firstName: record.firstName,
      lastName: record.lastName,
      language: record.language as Language,
    },
    role: record.role as UserRole,
  };
}

/** What events change. The address is written once: no event of this slice changes it. */
function userColumns({ status, profile, role }: User) {
  return { ...profile, role, isActive: status === 'active' };
}
