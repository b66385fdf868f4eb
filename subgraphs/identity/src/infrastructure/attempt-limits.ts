import type pg from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Attempts } from '../domain/attempts.js';
import { refuse } from '../domain/refusals.js';
import type { Secrets } from './secrets.js';

/**
 * Three nets over signing in, from fine to coarse. An attacker at one address is caught by the first. One with many addresses is caught by the second, and
 * that one must not lock the owner out: it lasts 5 minutes only, and does not hold for addresses that the account has signed in from before. The third bounds
 * what one address can cost us in hashing whatever accounts it names; it is wide, because a school is one address. Durations in seconds.
 */
export const limits = {
  addressAndAccount: { points: 10, duration: 15 * 60 },
  account: { points: 50, duration: 5 * 60 },
  address: { points: 300, duration: 15 * 60 },
  /**
   * Codes are short: three of a million are right at any moment. Whoever knows the password and has every address of the world guesses one within
   * a year with a chance of 40 %; from one address, ten wrong ones are the end for a quarter of an hour.
   */
  addressAndSecondFactor: { points: 10, duration: 15 * 60 },
  secondFactor: { points: 20, duration: 60 * 60 },
  /** Mails that somebody makes us send: by whom, and to whom. */
  mailFrom: { points: 30, duration: 60 * 60 },
  mailTo: { points: 5, duration: 60 * 60 },
  registration: { points: 60, duration: 60 * 60 },
} as const;

type Limit = { readonly points: number; readonly duration: number };
type Limits = { readonly [name in keyof typeof limits]: Limit };

/** Counted in PostgreSQL, so that all replicas count together: one statement per attempt and net. Keys are keyed hashes. */
export function postgresAttempts(pool: pg.Pool, { tag }: Pick<Secrets, 'tag'>, chosen: Limits = limits): Attempts {
  const counter = (name: keyof Limits) => {
    const limiter = new RateLimiterPostgres({
      ...chosen[name],
      keyPrefix: name,
      storeClient: pool,
      storeType: 'pool',
      tableName: 'attempts',
      tableCreated: true,
      // housekeeping.ts takes expired counters away.
      clearExpiredByTimeout: false,
    });
    /** Until when there were too many; undefined: this one was let through. */
    const exhaustedUntil = async (value: string): Promise<Date | undefined> => {
      try {
        await limiter.consume(tag(name, value));
        return undefined;
      } catch (result) {
        if (!(result instanceof RateLimiterRes)) throw result;
        return new Date(Date.now() + result.msBeforeNext);
      }
    };
    return {
      exhaustedUntil,
      async count(value: string): Promise<void> {
        const until = await exhaustedUntil(value);
        if (until) throw refuse.TOO_MANY_ATTEMPTS({ retryAt: until.toISOString() });
      },
      forget: (value: string) => limiter.delete(tag(name, value)),
      takeBack: (value: string) => limiter.reward(tag(name, value)),
    };
  };
  const both = counter('addressAndAccount');
  const alone = counter('account');
  const address = counter('address');
  const registration = counter('registration');
  const mailFrom = counter('mailFrom');
  const mailTo = counter('mailTo');
  const codesFromAddress = counter('addressAndSecondFactor');
  const codes = counter('secondFactor');

  return {
    register: (clientAddress) => registration.count(clientAddress),
    present: (clientAddress) => address.count(clientAddress),
    askForMail: (clientAddress) => mailFrom.count(clientAddress),
    mailTo: (account) => mailTo.exhaustedUntil(account),
    async signIn({ clientAddress, account, knownAddress }) {
      await address.count(clientAddress);
      await both.count(`${clientAddress} ${account}`);
      if (!knownAddress) await alone.count(account);
    },
    async succeeded({ clientAddress, account, knownAddress }) {
      await both.forget(`${clientAddress} ${account}`);
      if (!knownAddress) await alone.takeBack(account);
    },
    async secondFactor({ clientAddress, userId, knownAddress }) {
      await codesFromAddress.count(`${clientAddress} ${userId}`);
      if (!knownAddress) await codes.count(userId);
    },
    async secondFactorSucceeded({ clientAddress, userId, knownAddress }) {
      await codesFromAddress.forget(`${clientAddress} ${userId}`);
      if (!knownAddress) await codes.takeBack(userId);
    },
  };
}
