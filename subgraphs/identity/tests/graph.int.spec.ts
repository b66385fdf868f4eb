import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymous, type Caller } from '@storytelling/shared/graphql/caller';
import { email } from '@storytelling/shared/value-objects/email';
import { language } from '@storytelling/shared/value-objects/language';
import { type UserId, userId } from '@storytelling/shared/value-objects/user-id';
import { graphql } from 'graphql';
import { openSession } from '../src/domain/session.js';
import { authenticate, changeProfile, evolve, register, revokeSession, type User } from '../src/domain/user.js';
import { identityGraph } from '../src/graphql/context.js';
import { identitySchema } from '../src/graphql/schema.js';
import { userOf } from '../src/infrastructure/prisma-users.js';
import { accountQueries } from '../src/infrastructure/account-queries.js';
import { roleQueries } from '../src/infrastructure/role-queries.js';
import { dataExportQueries } from '../src/infrastructure/data-export-queries.js';
import { erasureQueries } from '../src/infrastructure/erasure-queries.js';
import { sessionQueries } from '../src/infrastructure/session-queries.js';
import { userQueries } from '../src/infrastructure/user-queries.js';
import { type IdentityDatabase, identityDatabase } from './identity-database.js';
import { identityOn } from './identity-ports.js';

const entities = `query ($users: [_Any!]!) {
  _entities(representations: $users) { ... on User { id email role profile { displayName firstName } language isActive createdAt } }
}`;

