import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { memoryUsers } from './memory-users.js';
import type { SignInAttempt } from '../src/domain/attempts.js';
import { identityContext } from '../src/identity-context.js';
import { noImages } from './no-images.js';
import { totp } from '../src/infrastructure/totp.js';
import { refreshTokens } from '../src/infrastructure/refresh-tokens.js';

const notHere = () => Promise.reject(new Error('not in this test'));

/** The verbs on memory: hashing is a prefix, limits only take notes, keys of requests are remembered by name. */
function identity() {
  let time = new Date('2026-11-22T20:00:00Z').getTime();
  const now = () => new Date(time);
  const kept = memoryUsers(now);
  const attempts: string[] = [];
  const pictures: string[] = [];
  const compared: (string | undefined)[] = [];
  const outcomes = new Map<string, string>();
  let parameters = 'v2';
  const { verbs } = identityContext({
    users: kept.users,
    sessions: kept.sessions,
    passwords: {
      hash: async (password) => `${parameters}:${password}`,
      verify: async (hash, password) => {
        compared.push(hash);
        return { matches: hash?.slice(3) === password, outdated: hash !== undefined && !hash.startsWith(parameters) };
      },
      common: async () => (lowerCase) => lowerCase === 'password123',
    },
    staff: { look: notHere, changeUser: notHere, changePermission: notHere }, // staff.int.spec.ts
    erasures: { begin: notHere },
    dataExports: { begin: notHere },
    // What nobody here has; with one: second-factor.int.spec.ts.
    secondFactors: {
      standing: async () => ({ isEnrolled: false, knownAddress: false }),
      update: notHere,
    },
    oneTimeCodes: totp,
    emailTokens: kept.emailTokens,
    // Of mails and their tokens: account.int.spec.ts.
    // Of providers: provider-sign-in.int.spec.ts.
    identityProviders: {
      list: [],
      allows: () => false,
      authorizationUrl: () => Promise.reject(new Error('not in this test')),
      identify: () => Promise.reject(new Error('not in this test')),
    },
    providerSignIns: { begin: () => Promise.reject(new Error('not in this test')), take: async () => undefined },
    letters: { post: () => Promise.reject(new Error('not in this test')) },
    writeLetter: () => ({ subject: '', text: '', html: '' }),
    post: { send: () => Promise.reject(new Error('not in this test')) },
    images: {
      ...noImages,
      keep: async (user, uploadId) => {
        pictures.push(`keep ${uploadId}`);
        return `pictures/${user}/${uploadId}`;
      },
      settle: async (_, { uploadId, replaced }) => void pictures.push(`settle ${uploadId} ${replaced}`),
    },
    attempts: {
      register: async (address) => void attempts.push(`register ${address}`),
      signIn: async ({ clientAddress, account, knownAddress }: SignInAttempt) =>
        void attempts.push(`signIn ${clientAddress} ${account}${knownAddress ? ' (known)' : ''}`),
      present: async () => undefined,
      askForMail: async () => undefined,
      mailTo: async () => undefined,
      succeeded: async () => void attempts.push('succeeded'),
      secondFactor: async () => undefined,
      secondFactorSucceeded: async () => undefined,
    },
    refreshTokens: refreshTokens(new Uint8Array(32)),
    accessTokens: { issue: async (userId, sessionId) => ({ token: `${userId} ${sessionId}`, expiresAt: now() }) },
    once: async (verb, { idempotencyKey }, work) => {
      const key = `${verb} ${idempotencyKey}`;
      const outcome = idempotencyKey ? outcomes.get(key) : undefined;
      if (outcome) return { id: outcome, repeated: true };
      const id = await work();
      outcomes.set(key, id);
      return { id, repeated: false };
    },
    tag: (purpose, value) => `${purpose}:${value}`,
    newId: randomUUID,
    now,
  });
  return {
    ...verbs,
    kept,
    attempts,
    pictures,
    compared,
    wait: (days: number) => {
      time += days * 24 * 60 * 60 * 1000;
    },
    strengthen: () => {
      parameters = 'v3';
    },
  };
}

const ada = { email: 'Ada@Example.org', password: 'the analytical engine', displayName: 'Ada' };
const at = (address: string) => ({ address, device: null });
const home = at('192.0.2.1');
const refusal = (code: string) => expect.objectContaining({ code });

