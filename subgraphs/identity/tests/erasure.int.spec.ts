import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { contextsWithPersonalData, erasureCompletedIn } from '@storytelling/shared/domain-events/personal-data';
import { openEmbeddedLog } from '@storytelling/shared/infrastructure/embedded-log';
import { type EventBus, topicOf } from '@storytelling/shared/infrastructure/event-bus';
import type { Caller } from '@storytelling/shared/graphql/caller';
import { gatewayTokens, newGatewayKey } from '@storytelling/shared/infrastructure/gateway-token';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import type { RunningService } from '@storytelling/shared/infrastructure/run-service';
import { type TestDatabase, testDatabase } from '@storytelling/shared/testing/database';
import { type TestObjectStore, testObjectStore } from '@storytelling/shared/testing/object-store';
import { userId } from '@storytelling/shared/value-objects/user-id';
import type pg from 'pg';
import { startIdentity } from '../src/service.js';
import { testPool } from './identity-database.js';

const register = 'mutation ($input: RegisterInput!) { register(input: $input) { refreshToken user { id } } }';
const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { user { id } } }';
const refreshSession = 'mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken } }';
const updateProfile = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }';
const eraseUser = 'mutation ($input: EraseUserInput!) { eraseUser(input: $input) { id status contexts { context status finishedAt } } }';
const readErasure = 'query ($id: ID!) { erasure(id: $id) { id status contexts { context status finishedAt } } }';
const readUser = 'query ($id: ID!) { user(id: $id) { id email isActive profile { displayName firstName } } }';

interface Erasure {
  id: string;
  status: string;
  contexts: { context: string; status: string; finishedAt: string | null }[];
}