describe('users in the graph', () => {
  const schema = identitySchema();
  let database: IdentityDatabase;
  let ids: UserId[];
  beforeAll(async () => {
    database = await identityDatabase();
    ids = await Promise.all(Array.from({ length: 50 }, (_, n) => someone(`User ${n}`)));
  });
  afterAll(() => database.close());

  async function someone(displayName: string): Promise<UserId> {
    const id = userId(randomUUID());
    const session = openSession(
      { id: randomUUID(), userId: id, tokenHash: '1'.repeat(64), clientAddressTag: 'a'.repeat(64), device: null },
      new Date(),
    );
    const registration = {
      id,
      email: email(`${id}@example.org`),
      displayName,
      firstName: 'First',
      lastName: null,
      language: language('en'),
    };
    await database.users.add(id, register(registration), { session, passwordHash: '$argon2id$' });
    await database.users.update(id, (user) => authenticate(user, 'password'));
    await database.users.update(id, (user) => changeProfile(user, { lastName: 'Last', language: language('pt-BR') }));
    await database.users.updateSession(id, session.id, (user, found) => revokeSession(user, found, 'sign-out'));
    return id;
  }

  async function ask(source: string, caller: Caller, variableValues: Record<string, unknown> = {}) {
    const queries = {
      ...userQueries(database.prisma),
      ...sessionQueries(database.prisma, () => new Date()),
      ...roleQueries(database.prisma),
      ...accountQueries(database.prisma),
      ...erasureQueries(database.prisma),
      ...dataExportQueries(database.prisma),
    };
    const { verbs } = identityOn(database);
    const notHere = () => Promise.reject(new Error('not in this test'));
    const contextValue = identityGraph({ verbs, queries, media: notHere, archiveOf: notHere, now: () => new Date() }, caller);
    const { data, errors } = await graphql({ schema, source, variableValues, contextValue });
    // Null-prototype objects of graphql-js, as a client would get them.
    return { data: JSON.parse(JSON.stringify(data ?? null)), errors };
  }
  const member = (id: UserId): Caller => ({ kind: 'user', userId: id, role: 'member', permissions: [], sessionId: randomUUID() });
  const support: Caller = { kind: 'user', userId: userId('support-0001'), role: 'customer-support', permissions: ['user:read'] };
  const references = (wanted: readonly string[]) => ({ users: wanted.map((id) => ({ __typename: 'User', id })) });

  it('cost one statement, whether one or fifty are referred to', async () => {
    expect(await database.statementsOf(() => ask(entities, anonymous, references(ids.slice(0, 1))))).toBe(1);
    expect(await database.statementsOf(() => ask(entities, anonymous, references(ids)))).toBe(1);
  });

  it('come in the order of the references; one that nobody has is null', async () => {
    const wanted = [ids[7], 'nobody-at-all', ids[3], ids[7]].map(String);
    const { data, errors } = await ask(entities, anonymous, references(wanted));
    expect(errors).toBeUndefined();
    expect(data._entities.map((user: { id: string } | null) => user?.id ?? null)).toEqual([ids[7], null, ids[3], ids[7]]);
  });

  it('show what is private to themselves, support and admins only, by reference and by root field alike', async () => {
    const [ada, bob] = [String(ids[0]), String(ids[1])].map(userId);
    const query = 'query ($id: ID!) { user(id: $id) { id email role profile { displayName firstName lastName } } }';
    const seenBy = async (caller: Caller) => {
      const root = await ask(query, caller, { id: ada });
      const reference = await ask(entities, caller, references([String(ada)]));
      expect(root.errors ?? reference.errors).toBeUndefined();
      expect(reference.data._entities[0].email).toBe(root.data.user.email);
      expect(reference.data._entities[0].role).toBe(root.data.user.role);
      return root.data.user;
    };
    const open = { id: ada, email: null, role: null, profile: { displayName: 'User 0', firstName: null, lastName: null } };
    const all = {
      id: ada,
      email: `${ada}@example.org`,
      role: 'MEMBER',
      profile: { displayName: 'User 0', firstName: 'First', lastName: 'Last' },
    };
    if (!ada || !bob) throw new Error('no users');
    for (const caller of [anonymous, member(bob), { kind: 'guest', permissions: [] } as const]) expect(await seenBy(caller)).toEqual(open);
    for (const caller of [member(ada), support]) expect(await seenBy(caller)).toEqual(all);
  });

  it('list their live sessions to themselves alone, and end one when they say so', async () => {
    const id = await someone('Ada');
    const now = new Date();
    const open = async (device: string | null, from = now) => {
      const opened = { id: randomUUID(), userId: id, tokenHash: '2'.repeat(64), clientAddressTag: 'a'.repeat(64), device };
      await database.users.update(id, (user) => authenticate(user, 'password'), { session: openSession(opened, from) });
      return opened.id;
    };
    const [here, there] = [await open('Firefox on Windows'), await open(null, new Date(now.getTime() - 1_000))];
    await open('long gone', new Date(now.getTime() - 31 * 24 * 60 * 60 * 1_000));
    const caller: Caller = { ...member(id), sessionId: here };
    const list = 'query ($id: ID!) { user(id: $id) { sessions { id client isCurrent createdAt lastUsedAt } } }';
    const both = [
      expect.objectContaining({ id: here, client: 'Firefox on Windows', isCurrent: true, lastUsedAt: now.toISOString() }),
      expect.objectContaining({ id: there, client: null, isCurrent: false }),
    ];
    expect((await ask(list, caller, { id })).data.user.sessions).toEqual(both);
    const others: Caller[] = [anonymous, member(userId(String(ids[0]))), support, { ...caller, kind: 'guest' }];
    for (const other of others) expect((await ask(list, other, { id })).data.user.sessions).toBeNull();
    const twenty = Array.from({ length: 20 }, () => id);
    const cost = await database.statementsOf(() =>
      ask(
        'query ($users: [_Any!]!) { _entities(representations: $users) { ... on User { sessions { id } } } }',
        caller,
        references(twenty),
      ),
    );
    expect(cost).toBe(2);

    const revoke = 'mutation ($sessionId: ID!) { revokeSession(input: { sessionId: $sessionId }) { sessions { id } } }';
    const stranger = await ask(revoke, member(userId(String(ids[0]))), { sessionId: there });
    expect(stranger.errors?.[0]?.originalError).toMatchObject({ code: 'SESSION_NOT_FOUND' });
    for (const sessionId of ['', '\u0000', randomUUID()]) {
      expect((await ask(revoke, caller, { sessionId })).errors?.[0]?.originalError).toMatchObject({ code: 'SESSION_NOT_FOUND' });
    }
    for (let time = 0; time < 2; time += 1)
      expect((await ask(revoke, caller, { sessionId: there })).data).toEqual({ revokeSession: { sessions: [{ id: here }] } });
    const ended = (await database.events(id)).filter(({ type, data }) => type === 'SessionRevoked' && data.sessionId === there);
    expect(ended).toEqual([{ type: 'SessionRevoked', data: { userId: id, sessionId: there, reason: 'revoked' } }]);
  });

  it('name somebody whose name was erased “Deleted user”', async () => {
    const id = await someone('To be erased');
    await database.pool.query('UPDATE users SET display_name = NULL WHERE id = $1', [id]);
    const { data } = await ask(entities, anonymous, references([id]));
    expect(data._entities[0].profile.displayName).toBe('Deleted user');
  });

  it('are nobody for a stranger who asks for me', async () => {
    expect((await ask('{ me { id } }', anonymous)).data).toEqual({ me: null });
    expect((await ask('{ me { id } }', member(userId(String(ids[0]))))).data).toEqual({ me: { id: ids[0] } });
  });

  it('are answered by each mutation of a request as that mutation left them', async () => {
    const { data, errors } = await ask(
      `mutation {
        a: updateProfile(input: { displayName: "One" }) { profile { displayName } }
        b: updateProfile(input: { displayName: "Two" }) { profile { displayName } }
      }`,
      member(await someone('Zero')),
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({ a: { profile: { displayName: 'One' } }, b: { profile: { displayName: 'Two' } } });
  });

  it('are in their rows what their events fold to', async () => {
    const records = await database.prisma.userRecord.findMany({ include: { oauthProviders: true } });
    expect(records.length).toBeGreaterThanOrEqual(50);
    for (const record of records) {
      const events = await database.events(record.id as UserId);
      const folded = events.reduce<User | undefined>(evolve, undefined);
      const isErasedByHand = record.displayName === null;
      if (!isErasedByHand) expect(userOf(record)).toEqual(folded);
      expect(record.streamVersion).toBe(events.length);
    }
    const revoked = await database.prisma.sessionRecord.count({ where: { revokedReason: 'sign-out' } });
    expect(revoked).toBe(records.length);
  });

  it('have each type and field described', () => {
    const undescribed = Object.values(schema.getTypeMap()).flatMap((type) => {
      if (/^_|^(Query|Mutation|Subscription)$/.test(type.name) || ['ID', 'String', 'Int', 'Float', 'Boolean'].includes(type.name))
        return [];
      const fields = 'getFields' in type ? Object.values(type.getFields()) : [];
      return [type, ...fields].filter(({ description }) => !description).map(({ name }) => `${type.name}.${name}`);
    });
    expect(undescribed.filter((name) => !name.startsWith('federation__') && !name.startsWith('link__'))).toEqual([]);
  });
});