describe('register', () => {
  it('opens an account and a session', async () => {
    const { register, kept } = identity();
    const { userId, refreshToken } = await register(ada, home);
    expect(kept.events(userId).map((event) => event.type)).toEqual(['UserRegistered']);
    expect(kept.user(userId)).toMatchObject({ email: 'ada@example.org', role: 'member', profile: { displayName: 'Ada', language: 'en' } });
    expect(refreshToken).toHaveLength(86);
    expect(kept.letters).toEqual([{ kind: 'verify-email', userId }]);
  });

  it('counts an attempt only when nothing is wrong with the input', async () => {
    const { register, attempts } = identity();
    await expect(register({ ...ada, email: 'ada' }, home)).rejects.toThrow(refusal('EMAIL_INVALID'));
    await expect(register({ ...ada, password: 'Password123' }, home)).rejects.toThrow(refusal('PASSWORD_TOO_COMMON'));
    await expect(register({ ...ada, language: 'klingon!' }, home)).rejects.toThrow(refusal('LANGUAGE_INVALID'));
    expect(attempts).toEqual([]);
    await register(ada, home);
    await expect(register(ada, home)).rejects.toThrow(refusal('EMAIL_TAKEN'));
    expect(attempts).toEqual([`register ${home.address}`, `register ${home.address}`]);
  });

  it('repeated with its key opens the same account again, for who knows the password', async () => {
    const { register, kept } = identity();
    const first = await register({ ...ada, idempotencyKey: 'k' }, home);
    const again = await register({ ...ada, idempotencyKey: 'k' }, home);
    expect(again.userId).toBe(first.userId);
    expect(again.refreshToken).not.toBe(first.refreshToken);
    expect(kept.events(first.userId).map((event) => event.type)).toEqual(['UserRegistered', 'UserAuthenticated']);
    await expect(register({ ...ada, password: 'another long password', idempotencyKey: 'k' }, home)).rejects.toThrow(
      refusal('IDEMPOTENCY_KEY_REUSED'),
    );
  });

  it('lets two strangers choose the same key', async () => {
    const { register } = identity();
    await register({ ...ada, idempotencyKey: '1' }, home);
    await expect(register({ ...ada, email: 'bob@example.org', idempotencyKey: '1' }, home)).resolves.toBeDefined();
  });
});

describe('signIn', () => {
  it('opens a session for whoever knows the password, whatever the case of the address', async () => {
    const { register, signIn, kept } = identity();
    const { userId } = await register(ada, home);
    await expect(signIn({ email: 'ADA@example.org', password: ada.password }, home)).resolves.toMatchObject({ userId });
    expect(kept.events(userId).at(-1)).toEqual({ type: 'UserAuthenticated', data: { userId, method: 'password' } });
  });

  it('answers and works alike for a wrong password and an unknown address', async () => {
    const { register, signIn, attempts, compared } = identity();
    await register(ada, home);
    const answers = await Promise.allSettled([
      signIn({ email: ada.email, password: 'a wrong password' }, at('192.0.2.66')),
      signIn({ email: 'nobody@example.org', password: 'a wrong password' }, at('192.0.2.66')),
    ]);
    const [wrong, unknown] = answers.map((answer) =>
      answer.status === 'rejected' ? { ...answer.reason, message: answer.reason.message } : answer,
    );
    expect(wrong).toEqual(unknown);
    expect(wrong.code).toBe('SIGN_IN_FAILED');
    expect(compared).toEqual([expect.stringContaining('v2:'), undefined]);
    expect(attempts.slice(1)).toEqual(['signIn 192.0.2.66 ada@example.org', 'signIn 192.0.2.66 nobody@example.org']);
  });

  it('tells the limits when the address is one that the owner has used', async () => {
    const { register, signIn, attempts } = identity();
    await register(ada, home);
    await signIn(ada, home);
    await signIn(ada, at('192.0.2.2'));
    expect(attempts).toEqual([
      `register ${home.address}`,
      `signIn ${home.address} ada@example.org (known)`,
      'succeeded',
      'signIn 192.0.2.2 ada@example.org',
      'succeeded',
    ]);
  });

  it('hashes a password anew that was hashed with weaker parameters', async () => {
    const { register, signIn, compared, strengthen } = identity();
    await register(ada, home);
    strengthen();
    await signIn(ada, home);
    await signIn(ada, home);
    expect(compared).toEqual([`v2:${ada.password}`, `v3:${ada.password}`]);
  });
});

