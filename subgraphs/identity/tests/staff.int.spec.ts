import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymous, type Caller, type Role } from '@storytelling/shared/graphql/caller';
import { unitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { type UserId, userId } from '@storytelling/shared/value-objects/user-id';
import { graphql } from 'graphql';
import { assignRole, deactivate, operator } from '../src/domain/authority.js';
import type { UserRole } from '../src/domain/user.js';
import { identityGraph } from '../src/graphql/context.js';
import { identitySchema } from '../src/graphql/schema.js';
import { accountQueries } from '../src/infrastructure/account-queries.js';
import { prismaStaff } from '../src/infrastructure/prisma-staff.js';
import { dataExportQueries } from '../src/infrastructure/data-export-queries.js';
import { erasureQueries } from '../src/infrastructure/erasure-queries.js';
import { roleQueries } from '../src/infrastructure/role-queries.js';
import { sessionQueries } from '../src/infrastructure/session-queries.js';
import { totp } from '../src/infrastructure/totp.js';
import { userQueries } from '../src/infrastructure/user-queries.js';
import { type IdentityDatabase, identityDatabase } from './identity-database.js';
import { identityOn } from './identity-ports.js';

describe('who may do what, in PostgreSQL', () => {
  const schema = identitySchema();
  let database: IdentityDatabase;
  let verbs: ReturnType<typeof identityOn>['verbs'];
  let staff: ReturnType<typeof prismaStaff>;
  let time = Date.now();
  const now = () => new Date(time);
  const home = { address: '192.0.2.1', device: null };
  const password = 'a tale of two cities';
  const refusal = (code: string) => expect.objectContaining({ code });
  const codeOf = (error: unknown) => (error as { code?: string } | undefined)?.code;
  /** Secrets of second factors, which the verbs make. */
  const secrets: Uint8Array[] = [];

  beforeAll(async () => {
    database = await identityDatabase();
    const oneTimeCodes = {
      ...totp,
      newSecret: () => {
        secrets.push(totp.newSecret());
        return secrets.at(-1) ?? new Uint8Array();
      },
    };
    verbs = identityOn(database, { now, oneTimeCodes }).verbs;
    staff = prismaStaff({ client: database.prisma, transact: unitOfWork(database.prisma, () => undefined), now });
  });
  afterAll(() => database.close());

  async function somebody(role: UserRole = 'member'): Promise<{ id: UserId; email: string }> {
    const email = `${randomUUID()}@example.org`;
    const { userId: id } = await verbs.register({ email, password, displayName: `The ${role}` }, home);
    if (role !== 'member') await staff.changeUser(operator.id, id, (given) => assignRole(given, role, null));
    return { id, email };
  }
  /** With a second factor, whose next code is given each time. */
  async function enrolled(role: UserRole) {
    const { id, email } = await somebody(role);
    await verbs.beginSecondFactor(id);
    const secret = secrets.at(-1) ?? new Uint8Array();
    const secondFactorCode = () => {
      time += 30_000;
      return totp.codeAt(secret, Math.floor(time / 30_000));
    };
    await verbs.confirmSecondFactor(id, { code: secondFactorCode(), password }, home);
    return { id, email, secondFactorCode };
  }
  const roleOf = async (id: UserId) => (await database.prisma.userRecord.findUniqueOrThrow({ where: { id } })).role;
  const superAdmins = () => database.prisma.userRecord.count({ where: { role: 'super-admin', isActive: true } });
  const noSuperAdmins = () => database.pool.query("UPDATE users SET role = 'member' WHERE role = 'super-admin'");

  it('is decided by the database, not by what a token said: a role holds at once', async () => {
    const [boss, admin, member] = [await enrolled('super-admin'), await somebody('admin'), await somebody()];
    await verbs.assignRole(admin.id, { userId: member.id, role: 'content-moderator', reason: 'asked for it' }, home);
    expect((await database.events(member.id)).at(-1)).toEqual({
      type: 'RoleAssigned',
      data: { userId: member.id, role: 'content-moderator', previousRole: 'member', assignedBy: admin.id, reason: 'asked for it' },
    });
    const demote = { userId: admin.id, role: 'member' as const };
    await verbs.assignRole(boss.id, { ...demote, secondFactorCode: boss.secondFactorCode() }, home);
    await expect(verbs.assignRole(admin.id, { userId: member.id, role: 'member' }, home)).rejects.toThrow(refusal('NOT_ALLOWED'));
    expect(await roleOf(member.id)).toBe('content-moderator');
  });

  it('takes the second factor of whoever has one, and super-admins must have one', async () => {
    const [bare, boss, admin, member] = [
      await somebody('super-admin'),
      await enrolled('super-admin'),
      await enrolled('admin'),
      await somebody(),
    ];
    const input = { userId: member.id, role: 'admin' as const };
    const permission = { roleId: 'customer-support', resource: 'story', action: 'moderate' };
    await expect(verbs.assignRole(bare.id, input, home)).rejects.toThrow(refusal('SECOND_FACTOR_MISSING'));
    await expect(verbs.grantPermission(bare.id, permission, home)).rejects.toThrow(refusal('SECOND_FACTOR_MISSING'));
    for (const who of [boss, admin]) {
      await expect(verbs.assignRole(who.id, input, home)).rejects.toThrow(refusal('SECOND_FACTOR_REQUIRED'));
      await expect(verbs.assignRole(who.id, { ...input, secondFactorCode: '123' }, home)).rejects.toThrow(refusal('SECOND_FACTOR_WRONG'));
    }
    await expect(verbs.grantPermission(boss.id, permission, home)).rejects.toThrow(refusal('SECOND_FACTOR_REQUIRED'));
    expect(await roleOf(member.id)).toBe('member');
    await verbs.assignRole(admin.id, { ...input, secondFactorCode: admin.secondFactorCode() }, home);
    expect(await roleOf(member.id)).toBe('admin');
    // Whoever may not do it at all is told that first, and spends no code.
    await expect(verbs.grantPermission(admin.id, permission, home)).rejects.toThrow(refusal('NOT_ALLOWED'));
  });

  it('refuses whom nobody is, by a field of the input', async () => {
    const admin = await somebody('admin');
    for (const wanted of ['nobody-at-all', '', '\u0000']) {
      await expect(verbs.assignRole(admin.id, { userId: wanted, role: 'member' }, home)).rejects.toMatchObject({
        code: 'USER_NOT_FOUND',
        field: 'userId',
      });
      await expect(verbs.deactivateUser(admin.id, { userId: wanted, reason: 'x' })).rejects.toMatchObject({ field: 'userId' });
    }
  });

  it('leaves one of two super-admins who demote each other at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      await noSuperAdmins();
      const [one, other] = [await somebody('super-admin'), await somebody('super-admin')];
      const demote = (by: UserId, whom: UserId) => staff.changeUser(by, whom, (given) => assignRole(given, 'member', null));
      const outcomes = await Promise.allSettled([demote(one.id, other.id), demote(other.id, one.id)]);
      expect(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [codeOf(outcome.reason)] : []))).toEqual(['NOT_ALLOWED']);
      expect(await superAdmins()).toBe(1);
    }
  });

  it('leaves one of two super-admins who leave at once, whichever way', async () => {
    for (let round = 0; round < 5; round += 1) {
      await noSuperAdmins();
      const [one, other] = [await somebody('super-admin'), await somebody('super-admin')];
      const outcomes = await Promise.allSettled([
        staff.changeUser(one.id, one.id, (given) => assignRole(given, 'member', null)),
        staff.changeUser(other.id, other.id, (given, sessions) => deactivate(given, sessions, 'enough')),
      ]);
      expect(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [codeOf(outcome.reason)] : []))).toEqual(['LAST_SUPER_ADMIN']);
      expect(await superAdmins()).toBe(1);
    }
  });

  it('ends every session of a closed account, those that are being opened included', async () => {
    const [admin, member] = [await somebody('admin'), await somebody()];
    const signIn = () => verbs.signIn({ email: member.email, password }, home);
    const session = await signIn();
    const outcomes = await Promise.allSettled([
      signIn(),
      verbs.deactivateUser(admin.id, { userId: member.id, reason: 'spam' }),
      signIn(),
      signIn(),
    ]);
    expect(outcomes[1]?.status).toBe('fulfilled');
    await expect(signIn()).rejects.toThrow(refusal('ACCOUNT_DEACTIVATED'));
    await expect(verbs.refreshSession({ refreshToken: session.refreshToken })).rejects.toThrow(refusal('SESSION_ENDED'));
    expect(await database.prisma.sessionRecord.count({ where: { userId: member.id, revokedAt: null } })).toBe(0);
    const ends = (await database.events(member.id)).filter(({ type }) => type === 'UserDeactivated' || type === 'SessionRevoked');
    expect(ends[0]).toEqual({ type: 'UserDeactivated', data: { userId: member.id, reason: 'spam' } });
    expect(ends.slice(1).every(({ data }) => 'reason' in data && data.reason === 'deactivated')).toBe(true);
    await verbs.deactivateUser(admin.id, { userId: member.id, reason: 'again' });
    expect((await database.events(member.id)).filter(({ type }) => type === 'UserDeactivated')).toHaveLength(1);
  });

  it('changes what a role may do once, however many change it at once, by events that fold to the rows', async () => {
    const seeded = await database.pool.query<{ role_id: string; permission_id: string }>(
      'SELECT role_id, permission_id FROM role_permissions',
    );
    const boss = await enrolled('super-admin');
    const of = { roleId: 'customer-support', resource: 'story', action: 'moderate' };
    await verbs.grantPermission(boss.id, { ...of, secondFactorCode: boss.secondFactorCode() }, home);
    await verbs.revokePermission(boss.id, { ...of, secondFactorCode: boss.secondFactorCode() }, home);
    const { grantPermission } = await import('../src/domain/authority.js');
    await Promise.all([1, 2, 3].map(() => staff.changePermission(boss.id, of, grantPermission)));
    const { rows: events } = await database.pool.query<{ event_type: string; event_data: typeof of }>(
      "SELECT event_type, event_data FROM backbone.event_store WHERE stream_id = 'identity.Permission-story:moderate' ORDER BY event_version",
    );
    expect(events.map(({ event_type: type }) => type)).toEqual(['PermissionGranted', 'PermissionRevoked', 'PermissionGranted']);

    const folded = new Set(seeded.rows.map((row) => `${row.role_id} ${row.permission_id}`));
    for (const { event_type: type, event_data: data } of events) {
      const pair = `${data.roleId} ${data.resource}:${data.action}`;
      if (type === 'PermissionGranted') folded.add(pair);
      else folded.delete(pair);
    }
    const { rows } = await database.pool.query<{ pair: string }>("SELECT role_id || ' ' || permission_id AS pair FROM role_permissions");
    expect(new Set(rows.map(({ pair }) => pair))).toEqual(folded);
  });

  it('gives super-admins every permission there is, and has none that nobody asks for', async () => {
    const { roles, permissions } = await staff.look(userId('nobody-at-all'));
    expect(roles.get('super-admin')).toEqual(permissions);
    // Each has a place that asks for it; user:erase in the verb that erases, story:moderate in the context story.
    expect([...permissions].sort()).toEqual([
      'permission:grant',
      'role:assign',
      'story:moderate',
      'user:deactivate',
      'user:erase',
      'user:read',
    ]);
  });

  // ── the graph ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async function ask(source: string, caller: Caller, variableValues: Record<string, unknown> = {}) {
    const { prisma } = database;
    const queries = {
      ...userQueries(prisma),
      ...sessionQueries(prisma, now),
      ...roleQueries(prisma),
      ...accountQueries(prisma),
      ...erasureQueries(prisma),
      ...dataExportQueries(prisma),
    };
    const media = () => Promise.reject(new Error('not in this test'));
    const contextValue = identityGraph({ verbs, queries, media, archiveOf: media, now: () => new Date() }, caller);
    const { data, errors } = await graphql({ schema, source, variableValues, contextValue });
    return { data: JSON.parse(JSON.stringify(data ?? null)), code: codeOf(errors?.[0]?.originalError), errors };
  }
  const caller = (role: Role, permissions: string[], id = userId('somebody-0001')): Caller => ({
    kind: 'user',
    userId: id,
    role,
    permissions,
  });
  const support = caller('customer-support', ['user:read']);
  const admin = caller('admin', ['user:read', 'role:assign']);

  it('is seen by staff alone, by root field and by reference', async () => {
    const roles = '{ roles { id name isSystem permissions { id resource action description } } }';
    const entities = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Role { id permissions { id } } ... on Permission { id action } } }`;
    const of = ['Role admin', 'Permission story:moderate', 'Role \u0000', 'Permission none'].map((text) => {
      const [typename, id] = text.split(' ');
      return { __typename: typename, id };
    });
    for (const seeing of [support, admin, caller('admin', ['permission:grant'])]) {
      const { data } = await ask(roles, seeing);
      expect(data.roles.map(({ id }: { id: string }) => id)).toEqual([
        'admin',
        'content-moderator',
        'customer-support',
        'member',
        'super-admin',
      ]);
      expect(data.roles[1]).toMatchObject({
        isSystem: true,
        permissions: [{ id: 'story:moderate', resource: 'story', action: 'moderate' }],
      });
      const references = await ask(entities, seeing, { of });
      expect(references.data._entities).toEqual([
        expect.objectContaining({ id: 'admin' }),
        { id: 'story:moderate', action: 'moderate' },
        null,
        null,
      ]);
    }
    const strangers: [Caller, string][] = [
      [anonymous, 'SIGN_IN_REQUIRED'],
      [caller('member', []), 'NOT_ALLOWED'],
      [caller('content-moderator', ['story:moderate']), 'NOT_ALLOWED'],
    ];
    for (const [stranger, code] of strangers) {
      expect(await ask(roles, stranger)).toMatchObject({ data: { roles: null }, code });
      expect((await ask(entities, stranger, { of })).data._entities).toEqual([null, null, null, null]);
    }
    expect(await database.statementsOf(() => ask(roles, admin))).toBe(2);
  });

  it('finds users for support and admins, by how an address or a name begins, a page at a time', async () => {
    const unlike = randomUUID().slice(0, 8);
    const created: string[] = [];
    for (const displayName of [`Zoë ${unlike}`, `zoë 100% ${unlike}`, `Zoe_ ${unlike}`]) {
      time += 1_000;
      const registered = await identityOn(database, { now }).verbs.register(
        { email: `${unlike}-${created.length}@example.org`, password, displayName, lastName: `O'${unlike}` },
        { ...home, address: randomUUID() },
      );
      await database.pool.query('UPDATE users SET created_at = $2 WHERE id = $1', [registered.userId, now()]);
      created.unshift(registered.userId);
    }
    const list = `query ($search: String, $first: Int, $after: String, $last: Int, $before: String) {
      users(search: $search, first: $first, after: $after, last: $last, before: $before) {
        nodes { id email role } edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor } } }`;
    const found = async (search: string) => (await ask(list, support, { search })).data.users.nodes.map(({ id }: { id: string }) => id);
    expect(await found(unlike.toUpperCase())).toEqual(created);
    expect(await found(`o'${unlike}`)).toEqual(created);
    expect(await found('ZOË 100%')).toEqual([created[1]]);
    expect(await found('zoe_')).toEqual([created[0]]);
    expect(await found('zoe%')).toEqual([]);
    expect(await found('\\')).toEqual([]);

    const first = (await ask(list, support, { search: unlike, first: 2 })).data.users;
    expect(first.nodes.map(({ id, role }: { id: string; role: string }) => [id, role])).toEqual(
      created.slice(0, 2).map((id) => [id, 'MEMBER']),
    );
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const rest = (await ask(list, support, { search: unlike, first: 2, after: first.pageInfo.endCursor })).data.users;
    expect(rest.nodes.map(({ id }: { id: string }) => id)).toEqual(created.slice(2));
    const back = (await ask(list, support, { search: unlike, last: 1, before: rest.edges[0].cursor })).data.users;
    expect(back.nodes.map(({ id }: { id: string }) => id)).toEqual([created[1]]);

    expect(await ask(list, caller('member', []))).toMatchObject({ data: { users: null }, code: 'NOT_ALLOWED' });
    expect(await ask(list, anonymous)).toMatchObject({ code: 'SIGN_IN_REQUIRED' });
    expect(await ask(list, support, { search: '\u0000' })).toMatchObject({ code: 'TEXT_UNREADABLE' });
    expect(await ask(list, support, { search: 'x'.repeat(256) })).toMatchObject({ code: 'SEARCH_TOO_LONG' });
    const invented = Buffer.from('["2026-13-45","x"]').toString('base64url');
    expect(await ask(list, support, { after: invented })).toMatchObject({ code: 'CURSOR_INVALID' });
    expect(await database.statementsOf(() => ask(list, support, { first: 100 }))).toBe(2);
  });

  it('finds them by indexes', async () => {
    await database.pool.query(
      `INSERT INTO users (id, email, display_name, first_name, last_name, stream_version, created_at)
       SELECT 'explained-' || n, md5(n::text) || '@example.org', md5('d' || n), md5('f' || n), md5('l' || n), 1, now() - n * interval '1 minute'
       FROM generate_series(1, 10000) AS n`,
    );
    await database.pool.query('ANALYZE users');
    let sent = { query: '', params: '[]' };
    database.prisma.$on('query', (event) => {
      if (event.query.includes('FROM users')) sent = event;
    });
    await accountQueries(database.prisma).searchAccounts('abcd', { limit: 20, backward: false });
    await new Promise((resolve) => setImmediate(resolve));
    const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sent.query}`, JSON.parse(sent.params) as unknown[]);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    for (const index of ['email', 'display_name', 'first_name', 'last_name']) expect(plan).toContain(`users_${index}_prefix_idx`);
    await database.pool.query("DELETE FROM users WHERE id LIKE 'explained-%'");
  });

  it('is changed through the graph, and answered as the change left it', async () => {
    const boss = await enrolled('super-admin');
    const member = await somebody();
    const me = caller('super-admin', ['user:read'], boss.id);
    const assign = 'mutation ($input: AssignRoleInput!) { assignRole(input: $input) { id role } }';
    const input = { userId: member.id, role: 'CUSTOMER_SUPPORT', reason: 'hired', secondFactorCode: boss.secondFactorCode() };
    expect((await ask(assign, me, { input })).data).toEqual({ assignRole: { id: member.id, role: 'CUSTOMER_SUPPORT' } });
    const revoke = 'mutation ($input: PermissionInput!) { revokePermission(input: $input) { id permissions { id } } }';
    const permission = { roleId: 'customer-support', resource: 'story', action: 'moderate', secondFactorCode: boss.secondFactorCode() };
    expect((await ask(revoke, me, { input: permission })).data).toEqual({
      revokePermission: { id: 'customer-support', permissions: [{ id: 'user:read' }] },
    });
    const close = 'mutation ($input: DeactivateUserInput!) { deactivateUser(input: $input) { id isActive } }';
    expect((await ask(close, me, { input: { userId: member.id, reason: 'fired' } })).data).toEqual({
      deactivateUser: { id: member.id, isActive: false },
    });
    for (const [mutation, given] of [
      [assign, { input }],
      [revoke, { input: permission }],
      [close, { input: { userId: member.id, reason: 'x' } }],
    ] as const) {
      expect((await ask(mutation, anonymous, given)).code).toBe('SIGN_IN_REQUIRED');
      // A token that says everything, of somebody whom the database knows as a member.
      const forged = caller('super-admin', ['role:assign', 'permission:grant', 'user:deactivate'], (await somebody()).id);
      expect((await ask(mutation, forged, given)).code).toBe('NOT_ALLOWED');
    }
  });
});
