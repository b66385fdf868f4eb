import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymous, type Caller } from '@storytelling/shared/graphql/caller';
import { gatewayTokens, newGatewayKey } from '@storytelling/shared/infrastructure/gateway-token';
import type { RunningService } from '@storytelling/shared/infrastructure/run-service';
import { type TestDatabase, testDatabase } from '@storytelling/shared/testing/database';
import { type TestObjectStore, testObjectStore } from '@storytelling/shared/testing/object-store';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type pg from 'pg';
import { startIdentity } from '../src/service.js';
import { testPool } from './identity-database.js';

const session = 'accessToken refreshToken expiresAt user { id email role language profile { displayName } }';
const register = `mutation ($input: RegisterInput!) { register(input: $input) { ${session} } }`;
const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { ${session} } }`;
const refreshSession = `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { ${session} } }`;
const updateProfile = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id profile { displayName firstName } } }';

describe('the identity service, three replicas', () => {
  let database: TestDatabase;
  let log: TestDatabase;
  let objects: TestObjectStore;
  let pool: pg.Pool;
  let replicas: RunningService[];
  let issue: (caller: Caller) => Promise<string>;
  let environment: Record<string, string>;

  beforeAll(async () => {
    [database, log] = await Promise.all([testDatabase('identity'), testDatabase('backbone')]);
    objects = testObjectStore();
    const tokens = await gatewayTokens(await newGatewayKey());
    issue = (caller) => tokens.issue('identity', caller, randomUUID());
    environment = {
      DATABASE_URL: database.url,
      EVENT_BUS_URL: `embedded:${log.url}`,
      GATEWAY_JWKS: JSON.stringify(tokens.jwks),
      KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      LOG_LEVEL: 'silent',
      ...objects.settings,
    };
    replicas = await Promise.all([1, 2, 3].map(() => startIdentity(environment)));
    pool = testPool(database.url);
  });
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await pool.end();
    await database.drop();
    await log.drop();
    objects.drop();
  });

  let turn = 0;
  /** As the gateway asks: alternating between the replicas. */
  async function ask(query: string, variables: object, caller: Caller = anonymous, clientAddress: string = randomUUID()) {
    turn += 1;
    const response = await fetch(replicas[turn % 3]?.url ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await issue(caller)}`, 'x-client-address': clientAddress },
      body: JSON.stringify({ query, variables }),
    });
    return JSON.parse(await response.text());
  }
  const person = () => ({ email: `Writer-${randomUUID()}@Example.org`, password: 'a tale of two cities', displayName: 'Charles' });
  const keys = () => createRemoteJWKSet(new URL('/.well-known/jwks.json', replicas[0]?.url));
  async function callerOf(accessToken: string): Promise<Caller> {
    const { payload } = await jwtVerify(accessToken, keys(), { issuer: 'identity', audience: 'storytelling' });
    return { kind: 'user', userId: userId(String(payload.sub)), sessionId: String(payload.sid), role: 'member', permissions: [] };
  }
  const code = (answer: Awaited<ReturnType<typeof ask>>) => answer.errors?.[0]?.extensions;

  it('answers nobody but the gateway', async () => {
    const response = await fetch(replicas[0]?.url ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ _service { sdl } }"}',
    });
    expect(response.status).toBe(401);
    expect(code(JSON.parse(await response.text())).code).toBe('GATEWAY_ONLY');
  });

  it('lets a writer register, sign in, refresh and sign out', async () => {
    const given = person();
    const registered = (await ask(register, { input: given })).data.register;
    expect(registered.user).toEqual({
      id: expect.any(String),
      email: given.email.toLowerCase(),
      role: 'MEMBER',
      language: 'en',
      profile: { displayName: 'Charles' },
    });

    const signedIn = (await ask(signIn, { input: { email: given.email, password: given.password } })).data.signIn;
    expect(signedIn.user.id).toBe(registered.user.id);
    const caller = await callerOf(signedIn.accessToken);
    expect((await ask('{ me { id email } }', {}, caller)).data.me).toEqual({ id: registered.user.id, email: given.email.toLowerCase() });

    const refreshed = (await ask(refreshSession, { input: { refreshToken: signedIn.refreshToken } })).data.refreshSession;
    expect((await ask('mutation { signOut }', {}, caller)).data.signOut).toBe(true);
    const after = await ask(refreshSession, { input: { refreshToken: refreshed.refreshToken } });
    expect(code(after)).toMatchObject({
      code: 'SESSION_ENDED',
      kind: 'UNAUTHENTICATED',
      field: 'refreshToken',
      correlationId: expect.any(String),
    });
  });

  it('signs tokens that say who, as what and for whom, for ten minutes at most', async () => {
    const { accessToken, expiresAt } = (await ask(register, { input: person() })).data.register;
    const { payload, protectedHeader } = await jwtVerify(accessToken, keys(), {
      issuer: 'identity',
      audience: 'storytelling',
      algorithms: ['EdDSA'],
    });
    expect(payload).toMatchObject({
      role: 'member',
      permissions: [],
      email_verified: false,
      sid: expect.any(String),
      jti: expect.any(String),
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(600);
    expect(new Date(expiresAt).getTime()).toBe((payload.exp ?? 0) * 1000);
    expect(protectedHeader.kid).toBeDefined();
  });

  it('puts the permissions of the role into the token, as they are when it is issued', async () => {
    const given = person();
    const { user } = (await ask(register, { input: given })).data.register;
    await pool.query("UPDATE users SET role = 'content-moderator' WHERE id = $1", [user.id]);
    const { accessToken } = (await ask(signIn, { input: { email: given.email, password: given.password } })).data.signIn;
    const { payload } = await jwtVerify(accessToken, keys());
    expect(payload).toMatchObject({ role: 'content-moderator', permissions: ['story:moderate'] });
  });

  it('publishes its keys to everybody, cacheable', async () => {
    const response = await fetch(new URL('/.well-known/jwks.json', replicas[0]?.url));
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await response.json()).toEqual({
      keys: [{ kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: expect.any(String), alg: 'EdDSA', use: 'sig' }],
    });
  });

  it('counts wrong passwords on all replicas together, as if they were one, and says when to come back', async () => {
    const given = person();
    await ask(register, { input: given });
    const wrong = { email: given.email, password: 'a wrong password' };
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(signIn, { input: wrong }, anonymous, '192.0.2.9')));
    const codes = answers.map((answer) => code(answer).code);
    expect(codes.filter((name) => name === 'SIGN_IN_FAILED')).toHaveLength(10);
    const refused = answers.map(code).find((extensions) => extensions.code === 'TOO_MANY_ATTEMPTS');
    expect(Date.parse(refused.params.retryAt)).toBeGreaterThan(Date.now());
    // The owner, elsewhere, is not kept out.
    expect((await ask(signIn, { input: { email: given.email, password: given.password } })).data.signIn).not.toBeNull();
  });

  it('opens one account for a registration that is sent twice at once', async () => {
    const input = { ...person(), idempotencyKey: randomUUID() };
    const answers = await Promise.all([1, 2, 3].map(() => ask(register, { input })));
    expect(new Set(answers.map((answer) => answer.data?.register.user.id)).size).toBe(1);
    const other = await ask(register, { input: { ...input, password: 'another good password' } });
    expect(code(other)).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', field: 'idempotencyKey' });
    const { rows } = await pool.query('SELECT outcome FROM backbone.idempotency WHERE key = $1', [input.idempotencyKey]);
    expect(rows).toHaveLength(1);
  });

  it('opens one account per address, however it is written', async () => {
    const given = person();
    await ask(register, { input: given });
    expect(code(await ask(register, { input: { ...given, email: ` ${given.email.toUpperCase()} ` } }))).toMatchObject({
      code: 'EMAIL_TAKEN',
      kind: 'CONFLICT',
      field: 'email',
    });
  });

  it('changes the caller’s own profile and tells others', async () => {
    const { accessToken, user } = (await ask(register, { input: person() })).data.register;
    const caller = await callerOf(accessToken);
    const changed = await ask(updateProfile, { input: { displayName: 'Boz', firstName: 'Charles' } }, caller);
    expect(changed.data.updateProfile).toEqual({ id: user.id, profile: { displayName: 'Boz', firstName: 'Charles' } });
    const { rows } = await pool.query<{ event_type: string }>(
      'SELECT event_type FROM backbone.event_store WHERE stream_id = $1 ORDER BY event_version',
      [`identity.User-${user.id}`],
    );
    expect(rows.map((row) => row.event_type)).toEqual(['UserRegistered', 'ProfileChanged', 'NameChanged']);
  });

  it.each([
    [register, { ...person(), email: 'no address' }, 'EMAIL_INVALID', 'email'],
    [register, { ...person(), email: 'a\u0000@example.org' }, 'TEXT_UNREADABLE', undefined],
    [register, { ...person(), email: `${'x'.repeat(250)}@example.org` }, 'EMAIL_INVALID', 'email'],
    [register, { ...person(), password: 'short' }, 'PASSWORD_TOO_SHORT', 'password'],
    [register, { ...person(), password: 'x1'.repeat(129) }, 'PASSWORD_TOO_LONG', 'password'],
    [register, { ...person(), password: 'qwertyuiop' }, 'PASSWORD_TOO_COMMON', 'password'],
    [register, { ...person(), password: 'ten characters \ud800' }, 'PASSWORD_UNREADABLE', 'password'],
    [register, { ...person(), displayName: '' }, 'DISPLAY_NAME_MISSING', 'displayName'],
    [register, { ...person(), displayName: 'x'.repeat(101) }, 'DISPLAY_NAME_TOO_LONG', 'displayName'],
    [register, { ...person(), firstName: '\u0000' }, 'FIRST_NAME_UNREADABLE', 'firstName'],
    [register, { ...person(), language: '?!' }, 'LANGUAGE_INVALID', 'language'],
    [register, { ...person(), idempotencyKey: '' }, 'IDEMPOTENCY_KEY_INVALID', 'idempotencyKey'],
    [signIn, { email: 'nobody@example.org', password: 'whatever it is' }, 'SIGN_IN_FAILED', undefined],
    [refreshSession, { refreshToken: 'forged' }, 'REFRESH_TOKEN_INVALID', 'refreshToken'],
    [updateProfile, { displayName: 'Boz' }, 'SIGN_IN_REQUIRED', undefined],
  ])('refuses what is wrong with its own code (%#)', async (query, input, expected, field) => {
    const answer = await ask(query, { input });
    expect(code(answer)).toMatchObject({ code: expected, ...(field && { field }) });
    expect(JSON.stringify(answer)).not.toContain('a tale of two cities');
  });

  it('does not start with a key that does not open its database, and says so', async () => {
    const other = { ...environment, KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64') };
    await expect(startIdentity(other)).rejects.toThrow(
      'The setting KEY_ENCRYPTION_KEY is wrong: it does not open the signing keys in this database',
    );
    await expect(startIdentity({ ...environment, KEY_ENCRYPTION_KEY: 'short' })).rejects.toThrow(
      /^The setting KEY_ENCRYPTION_KEY is wrong: 32 random bytes/,
    );
    await expect(startIdentity({ ...environment, KEY_ENCRYPTION_KEY: '' })).rejects.toThrow('The setting KEY_ENCRYPTION_KEY is missing.');
  });

  it('keeps no secret in clear anywhere in its database', async () => {
    const given = { ...person(), password: `a secret ${randomUUID()}` };
    const { refreshToken, accessToken } = (
      await ask(register, { input: { ...given, idempotencyKey: randomUUID() } }, anonymous, '192.0.2.77')
    ).data.register;
    const { rows: tables } = await pool.query<{ name: string }>(
      "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables WHERE table_schema IN ('public', 'backbone', 'jobs')",
    );
    expect(tables.length).toBeGreaterThan(12);
    for (const { name } of tables) {
      const { rows } = await pool.query(`SELECT * FROM ${name}`);
      const text = JSON.stringify(rows);
      for (const secret of [given.password, refreshToken, accessToken, '192.0.2.77']) expect(text.includes(secret)).toBe(false);
    }
  });
});
