import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunningPlatform } from '../running-platform.js';

// Somebody has lost her password, and somebody else has found it. She asks for a mail, chooses a new one, and is alone in her account again. A stranger
// who asks for addresses learns nothing.

const session = 'accessToken refreshToken user { id }';
const register = `mutation ($input: RegisterInput!) { register(input: $input) { ${session} } }`;
const signIn = `mutation ($input: SignInInput!) { signIn(input: $input) { ${session} } }`;
const refreshSession = `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { ${session} } }`;
const requestPasswordReset = 'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) }';
const resetPassword = `mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { ${session} } }`;
const changePassword = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { id } }';

interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly user: { readonly id: string };
}

describe('a lost password', () => {
  let platform: RunningPlatform;
  const account = { email: `ada-${randomUUID()}@example.org`, password: 'a fox in the cellar', displayName: 'Ada' };
  const chosen = 'another fox in the attic';
  let token: string;

  beforeAll(async () => {
    platform = await RunningPlatform.start();
  });
  afterAll(() => platform.stop());

  const codeOf = async (query: string, input: object, accessToken?: string) =>
    (await platform.post(query, { input }, accessToken)).errors?.[0]?.extensions.code;

  it('is replaced by the token of a mail; whoever had it is out', async () => {
    const { register: thief } = await platform.ask<{ register: Session }>(register, { input: account });
    expect(await platform.ask(requestPasswordReset, { input: { email: account.email } })).toEqual({ requestPasswordReset: true });
    token = await platform.tokenMailedTo(account.email, 'Set a new password');
    expect(await codeOf(resetPassword, { token, password: 'short' })).toBe('PASSWORD_TOO_SHORT');
    const { resetPassword: owner } = await platform.ask<{ resetPassword: Session }>(resetPassword, { input: { token, password: chosen } });
    expect(owner.user.id).toBe(thief.user.id);

    expect(await codeOf(refreshSession, { refreshToken: thief.refreshToken })).toBe('SESSION_ENDED');
    expect(await codeOf(signIn, { email: account.email, password: account.password })).toBe('SIGN_IN_FAILED');
    await platform.ask(signIn, { input: { email: account.email, password: chosen } });
    const { me } = await platform.ask<{ me: object }>('{ me { isEmailVerified sessions { id } } }', {}, owner.accessToken);
    expect(me).toEqual({ isEmailVerified: true, sessions: [{ id: expect.any(String) }, { id: expect.any(String) }] });
  });

  it('is not replaced twice by one token', async () => {
    expect(await codeOf(resetPassword, { token, password: 'yet another fox' })).toBe('EMAIL_TOKEN_INVALID');
  });

  it('tells a stranger nothing about an address, in the answer or in a mail', async () => {
    const nobody = `nobody-${randomUUID()}@example.org`;
    const answers = await Promise.all([account.email, nobody].map((email) => platform.post(requestPasswordReset, { input: { email } })));
    expect(answers[0]).toEqual(answers[1]);
    await platform.tokenMailedTo(account.email, 'Set a new password');
    expect(await platform.mailsTo(nobody)).toEqual([]);
  });

  it('is changed by who knows it, and the owner hears of both', async () => {
    const { signIn: here } = await platform.ask<{ signIn: Session }>(signIn, { input: { email: account.email, password: chosen } });
    const { signIn: there } = await platform.ask<{ signIn: Session }>(signIn, { input: { email: account.email, password: chosen } });
    const input = { currentPassword: chosen, newPassword: 'the third fox is free' };
    expect(await codeOf(changePassword, { ...input, currentPassword: 'a guess or two' }, here.accessToken)).toBe('CURRENT_PASSWORD_WRONG');
    await platform.ask(changePassword, { input }, here.accessToken);
    expect(await codeOf(refreshSession, { refreshToken: there.refreshToken })).toBe('SESSION_ENDED');
    await platform.ask(refreshSession, { input: { refreshToken: here.refreshToken } });
    await platform.mailed(account.email, 'Your password was reset');
    await platform.mailed(account.email, 'Your password was changed');
  });

  it('leaves neither token, password nor address in the log', () => {
    for (const secret of [token, account.password, chosen, account.email]) expect(platform.printed).not.toContain(secret);
  });
});
