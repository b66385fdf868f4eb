import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { email } from '@storytelling/shared/value-objects/email';
import { language } from '@storytelling/shared/value-objects/language';
import type { IdentityPorts } from '../src/identity-context.js';
import type { Letter } from '../src/domain/letters.js';
import { linkProvider } from '../src/domain/user.js';
import { argon2Passwords } from '../src/infrastructure/argon2-passwords.js';
import { letterBox, type LetterJob } from '../src/infrastructure/letter-box.js';
import { secretsFrom } from '../src/infrastructure/secrets.js';
import { type IdentityDatabase, identityDatabase } from './identity-database.js';
import { identityOn } from './identity-ports.js';

const password = 'the analytical engine';
const refusal = (code: string, field?: string) => expect.objectContaining({ code, ...(field && { field }) });
const minute = 60_000;

describe('an account and its address', () => {
  let database: IdentityDatabase;
  beforeAll(async () => {
    database = await identityDatabase();
  });
  afterAll(() => database.close());

  /** All verbs, with a clock, and a postman who delivers when asked. */
  function identity(ports: Partial<IdentityPorts> = {}) {
    let time = Date.now();
    const mails: { id: string; to: string; subject: string; text: string }[] = [];
    const context = identityOn(database, { now: () => new Date(time), post: { send: async (mail) => void mails.push(mail) }, ...ports });
    const { verbs, jobs } = context;
    const client = (address: string = randomUUID()) => ({ address, device: null });
    return {
      ...verbs,
      mails,
      client,
      wait: (minutes: number) => {
        time += minutes * minute;
      },
      /** Sends the newest letter of a kind, as its job does; `twice` as one that was killed before it could say so. */
      async deliver(kind: Letter['kind'], { times = 1 } = {}): Promise<string> {
        const letter = database.letters.findLast((each) => each.kind === kind);
        if (!letter) throw new Error(`no letter ${kind}`);
        const id = randomUUID();
        const at = new Date(time);
        for (let sent = 0; sent < times; sent += 1) await jobs.sendLetter({ id, at, letter });
        return /^[\w-]{43}$/m.exec(mails.at(-1)?.text ?? '')?.[0] ?? '';
      },
      async registered(from = client()) {
        const address = `${randomUUID()}@example.org`;
        const session = await verbs.register({ email: address, password, displayName: 'Ada' }, from);
        return { ...session, address, sessionId: session.accessToken.split(' ')[1] ?? '' };
      },
      async isOpen(refreshToken: string) {
        return verbs.refreshSession({ refreshToken }).then(
          () => true,
          () => false,
        );
      },
    };
  }
  const typesOf = async (id: Parameters<IdentityDatabase['events']>[0]) => (await database.events(id)).map(({ type }) => type);

  describe('verifyEmail', () => {
    it('takes the token of the mail that registering sends, once', async () => {
      const { registered, deliver, verifyEmail, mails, client } = identity();
      const { userId, address } = await registered();
      const token = await deliver('verify-email');
      expect(mails).toMatchObject([{ to: address, subject: 'Confirm your e-mail address' }]);
      expect(await verifyEmail({ token }, client().address)).toBe(userId);
      expect(await typesOf(userId)).toEqual(['UserRegistered', 'EmailVerified']);
      await expect(verifyEmail({ token }, client().address)).rejects.toThrow(refusal('EMAIL_TOKEN_INVALID', 'token'));
    });

    it('may be repeated by its owner, who lost the answer, and by nobody else', async () => {
      const { registered, deliver, verifyEmail, client } = identity();
      const { userId } = await registered();
      const token = await deliver('verify-email');
      const { userId: another } = await registered();
      await verifyEmail({ token }, client().address, userId);
      expect(await verifyEmail({ token }, client().address, userId)).toBe(userId);
      for (const by of [another, undefined]) {
        await expect(verifyEmail({ token }, client().address, by)).rejects.toThrow(refusal('EMAIL_TOKEN_INVALID'));
      }
      expect(await typesOf(userId)).toEqual(['UserRegistered', 'EmailVerified']);
    });

    it('knows its own tokens only, for three days, for nothing else', async () => {
      const { registered, deliver, verifyEmail, resetPassword, wait, client } = identity();
      const { userId } = await registered();
      const token = await deliver('verify-email');
      for (const wrong of ['', 'x'.repeat(43), token.slice(1), `${token} `, '\u0000', 'x'.repeat(100_000)]) {
        await expect(verifyEmail({ token: wrong }, client().address)).rejects.toThrow(refusal('EMAIL_TOKEN_INVALID'));
      }
      await expect(resetPassword({ token, password }, client())).rejects.toThrow(refusal('EMAIL_TOKEN_INVALID'));
      wait(72 * 60);
      await expect(verifyEmail({ token }, client().address)).rejects.toThrow(refusal('EMAIL_TOKEN_INVALID'));
      expect(await typesOf(userId)).toEqual(['UserRegistered']);
    });

    it('is a letter that may be sent twice, and is the same letter then', async () => {
      const { registered, deliver, mails } = identity();
      await registered();
      await deliver('verify-email', { times: 2 });
      expect(mails).toHaveLength(2);
      expect(mails[1]).toEqual(mails[0]);
    });

    it('writes in the language of the reader, and no word that a stranger chose', async () => {
      const { register, deliver, mails, client } = identity();
      const displayName = 'Visit https://evil.example';
      await register({ email: `${randomUUID()}@example.org`, password, displayName, language: 'de-AT' }, client());
      await deliver('verify-email');
      expect(mails[0]?.subject).toBe('Bestätige deine E-Mail-Adresse');
      expect(JSON.stringify(mails)).not.toContain('evil.example');
    });

    it('can be asked for again, five times an hour, and not once it is done', async () => {
      const { registered, requestEmailVerification, deliver, verifyEmail, mails, client } = identity();
      const { userId } = await registered();
      for (let time = 0; time < 5; time += 1) await requestEmailVerification(userId, client().address);
      await expect(requestEmailVerification(userId, client().address)).rejects.toThrow(refusal('TOO_MANY_ATTEMPTS'));
      const [first, second] = [await deliver('verify-email'), await deliver('verify-email')];
      expect(first).not.toBe(second);
      await verifyEmail({ token: first }, client().address);
      // The other mail has nothing left to do; a letter that is still in the queue is not sent at all.
      await expect(verifyEmail({ token: second }, client().address)).rejects.toThrow(refusal('EMAIL_TOKEN_INVALID'));
      const [sent, posted] = [mails.length, database.letters.length];
      await deliver('verify-email');
      await requestEmailVerification(userId, client().address);
      expect([mails.length, database.letters.length]).toEqual([sent, posted]);
    });
  });

  describe('resetPassword', () => {
    it('gives the account back: a new password, every session and every other way in ended, the address verified', async () => {
      const { registered, signIn, requestPasswordReset, resetPassword, deliver, isOpen, mails, client } = identity();
      const { userId, address, refreshToken: thiefs } = await registered();
      const another = await signIn({ email: address, password }, client());
      await database.users.update(userId, (user) =>
        linkProvider({ ...user, isEmailVerified: true }, { provider: 'example', subject: userId }),
      );

      await requestPasswordReset({ email: address.toUpperCase() }, client().address);
      const token = await deliver('reset-password');
      expect(mails.at(-1)).toMatchObject({ to: address, subject: 'Set a new password' });
      const session = await resetPassword({ token, password: 'a new long password' }, client());
      expect(session.userId).toBe(userId);
      expect([await isOpen(thiefs), await isOpen(another.refreshToken), await isOpen(session.refreshToken)]).toEqual([false, false, true]);
      expect(await database.users.byId(userId)).toMatchObject({ isEmailVerified: true, providers: [] });
      expect((await typesOf(userId)).slice(-6)).toEqual([
        'PasswordChanged',
        'EmailVerified',
        'SessionRevoked',
        'SessionRevoked',
        'ProviderUnlinked',
        'UserAuthenticated',
      ]);
      await expect(signIn({ email: address, password }, client())).rejects.toThrow(refusal('SIGN_IN_FAILED'));
      await expect(signIn({ email: address, password: 'a new long password' }, client())).resolves.toMatchObject({ userId });
      await deliver('password-reset');
      expect(mails.at(-1)).toMatchObject({ to: address, subject: 'Your password was reset' });
    });

    it('takes a token once, within an hour, and spends it only on a password that is good', async () => {
      const { registered, requestPasswordReset, resetPassword, deliver, wait, client } = identity();
      const { address } = await registered();
      const ask = async () => {
        await requestPasswordReset({ email: address }, client().address);
        return deliver('reset-password');
      };
      const [token, second] = [await ask(), await ask()];
      await expect(resetPassword({ token, password: 'short' }, client())).rejects.toThrow(refusal('PASSWORD_TOO_SHORT', 'password'));
      const attempts = await Promise.allSettled(
        Array.from({ length: 5 }, (_, n) => resetPassword({ token, password: `a good password ${n}` }, client())),
      );
      expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      // A mail that somebody asked for before is of no use any more.
      await expect(resetPassword({ token: second, password }, client())).rejects.toThrow(refusal('EMAIL_TOKEN_INVALID'));
      const late = await ask();
      wait(60);
      await expect(resetPassword({ token: late, password }, client())).rejects.toThrow(refusal('EMAIL_TOKEN_INVALID'));
    });

    it('asks for the second factor of a verified owner, and drops that of a stranger who registered with the address', async () => {
      const enrolled = async (verified: boolean) => {
        const all = identity();
        const { userId, address } = await all.registered();
        if (verified) await all.verifyEmail({ token: await all.deliver('verify-email') }, all.client().address);
        await all.beginSecondFactor(userId);
        await database.pool.query('UPDATE second_factors SET confirmed_at = now() WHERE user_id = $1', [userId]);
        await all.requestPasswordReset({ email: address }, all.client().address);
        return { ...all, userId, address, token: await all.deliver('reset-password') };
      };
      const owner = await enrolled(true);
      await expect(owner.resetPassword({ token: owner.token, password }, owner.client())).rejects.toThrow(
        refusal('SECOND_FACTOR_REQUIRED'),
      );
      const stranger = await enrolled(false);
      await stranger.resetPassword({ token: stranger.token, password }, stranger.client());
      expect(await typesOf(stranger.userId)).toContain('SecondFactorDisabled');
      await expect(stranger.signIn({ email: stranger.address, password }, stranger.client())).resolves.toBeDefined();
    });

    it('sends nothing to a closed account, to nobody, and no more than five mails an hour to one address', async () => {
      const { registered, requestPasswordReset, deliver, mails, client } = identity();
      const { userId, address } = await registered();
      for (let time = 0; time < 8; time += 1) await requestPasswordReset({ email: address }, client().address);
      expect(database.letters.filter((letter) => letter.kind === 'reset-password' && letter.email === address)).toHaveLength(5);
      await database.users.update(userId, () => [{ type: 'UserDeactivated', data: { userId } }]);
      await deliver('reset-password');
      await requestPasswordReset({ email: 'nobody@example.org' }, client().address);
      await deliver('reset-password');
      expect(mails).toEqual([]);
    });

    it('waits in the queue without anybody’s address in clear', async () => {
      const queue: object[] = [];
      const box = letterBox({
        jobs: { enqueue: async (_tx, _queue, data) => void queue.push(data) },
        sealing: secretsFrom(new Uint8Array(32).fill(5)).letters,
        newId: randomUUID,
        now: () => new Date(),
      });
      const letter = { kind: 'reset-password', email: email('ada@example.org') } as const;
      await box.post(database.prisma, letter);
      expect(JSON.stringify(queue)).not.toContain('ada');
      expect(box.open(JSON.parse(JSON.stringify(queue[0])) as LetterJob)).toEqual(letter);
    });
  });

  describe('changePassword', () => {
    it('ends the other sessions, stays in this one, and tells the owner', async () => {
      const { registered, signIn, changePassword, deliver, isOpen, mails, client } = identity();
      const { userId, sessionId, refreshToken, address } = await registered();
      const another = await signIn({ email: address, password }, client());
      const by = { userId, sessionId, clientAddress: client().address };
      await changePassword(by, { currentPassword: password, newPassword: 'a new long password' });
      expect([await isOpen(refreshToken), await isOpen(another.refreshToken)]).toEqual([true, false]);
      await expect(signIn({ email: address, password: 'a new long password' }, client())).resolves.toBeDefined();
      await deliver('password-changed');
      expect(mails.at(-1)).toMatchObject({ to: address, subject: 'Your password was changed' });
    });

    it('takes who knows the old one, counted as signing in is', async () => {
      const { registered, changePassword, client } = identity();
      const { userId, sessionId } = await registered();
      const by = { userId, sessionId, clientAddress: client().address };
      const wrong = () => changePassword(by, { currentPassword: 'a wrong password', newPassword: 'a new long password' });
      await expect(wrong()).rejects.toThrow(refusal('CURRENT_PASSWORD_WRONG', 'currentPassword'));
      await expect(changePassword(by, { currentPassword: password, newPassword: 'short' })).rejects.toThrow(
        refusal('PASSWORD_TOO_SHORT', 'newPassword'),
      );
      for (let time = 1; time < 10; time += 1) await expect(wrong()).rejects.toThrow(refusal('CURRENT_PASSWORD_WRONG'));
      await expect(changePassword(by, { currentPassword: password, newPassword: 'a new long password' })).rejects.toThrow(
        refusal('TOO_MANY_ATTEMPTS'),
      );
    });
  });

  /** Nobody can tell by answer, by work or by time whether an address has an account. */
  describe('known and unknown addresses', () => {
    const hashes = argon2Passwords();
    const verify = jest.fn(hashes.verify);
    let all: ReturnType<typeof identity>;
    let known: string;
    const ways: [string, (account: string) => Promise<unknown>][] = [
      ['signIn', (account) => all.signIn({ email: account, password: 'a wrong password' }, all.client())],
      ['requestPasswordReset', (account) => all.requestPasswordReset({ email: account }, all.client().address)],
    ];
    const unknown = () => `${randomUUID()}@example.org`;
    const answerOf = (way: Promise<unknown>) =>
      way.then(
        (answer) => JSON.stringify(answer),
        (error: Error) => JSON.stringify({ ...error, message: error.message }),
      );

    beforeAll(async () => {
      all = identity({ passwords: { ...hashes, verify } });
      known = (await all.registered()).address;
      // Warm: the first comparison with nobody's password hashes it.
      for (const [, way] of ways) await Promise.all([answerOf(way(known)), answerOf(way(unknown()))]);
    });

    it.each(ways)('get the same answer for the same work (%s)', async (_, way) => {
      const query = jest.spyOn(database.pool, 'query');
      const workOf = async (account: string) => {
        const posted = database.letters.length;
        query.mockClear();
        verify.mockClear();
        let answer = '';
        const statements = await database.statementsOf(async () => {
          answer = await answerOf(way(account));
        });
        return {
          answer,
          statements,
          queries: query.mock.calls.length,
          hashes: verify.mock.calls.length,
          letters: database.letters.length - posted,
        };
      };
      const work = await workOf(known);
      expect(await workOf(unknown())).toEqual(work);
      expect(work.queries).toBeGreaterThan(1);
      query.mockRestore();
    });

    it.each(ways)('take as long (%s)', async (_, way) => {
      const timeOf = async (account: string) => {
        const began = performance.now();
        await answerOf(way(account));
        return performance.now() - began;
      };
      const times = { known: [] as number[], unknown: [] as number[] };
      // Turn by turn, so that whatever else the machine does meets both alike.
      for (let turn = 0; turn < 30; turn += 1) {
        const first = turn % 2 === 0;
        if (first) times.known.push(await timeOf(known));
        times.unknown.push(await timeOf(unknown()));
        if (!first) times.known.push(await timeOf(known));
      }
      // The chance that a known one takes longer than an unknown one (Mann–Whitney): ½ when time tells nothing, with a standard deviation of 0.075 for 30
      // and 30. The bounds are four of them away; hashing for one of the two only gives 0 or 1.
      const longer = times.known.flatMap((a) => times.unknown.map((b) => (a > b ? 1 : 0)));
      const chance = longer.reduce<number>((sum, each) => sum + each, 0) / longer.length;
      expect(chance).toBeGreaterThan(0.2);
      expect(chance).toBeLessThan(0.8);
    });
  });

  it('keeps a reader whose language nobody wrote in English', async () => {
    const { register, updateProfile, deliver, mails, client } = identity();
    const { userId } = await register({ email: `${randomUUID()}@example.org`, password, displayName: 'Ada' }, client());
    await updateProfile(userId, { language: language('fi') });
    await deliver('verify-email');
    expect(mails[0]?.subject).toBe('Confirm your e-mail address');
  });
});
