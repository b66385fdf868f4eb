import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunningPlatform } from '../running-platform.js';

// A refresh token is copied. As soon as both its owner and the thief have used theirs, nobody can say who is who: the session ends for both, and for
// nobody else. The owner signs in again; the thief cannot.

const session = 'accessToken refreshToken';
const register = `mutation ($input: RegisterInput!) { register(input: $input) { ${session} } }`;
const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { ${session} } }`;
const refreshSession = `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { ${session} } }`;

interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
}

describe('a stolen refresh token', () => {
  let platform: RunningPlatform;
  const account = { email: `ada-${randomUUID()}@example.org`, password: 'a fox in the cellar' };
  let phone: Session;
  let laptop: Session;

  beforeAll(async () => {
    platform = await RunningPlatform.start();
    phone = (await platform.ask<{ register: Session }>(register, { input: { ...account, displayName: 'Ada' } })).register;
    laptop = (await platform.ask<{ signIn: Session }>(signIn, { input: account })).signIn;
  });
  afterAll(() => platform.stop());

  const refresh = async ({ refreshToken }: Pick<Session, 'refreshToken'>) =>
    (await platform.ask<{ refreshSession: Session }>(refreshSession, { input: { refreshToken } })).refreshSession;
  const codeOf = async ({ refreshToken }: Pick<Session, 'refreshToken'>) =>
    (await platform.post(refreshSession, { input: { refreshToken } })).errors?.[0]?.extensions.code;

  it('ends the session for owner and thief alike once both have come with it', async () => {
    const stolen = phone;
    const owners = await refresh(await refresh(phone));
    expect(await codeOf(stolen)).toBe('REFRESH_TOKEN_REUSED');
    expect(await codeOf(owners)).toBe('SESSION_ENDED');
    expect(await codeOf(stolen)).toBe('SESSION_ENDED');
  });

  it('ends it whoever comes first', async () => {
    const { signIn: stolen } = await platform.ask<{ signIn: Session }>(signIn, { input: account });
    const thiefs = await refresh(await refresh(stolen));
    expect(await codeOf(stolen)).toBe('REFRESH_TOKEN_REUSED');
    expect(await codeOf(thiefs)).toBe('SESSION_ENDED');
  });

  it('ends no other session, and does not keep the owner out', async () => {
    laptop = await refresh(laptop);
    const { me } = await platform.ask<{ me: { sessions: { isCurrent: boolean }[] } }>(
      '{ me { sessions { isCurrent } } }',
      {},
      laptop.accessToken,
    );
    expect(me.sessions).toEqual([{ isCurrent: true }]);
    await expect(platform.ask(signIn, { input: account })).resolves.toBeDefined();
  });
});
