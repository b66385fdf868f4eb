import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { UserEvent } from '@storytelling/shared/domain-events/identity';
import { email } from '@storytelling/shared/value-objects/email';
import { language } from '@storytelling/shared/value-objects/language';
import { type UserId, userId } from '@storytelling/shared/value-objects/user-id';
import type { EmailTokens } from '../src/domain/email-tokens.js';
import type { Letter } from '../src/domain/letters.js';
import { openSession, refresh } from '../src/domain/session.js';
import type { Sessions } from '../src/domain/sessions.js';
import {
  authenticate,
  changePassword,
  changeProfile,
  linkProvider,
  register,
  resetPassword,
  revokeSession,
  verifyEmail,
} from '../src/domain/user.js';
import type { Users } from '../src/domain/users.js';

export interface UsersUnderTest {
  readonly users: Users;
  readonly sessions: Sessions;
  events(id: UserId): Promise<readonly UserEvent[]>;
  readonly letters: readonly Letter[];
  readonly emailTokens: EmailTokens;
  close(): Promise<void>;
}

const now = new Date('2026-11-22T20:00:00.123Z');
const hash = (letter: string) => letter.repeat(64);

/** What every place that keeps users and their sessions must do. */
export function usersContract(name: string, open: () => Promise<UsersUnderTest>): void {
  describe(`users ${name}`, () => {
    let kept: UsersUnderTest;
    beforeAll(async () => {
      kept = await open();
    });
    afterAll(() => kept.close());

    const somebody = () => {
      const id = userId(randomUUID());
      const address = email(`${id}@example.org`);
      const registration = { id, email: address, displayName: 'Ada', firstName: 'Ada', lastName: null, language: language('en') };
      const session = openSession({ id: randomUUID(), userId: id, tokenHash: hash('1'), clientAddressTag: hash('a'), device: null }, now);
      return { id, address, registration, session };
    };
    const registered = async () => {
      const given = somebody();
      await kept.users.add(given.id, register(given.registration), { session: given.session, passwordHash: '$argon2id$1' });
      return given;
    };
    const types = async (id: UserId) => (await kept.events(id)).map((event) => event.type);
    const refusal = (code: string) => expect.objectContaining({ code });

    it('keep who registered, with their password and session', async () => {
      const { id, address, session } = await registered();
      expect(await types(id)).toEqual(['UserRegistered', 'NameChanged']);
      expect(await kept.users.credential(address, hash('a'))).toEqual({ userId: id, passwordHash: '$argon2id$1', knownAddress: true });
      expect(await kept.users.credential(address, hash('b'))).toMatchObject({ knownAddress: false });
      const found = await kept.sessions.refresh(session.id, () => ({ outcome: 'repeated' }));
      expect(found?.session).toEqual(session);
    });

    it('refuse a second account of one address, and keep nothing of it', async () => {
      const { address } = await registered();
      const second = somebody();
      const events = register({ ...second.registration, email: address });
      await expect(kept.users.add(second.id, events, { session: second.session, passwordHash: '$argon2id$2' })).rejects.toThrow(
        refusal('EMAIL_TAKEN'),
      );
      expect(await types(second.id)).toEqual([]);
      expect(await kept.sessions.refresh(second.session.id, () => ({ outcome: 'repeated' }))).toBeUndefined();
    });

    it('know nobody by an address that nobody has', async () => {
      expect(await kept.users.credential(email('nobody@example.org'), hash('a'))).toBeUndefined();
    });

    it('let a decision see what the last one did', async () => {
      const { id } = await registered();
      await kept.users.update(id, (user) => changeProfile(user, { displayName: 'Countess', imageKey: 'identity/x' }));
      await kept.users.update(id, (user) => {
        const profile = { displayName: 'Countess', firstName: 'Ada', lastName: null, language: 'en', imageKey: 'identity/x' };
        expect(user.profile).toEqual(profile);
        return [];
      });
      expect(await types(id)).toEqual(['UserRegistered', 'NameChanged', 'ProfileChanged']);
    });

    it('keep nothing of a decision that refuses', async () => {
      const { id, session } = await registered();
      const other = { ...session, id: randomUUID() };
      const refusing = () => {
        throw new Error('no');
      };
      await expect(kept.users.update(id, refusing, { session: other })).rejects.toThrow('no');
      expect(await kept.sessions.refresh(other.id, () => ({ outcome: 'repeated' }))).toBeUndefined();
      expect(await types(id)).toHaveLength(2);
    });

    it('keep a session and a new hash beside a decision', async () => {
      const { id, address, session } = await registered();
      const another = { ...session, id: randomUUID(), clientAddressTag: hash('c') };
      await kept.users.update(id, (user) => authenticate(user, 'password'), { session: another, passwordHash: '$argon2id$3' });
      expect(await kept.users.credential(address, hash('c'))).toEqual({ userId: id, passwordHash: '$argon2id$3', knownAddress: true });
      expect(await types(id)).toContain('UserAuthenticated');
    });

    it('refuse whom nobody is', async () => {
      await expect(kept.users.update(userId('nobody-at-all'), () => [])).rejects.toThrow(refusal('USER_NOT_FOUND'));
    });

    it('decide about all sessions that are open, and post letters with what they tell of', async () => {
      const { id, address, session } = await registered();
      const [ended, open] = [
        { ...session, id: randomUUID() },
        { ...session, id: randomUUID() },
      ];
      for (const each of [ended, open]) await kept.users.update(id, () => [], { session: each });
      await kept.users.updateSession(id, ended.id, (user, found) => revokeSession(user, found, 'sign-out'));
      await kept.users.updateSessions(
        id,
        (user, sessions) => {
          expect(sessions.map((each) => each.id).sort()).toEqual([session.id, open.id].sort());
          return changePassword(user, sessions, session.id);
        },
        { passwordHash: '$argon2id$4', letters: [{ kind: 'password-changed', userId: id }] },
      );
      expect((await types(id)).slice(-2)).toEqual(['PasswordChanged', 'SessionRevoked']);
      expect((await kept.sessions.refresh(open.id, () => ({ outcome: 'ended' })))?.session.revoked?.reason).toBe('password-changed');
      expect((await kept.sessions.refresh(session.id, () => ({ outcome: 'repeated' })))?.session.revoked).toBeNull();
      expect(await kept.users.credential(address, hash('a'))).toMatchObject({ passwordHash: '$argon2id$4' });
      expect(await kept.users.passwordHash(id)).toBe('$argon2id$4');
      expect(kept.letters.filter((letter) => 'userId' in letter && letter.userId === id)).toEqual([
        { kind: 'password-changed', userId: id },
      ]);
    });

    it('post no letter of a decision that refuses', async () => {
      const { id } = await registered();
      const refusing = () => {
        throw new Error('no');
      };
      await expect(kept.users.update(id, refusing, { letters: [{ kind: 'verify-email', userId: id }] })).rejects.toThrow('no');
      expect(kept.letters.filter((letter) => 'userId' in letter && letter.userId === id)).toEqual([]);
    });

    it('let a token be spent once, for what and by whom it was issued', async () => {
      const { id } = await registered();
      const other = await registered();
      const token = await kept.emailTokens.issue(randomUUID(), 'verify-email', id);
      expect(await kept.emailTokens.holder('verify-email', token)).toBe(id);
      expect(await kept.emailTokens.holder('reset-password', token)).toBeUndefined();
      expect(await kept.emailTokens.holder('verify-email', `${token}x`)).toBeUndefined();
      const spends = { purpose: 'verify-email', token } as const;
      await expect(kept.users.update(id, verifyEmail, { spends: { ...spends, purpose: 'reset-password' } })).rejects.toThrow(
        refusal('EMAIL_TOKEN_INVALID'),
      );
      await expect(kept.users.update(other.id, verifyEmail, { spends })).rejects.toThrow(refusal('EMAIL_TOKEN_INVALID'));
      const outcomes = await Promise.allSettled([1, 2, 3].map(() => kept.users.update(id, verifyEmail, { spends })));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await kept.emailTokens.holder('verify-email', token)).toBeUndefined();
      expect((await types(id)).filter((type) => type === 'EmailVerified')).toHaveLength(1);
    });

    it('issue the same token for the same letter, and never revive it', async () => {
      const { id } = await registered();
      const letter = randomUUID();
      const token = await kept.emailTokens.issue(letter, 'verify-email', id);
      await kept.users.update(id, verifyEmail, { spends: { purpose: 'verify-email', token } });
      expect(await kept.emailTokens.issue(letter, 'verify-email', id)).toBe(token);
      expect(await kept.emailTokens.holder('verify-email', token)).toBeUndefined();
    });

    it('know whom an account at a provider signs in, until it is unlinked', async () => {
      const { id, address } = await registered();
      const account = { provider: 'example', subject: randomUUID() };
      expect(await kept.users.byProvider(account)).toBeUndefined();
      await kept.users.update(id, (user) => [...verifyEmail(user), ...linkProvider({ ...user, isEmailVerified: true }, account)]);
      expect(await kept.users.byProvider(account)).toBe(id);
      expect(await kept.users.byProvider({ ...account, provider: 'other' })).toBeUndefined();
      const found = { id, isEmailVerified: true, providers: [account] };
      expect(await kept.users.byId(id)).toMatchObject(found);
      expect(await kept.users.byEmail(address)).toMatchObject(found);
      await kept.users.updateSessions(id, (user, sessions) => resetPassword(user, sessions, { hasSecondFactor: false }));
      expect(await kept.users.byProvider(account)).toBeUndefined();
      expect(await kept.users.byId(userId('nobody-at-all'))).toBeUndefined();
      expect(await kept.users.byEmail(email('nobody@example.org'))).toBeUndefined();
    });

    it('end a session by its event, once', async () => {
      const { id, session } = await registered();
      for (let time = 0; time < 2; time += 1)
        await kept.users.updateSession(id, session.id, (user, found) => revokeSession(user, found, 'reuse'));
      expect((await types(id)).filter((type) => type === 'SessionRevoked')).toHaveLength(1);
      const found = await kept.sessions.refresh(session.id, () => ({ outcome: 'ended' }));
      expect(found?.session.revoked?.reason).toBe('reuse');
    });

    it('decide nothing about a session of somebody else, or about none', async () => {
      const { id } = await registered();
      const other = await registered();
      for (const sessionId of [other.session.id, randomUUID()]) {
        await kept.users.updateSession(id, sessionId, (user, found) => revokeSession(user, found, 'sign-out'));
      }
      expect(await types(id)).toHaveLength(2);
      expect(await types(other.id)).toHaveLength(2);
    });

    it('keep a rotated session, and leave one alone that was not rotated', async () => {
      const { session } = await registered();
      const present = (token: string, successor: string) =>
        kept.sessions.refresh(session.id, (found) => refresh(found, { hash: hash(token), successorHash: hash(successor) }, now));
      expect((await present('1', '2'))?.outcome).toBe('rotated');
      expect((await present('1', '2'))?.outcome).toBe('repeated');
      expect((await present('2', '3'))?.outcome).toBe('rotated');
      expect((await present('1', '2'))?.outcome).toBe('reused');
      expect((await present('3', '4'))?.outcome).toBe('rotated');
    });
  });
}
