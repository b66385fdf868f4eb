import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startOpenIdProvider } from '../../tools/oidc/provider.mjs';
import { RunningPlatform } from '../running-platform.js';

// Somebody signs in with an account elsewhere, as a browser does it, at a real OpenID Connect provider: for the first time, again, and into the account
// that she had here. Whoever registered with her address before her does not get her; a reset takes every way in away but hers.

const redirectUri = 'http://127.0.0.1:9/signed-in';
const session =
  'accessToken refreshToken user { id email isEmailVerified language profile { displayName } oauthProviders { provider name } }';
const register = `mutation ($input: RegisterInput!) { register(input: $input) { ${session} } }`;
const beginProviderSignIn = 'mutation ($input: BeginProviderSignInInput!) { beginProviderSignIn(input: $input) { url state expiresAt } }';
const signInWithProvider = `mutation ($input: ProviderSignInInput!) { signInWithProvider(input: $input) { ${session} } }`;
const requestPasswordReset = 'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) }';
const resetPassword = `mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { ${session} } }`;
const mine = '{ me { id oauthProviders { provider name linkedAt } } }';

interface Session {
  readonly accessToken: string;
  readonly user: { readonly id: string; readonly email: string; readonly oauthProviders: readonly { provider: string }[] | null };
}

describe('signing in with a provider', () => {
  const people: Record<string, { email: string; email_verified: boolean; name: string }> = {};
  let provider: Awaited<ReturnType<typeof startOpenIdProvider>>;
  let platform: RunningPlatform;

  beforeAll(async () => {
    provider = await startOpenIdProvider({ redirectUri, people });
    platform = await RunningPlatform.start({
      OIDC_PROVIDERS: 'example',
      OIDC_REDIRECT_URIS: redirectUri,
      OIDC_EXAMPLE_NAME: 'Example & Sons',
      OIDC_EXAMPLE_ISSUER: provider.issuer,
      OIDC_EXAMPLE_CLIENT_ID: provider.clientId,
      OIDC_EXAMPLE_CLIENT_SECRET: provider.clientSecret,
    });
  });
  afterAll(async () => {
    await platform.stop();
    await provider.stop();
  });

  function person(name: string) {
    const login = `${name.toLowerCase()}-${randomUUID()}`;
    people[login] = { email: `${login}@example.org`, email_verified: true, name };
    return { login, email: `${login}@example.org` };
  }
  /** The whole dance: we say where to, the browser goes there and comes back, the client brings what it has in hand. */
  async function dance(login: string) {
    const codeVerifier = randomBytes(32).toString('base64url');
    const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');
    type Begun = { beginProviderSignIn: { url: string; state: string } };
    const { beginProviderSignIn: begun } = await platform.ask<Begun>(beginProviderSignIn, {
      input: { provider: 'example', redirectUri, codeChallenge },
    });
    const { searchParams } = await provider.signIn(begun.url, login);
    expect(searchParams.get('state')).toBe(begun.state);
    const input = { provider: 'example', code: searchParams.get('code'), state: begun.state, codeVerifier };
    return platform.post<{ signInWithProvider: Session }>(signInWithProvider, { input });
  }

  it('is offered by name', async () => {
    expect(await platform.ask('{ identityProviders { id name } }')).toEqual({
      identityProviders: [{ id: 'example', name: 'Example & Sons' }],
    });
  });

  it('opens an account the first time, and finds it again', async () => {
    const { login, email } = person('Grace');
    const first = await dance(login);
    expect(first.data?.signInWithProvider.user).toMatchObject({ email, isEmailVerified: true, profile: { displayName: 'Grace' } });
    const second = await dance(login);
    expect(second.data?.signInWithProvider.user.id).toBe(first.data?.signInWithProvider.user.id);
    const { me } = await platform.ask<{ me: object }>(mine, {}, second.data?.signInWithProvider.accessToken);
    expect(me).toMatchObject({ oauthProviders: [{ provider: 'example', name: 'Example & Sons', linkedAt: expect.any(String) }] });
  });

  it('leads into the account of the same address once that is verified, and her mails say so', async () => {
    const { login, email } = person('Ada');
    const account = { email, password: 'a fox in the cellar', displayName: 'Ada' };
    const { register: registered } = await platform.ask<{ register: Session }>(register, { input: account });
    expect((await dance(login)).errors).toMatchObject([{ extensions: { code: 'EMAIL_NOT_VERIFIED_HERE', kind: 'FORBIDDEN' } }]);
    await platform.verifyEmail(email);
    expect((await dance(login)).data?.signInWithProvider.user.id).toBe(registered.user.id);
    await platform.mailed(email, 'You can sign in with Example & Sons');
  });

  it('is not a way to keep what a reset has taken back', async () => {
    const { login, email } = person('Eve');
    const { data } = await dance(login);
    await platform.ask(requestPasswordReset, { input: { email } });
    const token = await platform.tokenMailedTo(email, 'Set a new password');
    const input = { token, password: 'a fox in the attic' };
    const { resetPassword: owner } = await platform.ask<{ resetPassword: Session }>(resetPassword, { input });
    expect(owner.user).toMatchObject({ id: data?.signInWithProvider.user.id });
    const { me } = await platform.ask<{ me: object }>(mine, {}, owner.accessToken);
    expect(me).toMatchObject({ oauthProviders: [] });
    // Whoever signs in there now has to show that the provider calls the address theirs.
    people[login] = { ...people[login], email, name: 'Eve', email_verified: false };
    expect((await dance(login)).errors).toMatchObject([{ extensions: { code: 'PROVIDER_EMAIL_NOT_VERIFIED' } }]);
  });

  it('writes neither secret nor address into the log', () => {
    for (const secret of [provider.clientSecret, ...Object.values(people).map(({ email }) => email)])
      expect(platform.printed).not.toContain(secret);
  });
});
