import type { UserEvent } from '@storytelling/shared/domain-events/identity';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { OneTimeCodes } from './one-time-codes.js';
import { refuse } from './refusals.js';
import { active, type User } from './user.js';

/** What somebody holds beside knowing a password. It counts from its confirmation on, which shows that the app has the secret. */
export interface SecondFactor {
  readonly userId: UserId;
  readonly secret: Uint8Array;
  readonly begunAt: Date;
  readonly confirmedAt: Date | null;
  /** The time step of the last code that was taken: neither it nor an earlier one is taken again, so that a code read over a shoulder is worth nothing. */
  readonly lastStep: number;
  /** Keyed hashes of the recovery codes that are not spent. */
  readonly recoveryCodes: readonly string[];
}

/** How a code is judged: from outside, because the domain neither hashes nor knows keys. */
export interface Judge {
  readonly codeAt: OneTimeCodes['codeAt'];
  readonly hashOf: (recoveryCode: string) => string;
}

export interface Changed {
  /** null: none any more. */
  readonly factor: SecondFactor | null;
  readonly events: readonly UserEvent[];
}

export const recoveryCodesGiven = 10;

/** Beginning again replaces a secret that was never confirmed: its code may have been closed before it was scanned. */
export function begin(user: User, factor: SecondFactor | null, secret: Uint8Array, now: Date): Changed {
  const { id: userId } = active(user);
  if (factor?.confirmedAt) throw refuse.SECOND_FACTOR_EXISTS();
  return { factor: { userId, secret, begunAt: now, confirmedAt: null, lastStep: 0, recoveryCodes: [] }, events: [] };
}

export function confirm(
  user: User,
  factor: SecondFactor | null,
  { code, recoveryCodes }: { readonly code: string; readonly recoveryCodes: readonly string[] },
  now: Date,
  { codeAt }: Pick<Judge, 'codeAt'>,
): Changed {
  const { id: userId } = active(user);
  if (factor?.confirmedAt) throw refuse.SECOND_FACTOR_EXISTS();
  if (!factor) throw refuse.SECOND_FACTOR_NOT_BEGUN();
  const lastStep = stepOf(factor, normalised(code), now, codeAt);
  if (lastStep === undefined) throw refuse.SECOND_FACTOR_WRONG(undefined, 'code');
  return { factor: { ...factor, confirmedAt: now, lastStep, recoveryCodes }, events: [{ type: 'SecondFactorEnabled', data: { userId } }] };
}

/** Takes a code of the app, or a recovery code, once. */
export function spend(
  factor: SecondFactor | null,
  { code, field }: { readonly code: string; readonly field?: string },
  now: Date,
  { codeAt, hashOf }: Judge,
): Changed & { readonly factor: SecondFactor } {
  if (!factor?.confirmedAt) throw refuse.SECOND_FACTOR_WRONG(undefined, field);
  const given = normalised(code);
  const lastStep = stepOf(factor, given, now, codeAt);
  if (lastStep !== undefined) return { factor: { ...factor, lastStep }, events: [] };
  const hash = /^[A-Z2-7]{16}$/.test(given) ? hashOf(given) : undefined;
  const recoveryCodes = factor.recoveryCodes.filter((kept) => kept !== hash);
  if (recoveryCodes.length === factor.recoveryCodes.length) throw refuse.SECOND_FACTOR_WRONG(undefined, field);
  return {
    factor: { ...factor, recoveryCodes },
    events: [{ type: 'RecoveryCodeSpent', data: { userId: factor.userId, left: recoveryCodes.length } }],
  };
}

/** Whoever presented a right code may do without one from now on. */
export function disable({ factor, events }: Changed & { readonly factor: SecondFactor }): Changed {
  return { factor: null, events: [...events, { type: 'SecondFactorDisabled', data: { userId: factor.userId } }] };
}

/** What an app reads from a picture (Key Uri Format). */
export function setupUri(account: string, readableSecret: string): string {
  const issuer = 'Storytelling';
  return `otpauth://totp/${issuer}:${encodeURIComponent(account)}?secret=${readableSecret}&issuer=${issuer}&algorithm=SHA1&digits=6&period=30`;
}

const period = 30_000;
/** One step to either side (RFC 6238, 5.2), for clocks that go wrong by as much and for slow fingers: a code is good for 90 seconds. */
const tolerance = [0, -1, 1];

function stepOf({ secret, lastStep }: SecondFactor, code: string, now: Date, codeAt: OneTimeCodes['codeAt']): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined;
  const present = Math.floor(now.getTime() / period);
  return tolerance.map((by) => present + by).find((step) => step > lastStep && codeAt(secret, step) === code);
}

/** Apps and our own list show codes in groups. */
const normalised = (code: string) => code.replace(/[\s-]/g, '').toUpperCase();
