import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { startOpenIdProvider } from '../../../tools/oidc/provider.mjs';
import { readIdentityEnvironment } from '../src/environment.js';
import { openIdProviders } from '../src/infrastructure/openid-providers.js';
import { type IdentityDatabase, identityDatabase } from './identity-database.js';
import { identityOn } from './identity-ports.js';

const redirectUri = 'http://127.0.0.1:9/signed-in';
const password = 'the analytical engine';
const refusal = (code: string, field?: string) => expect.objectContaining({ code, ...(field && { field }) });
const newVerifier = () => randomBytes(32).toString('base64url');
const challengeOf = (verifier: string) => createHash('sha256').update(verifier).digest('base64url');

describe('signing in with a provider', () => {
  const people: Record<string, { email?: string; email_verified?: boolean; name?: string; locale?: string }> = {};
  let database: IdentityDatabase;
  let provider: Awaited<ReturnType<typeof startOpenIdProvider>>;
  let other: typeof provider;
  let time = Date.now();
  let all: ReturnType<typeof identityOn>['verbs'];
  const client = (address: string = randomUUID()) => ({ address, device: null });

  beforeAll(async () => {
    [database, provider, other] = await Promise.all([
      identityDatabase(),
      startOpenIdProvider({ redirectUri, people }),
      startOpenIdProvider({ redirectUri, people }),
    ]);
    all = identity().verbs;
  });
  afterAll(async () => {
    await Promise.all([provider.stop(), other.stop()]);
    await database.close();
  });

  function identity(changed: object = {}) {
    const { issuer, clientId, clientSecret } = provider;
    const providers = [
      { id: 'example', name: 'Example', issuer, clientId, clientSecret, ...changed },
      { id: 'other', name: 'Other', issuer: other.issuer, clientId, clientSecret },
    ];
    const identityProviders = openIdProviders({ providers, redirectUris: [redirectUri], log: createLogger('test', 'silent') });
    return identityOn(database, { identityProviders, now: () => new Date(time) });
  }
  /** Goes there, signs in and comes back: what the client then has in hand. */
  async function comeBack(name: string, verbs = all, id = 'example') {
    const codeVerifier = newVerifier();
    const input = { provider: id, redirectUri, codeChallenge: challengeOf(codeVerifier) };
    const begun = await verbs.beginProviderSignIn(input, client().address);
    const back = await (id === 'example' ? provider : other).signIn(begun.url, name);
    expect(back.searchParams.get('state')).toBe(begun.state);
    return {
      provider: id,
      code: back.searchParams.get('code') ?? '',
      codeVerifier,
      state: begun.state,
      issuer: back.searchParams.get('iss'),
    };
  }
  function person(given: object = {}): { name: string; email: string } {
    const name = randomUUID();
    const email = `${name}@example.org`;
    people[name] = { email, email_verified: true, name: 'Ada Lovelace', locale: 'de-AT', ...given };
    return { name, email };
  }
  const typesOf = async (id: Parameters<IdentityDatabase['events']>[0]) => (await database.events(id)).map(({ type }) => type);
  async function registered(email: string, { verified }: { verified: boolean }) {
    const { userId } = await all.register({ email, password, displayName: 'Ada' }, client());
    if (verified) await database.users.update(userId, () => [{ type: 'EmailVerified', data: { userId } }]);
    return userId;
  }

  it('opens an account for somebody who comes for the first time, and knows them the next time', async () => {
    const { name, email } = person();
    const first = await all.signInWithProvider(await comeBack(name), client());
    expect(await database.users.byId(first.userId)).toMatchObject({
      email,
      isEmailVerified: true,
      profile: { displayName: 'Ada Lovelace', language: 'de-AT' },
      providers: [{ provider: 'example', subject: name }],
    });
    expect(await typesOf(first.userId)).toEqual(['UserRegistered', 'EmailVerified', 'ProviderLinked', 'UserAuthenticated']);
    // Whoever they are there never changes; their address may.
    people[name] = { ...people[name], email: `${randomUUID()}@example.org` };
    const second = await all.signInWithProvider(await comeBack(name), client());
    expect(second.userId).toBe(first.userId);
    expect((await database.events(first.userId)).at(-1)).toEqual({
      type: 'UserAuthenticated',
      data: { userId: first.userId, method: 'provider' },
    });
    await expect(all.refreshSession({ refreshToken: second.refreshToken })).resolves.toBeDefined();
  });

  it('links the account of the address when both sides have verified it, and tells the owner', async () => {
    const { name, email } = person();
    const userId = await registered(email, { verified: true });
    expect((await all.signInWithProvider(await comeBack(name), client())).userId).toBe(userId);
    expect((await typesOf(userId)).slice(-2)).toEqual(['ProviderLinked', 'UserAuthenticated']);
    expect(database.letters.at(-1)).toEqual({ kind: 'provider-linked', userId, provider: 'example' });
    await expect(all.signIn({ email, password }, client())).resolves.toMatchObject({ userId });
  });

  it('hands no account to, and takes none over from, somebody whose address is not verified', async () => {
    const stranger = person();
    const squatted = await registered(stranger.email, { verified: false });
    await expect(all.signInWithProvider(await comeBack(stranger.name), client())).rejects.toThrow(refusal('EMAIL_NOT_VERIFIED_HERE'));
    for (const given of [
      { email_verified: false },
      { email_verified: undefined },
      { email: undefined, email_verified: undefined },
      { email: 'none' },
    ]) {
      const { name, email } = person(given);
      const owner = await registered(email, { verified: true });
      await expect(all.signInWithProvider(await comeBack(name), client())).rejects.toThrow(refusal('PROVIDER_EMAIL_NOT_VERIFIED'));
      expect(await typesOf(owner)).not.toContain('ProviderLinked');
    }
    expect(await typesOf(squatted)).toEqual(['UserRegistered']);
  });

  it('takes a state once, for ten minutes, with its verifier, at its provider', async () => {
    const { name } = person();
    const good = await comeBack(name);
    const expired = refusal('PROVIDER_SIGN_IN_EXPIRED', 'state');
    for (const wrong of [
      { state: newVerifier() },
      { state: '' },
      { codeVerifier: newVerifier() },
      { codeVerifier: '' },
      { provider: 'other' },
    ]) {
      await expect(all.signInWithProvider({ ...good, ...wrong }, client())).rejects.toThrow(expired);
    }
    for (const provider of ['none', 'example\0'])
      await expect(all.signInWithProvider({ ...good, provider }, client())).rejects.toThrow(refusal('PROVIDER_UNKNOWN', 'provider'));
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => all.signInWithProvider(good, client())));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const late = await comeBack(name);
    time += 10 * 60_000;
    await expect(all.signInWithProvider(late, client())).rejects.toThrow(expired);
  });

  it('believes the provider only what is meant for us and for this sign-in', async () => {
    const { name } = person();
    const refused = refusal('PROVIDER_REFUSED', 'code');
    const good = await comeBack(name);
    await expect(all.signInWithProvider({ ...good, code: 'made-up' }, client())).rejects.toThrow(refused);
    const mixedUp = await comeBack(name);
    await expect(all.signInWithProvider({ ...mixedUp, issuer: other.issuer }, client())).rejects.toThrow(refused);
    // The code of another sign-in of the same person: PKCE and the nonce are of that one.
    const [one, two] = [await comeBack(name), await comeBack(name)];
    await expect(all.signInWithProvider({ ...one, code: two.code }, client())).rejects.toThrow(refused);
    // A secret that is not ours.
    const { verbs } = identity({ clientSecret: 'another secret' });
    await expect(verbs.signInWithProvider(await comeBack(name, verbs), client())).rejects.toThrow(refused);
  });

  it.each([
    ['all is right', {}, true],
    ['another audience', { aud: 'somebody-else' }, false],
    ['another issuer', { iss: 'https://evil.example' }, false],
    ['another nonce', { nonce: 'another' }, false],
    ['no nonce', { nonce: undefined }, false],
    ['an hour ago', { iat: 0, exp: Math.floor(Date.now() / 1000) - 3_600 }, false],
    ['no subject', { sub: undefined }, false],
    ['another key', { key: 'another' }, false],
  ])('checks the statement: %s', async (_, changed, isGood) => {
    const { key, ...claims } = changed as { key?: string };
    const issuing = await forgingProvider({ key: key !== undefined, claims });
    try {
      const { verbs } = identity({ issuer: issuing.issuer });
      const codeVerifier = newVerifier();
      const input = { provider: 'example', redirectUri, codeChallenge: challengeOf(codeVerifier) };
      const { url, state } = await verbs.beginProviderSignIn(input, client().address);
      issuing.asked(new URL(url));
      const signingIn = verbs.signInWithProvider({ provider: 'example', code: 'code', codeVerifier, state }, client());
      if (isGood) await expect(signingIn).resolves.toBeDefined();
      else await expect(signingIn).rejects.toThrow(refusal('PROVIDER_REFUSED'));
    } finally {
      issuing.stop();
    }
  });

  it('works for a client that was not told who answers', async () => {
    const { name } = person();
    const { issuer: _, ...told } = await comeBack(name);
    await expect(all.signInWithProvider(told, client())).resolves.toBeDefined();
  });

  it('asks for the second factor of whoever has one', async () => {
    const { name, email } = person();
    const userId = await registered(email, { verified: true });
    await all.beginSecondFactor(userId);
    await database.pool.query('UPDATE second_factors SET confirmed_at = now() WHERE user_id = $1', [userId]);
    await expect(all.signInWithProvider(await comeBack(name), client())).rejects.toThrow(refusal('SECOND_FACTOR_REQUIRED'));
    expect(await typesOf(userId)).not.toContain('ProviderLinked');
  });

  it('is over for an account that was closed, and for a link that a reset has ended', async () => {
    const { name } = person();
    const { userId } = await all.signInWithProvider(await comeBack(name), client());
    await database.users.update(userId, (user) =>
      user.providers.map((link) => ({ type: 'ProviderUnlinked', data: { userId, provider: link.provider } })),
    );
    // By the address, once more: both sides have verified it.
    expect((await all.signInWithProvider(await comeBack(name), client())).userId).toBe(userId);
    await database.users.update(userId, () => [{ type: 'UserDeactivated', data: { userId } }]);
    await expect(all.signInWithProvider(await comeBack(name), client())).rejects.toThrow(refusal('ACCOUNT_DEACTIVATED'));
  });

  it('links one account of each provider', async () => {
    const { name, email } = person();
    const userId = await registered(email, { verified: true });
    await all.signInWithProvider(await comeBack(name), client());
    expect((await all.signInWithProvider(await comeBack(name, all, 'other'), client())).userId).toBe(userId);
    const { name: another } = person({ email });
    await expect(all.signInWithProvider(await comeBack(another), client())).rejects.toThrow(refusal('PROVIDER_ALREADY_LINKED'));
  });

  it('begins with what is set up, and nothing else', async () => {
    const input = { provider: 'example', redirectUri, codeChallenge: challengeOf(newVerifier()) };
    const begin = (given: object) => all.beginProviderSignIn({ ...input, ...given }, client().address);
    await expect(begin({ provider: 'none' })).rejects.toThrow(refusal('PROVIDER_UNKNOWN', 'provider'));
    for (const wrong of [`${redirectUri}/`, `${redirectUri}?next=https://evil.example`, 'https://evil.example', ''])
      await expect(begin({ redirectUri: wrong })).rejects.toThrow(refusal('REDIRECT_URI_NOT_ALLOWED', 'redirectUri'));
    for (const wrong of ['', newVerifier().slice(1), `${newVerifier().slice(1)}=`])
      await expect(begin({ codeChallenge: wrong })).rejects.toThrow(refusal('CODE_CHALLENGE_INVALID', 'codeChallenge'));
    expect(new URL((await begin({})).url).searchParams.get('nonce')).toMatch(/^[0-9a-f]{64}$/);
    expect(all.identityProviders()).toEqual([
      { id: 'example', name: 'Example' },
      { id: 'other', name: 'Other' },
    ]);
  });

  it('says that a provider is away, and finds it when it is back', async () => {
    const port = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port: free } = server.address() as AddressInfo;
        server.close(() => resolve(free));
      });
    });
    const { verbs } = identity({ issuer: `http://127.0.0.1:${port}` });
    const begin = () =>
      verbs.beginProviderSignIn({ provider: 'example', redirectUri, codeChallenge: challengeOf(newVerifier()) }, client().address);
    await expect(begin()).rejects.toThrow(refusal('PROVIDER_UNREACHABLE'));
    const issuer = `http://127.0.0.1:${port}`;
    const back = createServer((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys` }),
      );
    });
    await new Promise<void>((resolve) => back.listen(port, '127.0.0.1', () => resolve()));
    await expect(begin()).resolves.toMatchObject({ url: expect.stringContaining(`${issuer}/auth?`) });
    back.closeAllConnections();
    back.close();
  });

  it('keeps no state in clear', async () => {
    const { state } = await comeBack(person().name);
    const { rows } = await database.pool.query('SELECT * FROM provider_sign_ins');
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(state);
  });
});

/** A provider that states what it is told to state, signed with its own key or with another one. */
async function forgingProvider({ key, claims }: { key: boolean; claims: object }) {
  const [own, another] = [await generateKeyPair('RS256'), await generateKeyPair('RS256')];
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'own', alg: 'RS256', use: 'sig' };
  let nonce: string | null = null;
  const server = createServer((request, response) => {
    const answer = async () => {
      if (request.url === '/keys') return { keys: [jwk] };
      if (request.url !== '/token')
        return { issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys` };
      const now = Math.floor(Date.now() / 1000);
      const sub = randomUUID();
      const stated = {
        iss: issuer,
        aud: 'storytelling',
        sub,
        nonce,
        iat: now,
        exp: now + 60,
        email: `${sub}@example.org`,
        email_verified: true,
        ...claims,
      };
      const idToken = await new SignJWT(stated).setProtectedHeader({ alg: 'RS256', kid: 'own' }).sign((key ? another : own).privateKey);
      return { access_token: 'access', token_type: 'bearer', id_token: idToken };
    };
    void answer().then((body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    asked: (url: URL) => {
      nonce = url.searchParams.get('nonce');
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('the settings of providers', () => {
  const base = {
    DATABASE_URL: 'postgresql://localhost/identity',
    GATEWAY_JWKS: '{}',
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    OBJECT_STORE_URL: 'file:///tmp/objects',
    OBJECT_SIGNING_KEYS: randomBytes(32).toString('base64'),
    PUBLIC_URL: 'http://localhost:4000',
    OIDC_PROVIDERS: 'google, my_company',
    OIDC_REDIRECT_URIS: 'https://stories.example/signed-in, com.example.stories:/signed-in',
    OIDC_GOOGLE_ISSUER: 'https://accounts.google.com',
    OIDC_GOOGLE_CLIENT_ID: 'id',
    OIDC_GOOGLE_CLIENT_SECRET: 'secret',
    OIDC_MY_COMPANY_ISSUER: 'http://localhost:8080/realms/x',
    OIDC_MY_COMPANY_CLIENT_ID: 'id2',
    OIDC_MY_COMPANY_CLIENT_SECRET: 'secret2',
    OIDC_MY_COMPANY_NAME: 'My Company',
  };

  it('are read for each name', () => {
    const { providers, OIDC_REDIRECT_URIS } = readIdentityEnvironment(base);
    expect(providers).toEqual([
      { id: 'google', name: 'Google', issuer: 'https://accounts.google.com', clientId: 'id', clientSecret: 'secret' },
      { id: 'my_company', name: 'My Company', issuer: 'http://localhost:8080/realms/x', clientId: 'id2', clientSecret: 'secret2' },
    ]);
    expect(OIDC_REDIRECT_URIS).toEqual(['https://stories.example/signed-in', 'com.example.stories:/signed-in']);
    expect(readIdentityEnvironment({ ...base, OIDC_PROVIDERS: '' }).providers).toEqual([]);
  });

  it.each([
    [{ OIDC_GOOGLE_CLIENT_SECRET: '' }, 'The setting OIDC_GOOGLE_CLIENT_SECRET is missing.'],
    [{ OIDC_GOOGLE_ISSUER: 'http://accounts.google.com' }, 'The setting OIDC_GOOGLE_ISSUER is wrong: the https:// address'],
    [{ OIDC_GOOGLE_ISSUER: 'http://localhost.evil.example' }, 'The setting OIDC_GOOGLE_ISSUER is wrong: '],
    [{ OIDC_REDIRECT_URIS: '' }, 'The setting OIDC_REDIRECT_URIS is missing.'],
    [{ OIDC_REDIRECT_URIS: 'stories.example' }, 'The setting OIDC_REDIRECT_URIS'],
    [{ OIDC_PROVIDERS: 'Google!' }, 'The setting OIDC_PROVIDERS'],
  ])('are refused in one sentence that names the wrong one (%#)', (wrong, sentence) => {
    expect(() => readIdentityEnvironment({ ...base, ...wrong })).toThrow(sentence);
  });
});
