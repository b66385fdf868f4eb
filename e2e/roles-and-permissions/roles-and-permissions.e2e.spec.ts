import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { decodeJwt } from 'jose';
import { appCode } from '../authenticator-app.js';
import { RunningPlatform, until } from '../running-platform.js';

jest.setTimeout(60_000);

// The first super-admin is made at the machine, sets up a second factor, and makes others what they shall be: a moderator sees drafts from the next
// access token on, support finds people, nobody rises above themselves. Somebody signs out a lost device, and an account is closed.

const entry = join(import.meta.dirname, '../../platform/dist/ops/main.js');
const session = 'accessToken refreshToken user { id role }';
const register = `mutation ($input: RegisterInput!) { register(input: $input) { ${session} } }`;
const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { ${session} } }`;
const refreshSession = `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { ${session} } }`;
const assignRole = 'mutation ($input: AssignRoleInput!) { assignRole(input: $input) { id role } }';
const revokePermission = 'mutation ($input: PermissionInput!) { revokePermission(input: $input) { id permissions { id } } }';
const deactivateUser = 'mutation ($input: DeactivateUserInput!) { deactivateUser(input: $input) { isActive } }';
const readStory = 'query ($id: ID!) { story(id: $id) { title } }';
const searchUsers = 'query ($search: String) { users(search: $search) { nodes { id email role stories { nodes { id } } } } }';

interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly user: { readonly id: string; readonly role: string };
}

describe('roles and permissions', () => {
  let platform: RunningPlatform;
  let boss: Session;
  let moderator: Session;
  let writer: Session;
  let draft: string;
  let recoveryCodes: string[];
  const person = (displayName: string) => ({
    email: `${displayName}-${randomUUID()}@example.org`,
    password: 'a fox in the cellar',
    displayName,
  });
  const people = { boss: person('grace'), moderator: person('mo'), writer: person('ada') };

  beforeAll(async () => {
    platform = await RunningPlatform.start();
    const registered = async (input: object) => (await platform.ask<{ register: Session }>(register, { input })).register;
    [boss, moderator, writer] = [await registered(people.boss), await registered(people.moderator), await registered(people.writer)];
    const input = { title: 'The fox', content: '“Once,” said Ada.' };
    const created = 'mutation ($input: CreateStoryInput!) { createStory(input: $input) { id } }';
    draft = (await platform.ask<{ createStory: { id: string } }>(created, { input }, writer.accessToken)).createStory.id;
  });
  afterAll(() => platform.stop());

  function ops(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [entry, ...args], { env: { ...process.env, DATA_DIR: platform.data } }, (error, out, err) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
      );
    });
  }
  const codeOf = async (query: string, input: object, token?: string) =>
    (await platform.post(query, { input }, token)).errors?.[0]?.extensions.code;
  const signedIn = async ({ email, password }: typeof people.boss, secondFactorCode?: string) =>
    (await platform.ask<{ signIn: Session }>(signIn, { input: { email, password, secondFactorCode } })).signIn;

  it('begin at the machine, whether the platform runs or not', async () => {
    expect(await ops('promote', 'nobody@example.org', 'admin')).toMatchObject({
      code: 1,
      err: 'Nobody has registered with nobody@example.org; register there first, or correct the address.\n',
    });
    await platform.kill();
    expect(await ops('promote', people.boss.email, 'super-admin', '--by', 'Linus', '--why', 'the first one')).toMatchObject({
      code: 0,
      out: expect.stringContaining('is super-admin now (before: member)'),
    });
    await platform.start();
    // Running, and in the API's spelling.
    expect(await ops('promote', people.moderator.email, 'CONTENT_MODERATOR')).toMatchObject({ code: 0 });
    const log = JSON.parse((await ops('log', '--json')).out) as object[];
    expect(log).toMatchObject([
      { context: 'identity', action: 'promote', target: `identity.User-${moderator.user.id}`, why: 'not said' },
      { operator: 'Linus', action: 'promote', why: 'the first one', details: { role: 'super-admin', previousRole: 'member' } },
    ]);
  });

  it('are given by super-admins who hold a second factor', async () => {
    boss = await signedIn(people.boss);
    expect(decodeJwt(boss.accessToken)).toMatchObject({ role: 'super-admin', permissions: expect.arrayContaining(['permission:grant']) });
    const toAdmin = { userId: writer.user.id, role: 'ADMIN' };
    expect(await codeOf(assignRole, toAdmin, boss.accessToken)).toBe('SECOND_FACTOR_MISSING');

    type Setup = { beginSecondFactor: { secret: string; uri: string } };
    const { secret, uri } = (await platform.ask<Setup>('mutation { beginSecondFactor { secret uri } }', {}, boss.accessToken))
      .beginSecondFactor;
    expect(uri).toMatch(/^otpauth:\/\/totp\/Storytelling:/);
    const confirm =
      'mutation ($input: ConfirmSecondFactorInput!) { confirmSecondFactor(input: $input) { recoveryCodes user { hasSecondFactor } } }';
    type Confirmed = { confirmSecondFactor: { recoveryCodes: string[] } };
    const confirmed = await platform.ask<Confirmed>(
      confirm,
      { input: { code: appCode(secret, 0), password: people.boss.password } },
      boss.accessToken,
    );
    recoveryCodes = confirmed.confirmSecondFactor.recoveryCodes;

    const { email, password } = people.boss;
    expect(await codeOf(signIn, { email, password: 'a wrong password' })).toBe('SIGN_IN_FAILED');
    expect(await codeOf(signIn, { email, password })).toBe('SECOND_FACTOR_REQUIRED');
    boss = await signedIn(people.boss, appCode(secret, 1));
    expect(await codeOf(assignRole, toAdmin, boss.accessToken)).toBe('SECOND_FACTOR_REQUIRED');
    expect(await codeOf(assignRole, { ...toAdmin, secondFactorCode: '000' }, boss.accessToken)).toBe('SECOND_FACTOR_WRONG');
  });

  it('hold from the next access token on, in every context, and no longer than that', async () => {
    const sees = async ({ accessToken }: Session) =>
      (await platform.ask<{ story: object | null }>(readStory, { id: draft }, accessToken)).story !== null;
    const refreshed = async ({ refreshToken }: Session) =>
      (await platform.ask<{ refreshSession: Session }>(refreshSession, { input: { refreshToken } })).refreshSession;
    expect(await sees(moderator)).toBe(false);
    moderator = await refreshed(moderator);
    expect(await sees(moderator)).toBe(true);
    const moderating = { roleId: 'content-moderator', resource: 'story', action: 'moderate', secondFactorCode: recoveryCodes[0] };
    expect(await platform.ask(revokePermission, { input: moderating }, boss.accessToken)).toEqual({
      revokePermission: { id: 'content-moderator', permissions: [] },
    });
    moderator = await refreshed(moderator);
    expect(await sees(moderator)).toBe(false);
  });

  it('lift nobody above themselves', async () => {
    const toSupport = { userId: moderator.user.id, role: 'CUSTOMER_SUPPORT', secondFactorCode: recoveryCodes[1] };
    await platform.ask(assignRole, { input: toSupport }, boss.accessToken);
    const support = await signedIn(people.moderator);
    expect(support.user.role).toBe('CUSTOMER_SUPPORT');
    expect(await codeOf(assignRole, { userId: support.user.id, role: 'ADMIN' }, support.accessToken)).toBe('NOT_ALLOWED');
    // People and what they wrote, from two contexts; private for everybody else.
    const found = await platform.ask(searchUsers, { search: people.writer.email.slice(0, 20).toUpperCase() }, support.accessToken);
    expect(found).toEqual({
      users: { nodes: [{ id: writer.user.id, email: people.writer.email, role: 'MEMBER', stories: { nodes: [] } }] },
    });
    const stranger = await platform.post<{ users: null }>(searchUsers, {}, writer.accessToken);
    expect([stranger.data?.users, stranger.errors?.[0]?.extensions.code]).toEqual([null, 'NOT_ALLOWED']);
  });

  it('are no matter for who signs a lost device out', async () => {
    const lost = await signedIn(people.writer);
    const list = '{ me { sessions { id client isCurrent } } }';
    type Listed = { me: { sessions: { id: string; client: string | null; isCurrent: boolean }[] } };
    const { sessions } = (await platform.ask<Listed>(list, {}, writer.accessToken)).me;
    expect(sessions).toHaveLength(2);
    expect(sessions.map(({ client }) => client)).toEqual(['node', 'node']);
    const elsewhere = sessions.find(({ isCurrent }) => !isCurrent);
    const revokeSession = 'mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { sessions { isCurrent } } }';
    expect(await platform.ask(revokeSession, { input: { sessionId: elsewhere?.id } }, writer.accessToken)).toEqual({
      revokeSession: { sessions: [{ isCurrent: true }] },
    });
    expect(await codeOf(refreshSession, { refreshToken: lost.refreshToken })).toBe('SESSION_ENDED');
    // The gateway hears of it: in every context, not in ten minutes.
    const refused = async () => (await platform.post('{ me { id } }', {}, lost.accessToken)).errors?.[0]?.extensions.code;
    await until(async () => (await refused()) === 'ACCESS_TOKEN_EXPIRED', 5_000);
    expect(await refused()).toBe('ACCESS_TOKEN_EXPIRED');
    expect(await platform.ask('{ me { sessions { isCurrent } } }', {}, writer.accessToken)).toEqual({
      me: { sessions: [{ isCurrent: true }] },
    });
  });

  it('close an account with a reason, which ends its sessions', async () => {
    const close = { userId: writer.user.id, reason: 'asked by the writer' };
    expect(await codeOf(deactivateUser, { ...close, userId: boss.user.id }, writer.accessToken)).toBe('NOT_ALLOWED');
    expect(await platform.ask(deactivateUser, { input: close }, boss.accessToken)).toEqual({ deactivateUser: { isActive: false } });
    const { email, password } = people.writer;
    expect(await codeOf(signIn, { email, password })).toBe('ACCOUNT_DEACTIVATED');
    expect(await codeOf(refreshSession, { refreshToken: writer.refreshToken })).toBe('SESSION_ENDED');
    for (const secret of [...recoveryCodes, 'asked by the writer', email]) expect(platform.printed).not.toContain(secret);
  });
});