describe('erasing a user', () => {
  let database: TestDatabase;
  let log: TestDatabase;
  let objects: TestObjectStore;
  let pool: pg.Pool;
  let bus: EventBus;
  let service: RunningService;
  let issue: (caller: Caller) => Promise<string>;
  const password = 'a tale of two cities';

  beforeAll(async () => {
    [database, log] = await Promise.all([testDatabase('identity'), testDatabase('backbone')]);
    const tokens = await gatewayTokens(await newGatewayKey());
    issue = (caller) => tokens.issue('identity', caller, randomUUID());
    objects = testObjectStore();
    service = await startIdentity({
      ...objects.settings,
      DATABASE_URL: database.url,
      EVENT_BUS_URL: `embedded:${log.url}`,
      GATEWAY_JWKS: JSON.stringify(tokens.jwks),
      KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      LOG_LEVEL: 'silent',
    });
    pool = testPool(database.url);
    bus = await openEmbeddedLog({ url: log.url, log: createLogger('test', 'silent') });
  });
  afterAll(async () => {
    await service.stop();
    await bus.close();
    await pool.end();
    await database.drop();
    await log.drop();
    objects.drop();
  });

  async function ask(query: string, variables: object, caller: Caller = { kind: 'anonymous', permissions: [] }) {
    const response = await fetch(service.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await issue(caller)}`, 'x-client-address': randomUUID() },
      body: JSON.stringify({ query, variables }),
    });
    return JSON.parse(await response.text());
  }
  const asUser = (id: string, more: Partial<Caller> = {}): Caller => ({
    ...{ kind: 'user', userId: userId(id), sessionId: randomUUID(), role: 'member', permissions: [] },
    ...more,
  });
  const asAdmin = (id: string): Caller => asUser(id, { role: 'admin', permissions: ['user:erase', 'user:read'] });
  async function person(role = 'member') {
    const input = {
      email: `ada-${randomUUID()}@example.org`,
      password,
      displayName: `Ada ${randomUUID()}`,
      firstName: `Augusta ${randomUUID()}`,
    };
    const { user, refreshToken } = (await ask(register, { input })).data.register;
    if (role !== 'member') await pool.query('UPDATE users SET role = $2 WHERE id = $1', [user.id, role]);
    return { id: user.id as string, refreshToken, ...input };
  }
  const refusal = (answer: { errors?: { extensions: object }[] }) => answer.errors?.[0]?.extensions;
  const own = (id: string, more: object = {}) => ({ input: { userId: id, stories: 'REMOVE', password, ...more } });
  async function until(condition: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 20_000;
    while (!(await condition())) {
      if (Date.now() > end) throw new Error('it did not come to pass');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  const statusOf = (erasure: Erasure, name: string) => erasure.contexts.find(({ context }) => context === name)?.status;

  it('leaves an id that is shown as a deleted user, and nothing to come in by', async () => {
    const ada = await person();
    const begun: Erasure = (await ask(eraseUser, own(ada.id), asUser(ada.id))).data.eraseUser;
    expect(begun).toMatchObject({
      status: 'running',
      contexts: expect.arrayContaining(contextsWithPersonalData.map((context) => expect.objectContaining({ context }))),
    });
    expect((await ask(readUser, { id: ada.id }, asAdmin(randomUUID()))).data.user).toEqual({
      ...{ id: ada.id, email: null, isActive: false },
      profile: { displayName: 'Deleted user', firstName: null },
    });
    expect(refusal(await ask(signIn, { input: { email: ada.email, password } }))).toMatchObject({ code: 'SIGN_IN_FAILED' });
    expect(refusal(await ask(refreshSession, { input: { refreshToken: ada.refreshToken } }))).toMatchObject({ kind: 'UNAUTHENTICATED' });
    // An access token lives on for minutes; it changes nothing any more.
    expect(refusal(await ask(updateProfile, { input: { displayName: 'Ada' } }, asUser(ada.id)))).toMatchObject({ code: 'PERSON_ERASED' });
    const { rows } = await pool.query('SELECT event_data FROM backbone.event_store WHERE stream_id = $1 AND event_type = $2', [
      `identity.User-${ada.id}`,
      'UserErased',
    ]);
    expect(rows).toEqual([{ event_data: { userId: ada.id, stories: 'remove' } }]);
    // The address is free again.
    expect((await ask(register, { input: { email: ada.email, password, displayName: 'Another' } })).data.register.user.id).not.toBe(ada.id);
  });

  it('is seen to come to its end by whoever has its id, when every context has reported', async () => {
    const ada = await person();
    const { id } = (await ask(eraseUser, own(ada.id, { stories: 'KEEP_AS_DELETED_AUTHOR' }), asUser(ada.id))).data.eraseUser as Erasure;
    const progress = async () => (await ask(readErasure, { id })).data.erasure as Erasure;
    await until(async () => statusOf(await progress(), 'identity') === 'done');
    const { status, contexts } = await progress();
    expect([status, contexts.length]).toEqual(['running', contextsWithPersonalData.length]);
    for (const { context, ...reported } of contexts)
      expect(reported).toMatchObject(context === 'identity' ? { finishedAt: expect.any(String) } : { status: 'running', finishedAt: null });
    const tables = await pool.query<{ name: string }>(
      "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables WHERE table_schema IN ('public', 'backbone', 'jobs')",
    );
    for (const { name } of tables.rows) {
      const text = JSON.stringify((await pool.query(`SELECT * FROM ${name}`)).rows);
      for (const canary of [ada.email, ada.displayName, ada.firstName]) expect([name, text.includes(canary)]).toEqual([name, false]);
    }

    for (const context of contextsWithPersonalData) {
      if (context === 'identity') continue;
      expect((await progress()).status).toBe('running');
      const { type } = erasureCompletedIn(context);
      const event = {
        ...{ id: randomUUID(), source: context, type, subject: `${context}.Erasure-${ada.id}`, time: new Date().toISOString() },
        ...{ version: 1, sequence: 1, epoch: randomUUID(), correlationId: 'test', causationId: null, traceparent: null },
        ...{ actor: `service:${context}`, data: { userId: ada.id } },
      };
      await bus.publish(topicOf(context), [event]);
    }
    await until(async () => (await progress()).status === 'done');
    expect((await ask(readErasure, { id: randomUUID() })).data.erasure).toBeNull();
    expect((await ask(readErasure, { id: 'nonsense' })).data.erasure).toBeNull();
  });

  it('asked again, answers the erasure that has begun', async () => {
    const ada = await person();
    const [first, second] = await Promise.all([1, 2].map(() => ask(eraseUser, own(ada.id), asUser(ada.id))));
    const third = await ask(eraseUser, own(ada.id), asUser(ada.id));
    expect(second.data.eraseUser.id).toBe(first.data.eraseUser.id);
    expect(third.data.eraseUser.id).toBe(first.data.eraseUser.id);
  });

  it('is for the owner, and for administrators with a reason, each with their own password', async () => {
    const [ada, admin] = [await person(), await person('admin')];
    const refused = async (variables: object, caller?: Caller) => refusal(await ask(eraseUser, variables, caller));
    expect(await refused(own(ada.id))).toMatchObject({ code: 'SIGN_IN_REQUIRED' });
    expect(await refused(own(ada.id, { password: 'not the password' }), asUser(ada.id))).toMatchObject({
      ...{ code: 'ERASURE_PASSWORD_WRONG', field: 'password' },
    });
    expect(await refused(own(ada.id, { password: null }), asUser(ada.id))).toMatchObject({ field: 'password' });
    expect(await refused(own(ada.id, { reason: 'a quarrel' }), asUser((await person()).id))).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(await refused(own('x'), asUser(ada.id))).toMatchObject({ code: 'USER_NOT_FOUND', field: 'userId' });
    expect(await refused(own(randomUUID(), { reason: 'asked by letter' }), asAdmin(admin.id))).toMatchObject({
      code: 'USER_NOT_FOUND',
      field: 'userId',
    });
    for (const reason of [null, ' ', 'x'.repeat(501)])
      expect(await refused(own(ada.id, { reason }), asAdmin(admin.id))).toMatchObject({
        code: expect.stringMatching(/^REASON_/),
        field: 'reason',
      });
    for (const wrong of [{ password: null }, { password: 'not the password' }])
      expect(await refused(own(ada.id, { reason: 'asked by letter', ...wrong }), asAdmin(admin.id))).toMatchObject({ field: 'password' });
    // Nothing of this has erased anybody.
    expect((await ask(signIn, { input: { email: ada.email, password } })).data.signIn.user.id).toBe(ada.id);

    expect((await ask(eraseUser, own(ada.id, { reason: 'asked by letter' }), asAdmin(admin.id))).data.eraseUser.status).toBe('running');
    const { rows } = await pool.query('SELECT requested_by, reason FROM erasures WHERE user_id = $1', [ada.id]);
    expect(rows).toEqual([{ requested_by: admin.id, reason: 'asked by letter' }]);
  });

  it('goes no way upwards, and leaves one super administrator, however many at once try', async () => {
    const [first, second, admin] = [await person('super-admin'), await person('super-admin'), await person('admin')];
    expect(refusal(await ask(eraseUser, own(first.id, { reason: 'a quarrel' }), asAdmin(admin.id)))).toMatchObject({
      code: 'USER_ABOVE_YOU',
    });
    // One waits for this session, holding what admits one change of this kind at a time; the other waits for that. A letter to the newly
    // registered may wait here too, so that the number of waiting statements says nothing.
    const session = await pool.connect();
    await session.query(`BEGIN; SELECT 1 FROM users WHERE role = 'super-admin' FOR UPDATE`);
    const asking = Promise.all([first, second].map(({ id }) => ask(eraseUser, own(id), asUser(id, { role: 'super-admin' }))));
    await until(async () => {
      const { rowCount } = await pool.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'
           AND query LIKE '%pg_advisory_xact_lock(%'`,
      );
      return rowCount === 1;
    });
    await session.query('COMMIT');
    session.release();
    const answers = await asking;
    expect(answers.map((answer) => refusal(answer)?.['code' as never] ?? 'erased').sort()).toEqual(['LAST_SUPER_ADMIN', 'erased']);
  });
});
