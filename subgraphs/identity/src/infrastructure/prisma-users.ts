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
import type { EmailTokenPurpose } from '../domain/email-tokens.js';
import type { OAuthProviderRecord, Prisma, PrismaClient, UserRecord } from '../generated/prisma/client.js';
import type { LetterBox } from './letter-box.js';
import { emailTokenHash } from './prisma-email-tokens.js';
import { sessionColumns, sessionOf } from './prisma-sessions.js';

export const userStream = (id: string) => stream('identity', 'User', id);

type Tx = Prisma.TransactionClient;

interface LockedUser {
  readonly user: User;
  readonly version: number;
}

const withProviders = { oauthProviders: { orderBy: { id: 'asc' } } } as const;

/** The one row lock per aggregate. What belongs to a user is locked after it, never before: no two verbs can wait for each other. */
export async function lockUser(tx: Tx, id: UserId, field?: string): Promise<LockedUser> {
  await tx.$queryRaw`SELECT 1 FROM users WHERE id = ${id} FOR UPDATE`;
  const record = await tx.userRecord.findUnique({ where: { id }, include: withProviders });
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
  await saveRest(tx, user.id, events, now);
}

/** What events change beside the user's own row. */
async function saveRest(tx: Tx, userId: UserId, events: readonly UserEvent[], now: Date): Promise<void> {
  const spendTokens = (purpose: EmailTokenPurpose) =>
    tx.emailTokenRecord.updateMany({ where: { userId, purpose, usedAt: null }, data: { usedAt: now } });
  for (const event of events) {
    switch (event.type) {
      case 'SessionRevoked':
        await tx.sessionRecord.update({ where: { id: event.data.sessionId }, data: { revokedAt: now, revokedReason: event.data.reason } });
        break;
      // Mails that were asked for before this have nothing left to do.
      case 'EmailVerified':
        await spendTokens('verify-email');
        break;
      case 'PasswordChanged':
        await spendTokens('reset-password');
        break;
      case 'ProviderLinked': {
        const { provider, subject } = event.data;
        if (subject === null) throw new Error('A provider is linked by a subject.');
        const data = [{ userId, provider, providerId: subject, createdAt: now }];
        const { count } = await tx.oAuthProviderRecord.createMany({ data, skipDuplicates: true });
        if (count === 0) throw refuse.PROVIDER_ALREADY_LINKED();
        break;
      }
      case 'ProviderUnlinked':
        await tx.oAuthProviderRecord.deleteMany({ where: { userId, provider: event.data.provider } });
        break;
      case 'SecondFactorDisabled':
        await tx.secondFactorRecord.deleteMany({ where: { userId } });
        break;
      case 'UserRegistered':
      case 'ProfileChanged':
      case 'NameChanged':
      case 'UserAuthenticated':
      case 'SecondFactorEnabled':
      case 'RecoveryCodeSpent':
      case 'RoleAssigned':
      case 'UserDeactivated':
      // Everything goes with the row: prisma-erasures.ts.
      case 'UserErased':
        break;
    }
  }
}

export function prismaUsers({
  client,
  transact,
  letterBox,
  now,
}: {
  client: PrismaClient;
  transact: UnitOfWork<Tx>;
  letterBox: Pick<LetterBox, 'post'>;
  now: () => Date;
}): Users {
  /** In the user's row lock, so that of two who present one token the second finds it spent. */
  async function spend(tx: Tx, userId: UserId, { spends }: Beside): Promise<void> {
    if (!spends) return;
    const { count } = await tx.emailTokenRecord.updateMany({
      where: { hash: emailTokenHash(spends.token), purpose: spends.purpose, userId, usedAt: null, expiresAt: { gt: now() } },
      data: { usedAt: now() },
    });
    if (count === 0) throw refuse.EMAIL_TOKEN_INVALID();
  }

  async function saveBeside(tx: Tx, userId: UserId, { session, passwordHash: hash, letters = [] }: Beside): Promise<void> {
    for (const letter of letters) await letterBox.post(tx, letter);
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
        await saveRest(tx, id, events, now());
        await saveBeside(tx, id, beside);
        return id;
      });
      return id;
    },

    async update(id, decide, beside = {}) {
      await transact(async (tx) => {
        const locked = await lockUser(tx, id);
        await spend(tx, id, beside);
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

    async updateSessions(id, decide, beside = {}) {
      await transact(async (tx) => {
        const locked = await lockUser(tx, id);
        await spend(tx, id, beside);
        await tx.$queryRaw`SELECT 1 FROM sessions WHERE user_id = ${id} AND revoked_at IS NULL ORDER BY id FOR UPDATE`;
        const records = await tx.sessionRecord.findMany({ where: { userId: id, revokedAt: null, expiresAt: { gt: now() } } });
        await saveUser(tx, locked, decide(locked.user, records.map(sessionOf)), now());
        await saveBeside(tx, id, beside);
        return id;
      });
      return id;
    },

    async byId(id) {
      const record = await client.userRecord.findUnique({ where: { id }, include: withProviders });
      return record ? userOf(record) : undefined;
    },

    async byEmail(email) {
      const record = await client.userRecord.findUnique({ where: { email }, include: withProviders });
      return record ? userOf(record) : undefined;
    },

    async byProvider({ provider, subject }) {
      const link = await client.oAuthProviderRecord.findUnique({
        where: { provider_providerId: { provider, providerId: subject } },
        select: { userId: true },
      });
      return link?.userId as UserId | undefined;
    },

    async passwordHash(id) {
      const record = await client.passwordRecord.findUnique({ where: { userId: id }, select: { hash: true } });
      return record?.hash;
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

export function userOf(record: UserRecord & { readonly oauthProviders: readonly OAuthProviderRecord[] }): User {
  return {
    status: record.erasedAt ? 'erased' : record.isActive ? 'active' : 'deactivated',
    id: record.id as UserId,
    email: record.email as Email | null,
    profile: {
      displayName: record.displayName,
      firstName: record.firstName,
      lastName: record.lastName,
      language: record.language as Language,
      imageKey: record.imageKey,
    },
    role: record.role as UserRole,
    isEmailVerified: record.isEmailVerified,
    providers: record.oauthProviders.map(({ provider, providerId }) => ({ provider, subject: providerId })),
  };
}

/** What events change. The address is written once: no event of this slice changes it. */
function userColumns({ status, profile, role, isEmailVerified }: User) {
  return { ...profile, role, isEmailVerified, isActive: status === 'active' };
}