describe('refreshSession', () => {
  it('survives a lost answer', async () => {
    const { register, refreshSession } = identity();
    const { refreshToken } = await register(ada, home);
    const lost = await refreshSession({ refreshToken });
    const repeated = await refreshSession({ refreshToken });
    expect(repeated.refreshToken).toBe(lost.refreshToken);
    await expect(refreshSession({ refreshToken: repeated.refreshToken })).resolves.toBeDefined();
  });

  it('ends the session of a copied token, with an event that says why', async () => {
    const { register, refreshSession, kept } = identity();
    const { userId, refreshToken: stolen } = await register(ada, home);
    const first = await refreshSession({ refreshToken: stolen });
    const second = await refreshSession({ refreshToken: first.refreshToken });
    await expect(refreshSession({ refreshToken: stolen })).rejects.toThrow(refusal('REFRESH_TOKEN_REUSED'));
    await expect(refreshSession({ refreshToken: second.refreshToken })).rejects.toThrow(refusal('SESSION_ENDED'));
    expect(kept.events(userId).at(-1)).toMatchObject({ type: 'SessionRevoked', data: { reason: 'reuse' } });
  });

  it('knows its own tokens only', async () => {
    const { refreshSession } = identity();
    for (const refreshToken of ['', 'x'.repeat(86), '\u0000', 'x'.repeat(100_000)]) {
      await expect(refreshSession({ refreshToken })).rejects.toThrow(refusal('REFRESH_TOKEN_INVALID'));
    }
    const elsewhere = await identity().register(ada, home);
    await expect(refreshSession({ refreshToken: elsewhere.refreshToken })).rejects.toThrow(refusal('SESSION_ENDED'));
  });

  it('ends with the session', async () => {
    const { register, refreshSession, wait } = identity();
    const { refreshToken } = await register(ada, home);
    wait(30);
    await expect(refreshSession({ refreshToken })).rejects.toThrow(refusal('SESSION_ENDED'));
  });
});

describe('signOut', () => {
  it('ends the session, once', async () => {
    const { register, signOut, refreshSession, kept } = identity();
    const { userId, accessToken, refreshToken } = await register(ada, home);
    const sessionId = accessToken.split(' ')[1] ?? '';
    await signOut(userId, sessionId);
    await signOut(userId, sessionId);
    await expect(refreshSession({ refreshToken })).rejects.toThrow(refusal('SESSION_ENDED'));
    expect(kept.events(userId).filter((event) => event.type === 'SessionRevoked')).toHaveLength(1);
  });
});

describe('updateProfile', () => {
  it('changes what is given, takes away what is null, leaves what is absent', async () => {
    const { register, updateProfile, kept } = identity();
    const { userId } = await register({ ...ada, firstName: 'Ada', lastName: 'Byron' }, home);
    await updateProfile(userId, { lastName: 'Lovelace', language: 'fr' });
    await updateProfile(userId, { firstName: null });
    expect(kept.user(userId)?.profile).toEqual({
      displayName: 'Ada',
      firstName: null,
      lastName: 'Lovelace',
      language: 'fr',
      imageKey: null,
    });
  });

  it('cannot take the display name or the language away', async () => {
    const { register, updateProfile } = identity();
    const { userId } = await register(ada, home);
    await expect(updateProfile(userId, { displayName: null })).rejects.toThrow(refusal('DISPLAY_NAME_MISSING'));
    await expect(updateProfile(userId, { language: null })).rejects.toThrow(refusal('LANGUAGE_INVALID'));
  });

  it('replaces the picture, and throws away what it was sent as and what was there before', async () => {
    const { register, updateProfile, kept, pictures } = identity();
    const { userId } = await register(ada, home);
    const imageKey = () => kept.user(userId)?.profile.imageKey;
    await updateProfile(userId, { imageUploadId: 'one' });
    expect(imageKey()).toBe(`pictures/${userId}/one`);
    await updateProfile(userId, { displayName: 'Countess' });
    expect(imageKey()).toBe(`pictures/${userId}/one`);
    await updateProfile(userId, { imageUploadId: 'two' });
    await updateProfile(userId, { imageUploadId: 'two' });
    await updateProfile(userId, { imageUploadId: null });
    expect(imageKey()).toBeNull();
    expect(pictures).toEqual([
      'keep one',
      'settle one null',
      'keep two',
      `settle two pictures/${userId}/one`,
      'keep two',
      'settle two null',
      `settle null pictures/${userId}/two`,
    ]);
    expect(kept.events(userId).filter(({ type }) => type === 'ProfileChanged')).toHaveLength(4);
  });
});
