import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { refuse } from '../domain/refusals.js';
import { type Changed, type SecondFactor, spend } from '../domain/second-factor.js';
import type { Ports } from './ports.js';
import type { Client } from './signed-in.js';

export type SecondFactorPorts = Pick<Ports, 'secondFactors' | 'oneTimeCodes' | 'attempts' | 'tag' | 'now'>;

/**
 * Asks for the second factor, of whoever has one: before a session is opened, and again before what a stolen session alone must not do.
 * `required` also refuses whoever has none. Called after everything else is known to be right (the password, the permission), so that nobody learns from
 * it what they should not know; the code is spent by it.
 */
export const askSecondFactor =
  (ports: SecondFactorPorts) =>
  async (userId: UserId, code: string | null | undefined, client: Client, { required = false } = {}): Promise<void> => {
    const { isEnrolled, knownAddress } = await ports.secondFactors.standing(userId, ports.tag('address', client.address));
    if (!isEnrolled && required) throw refuse.SECOND_FACTOR_MISSING();
    if (!isEnrolled) return;
    if (!code) throw refuse.SECOND_FACTOR_REQUIRED();
    await presentCode(ports, { userId, code, field: 'secondFactorCode', clientAddress: client.address, knownAddress }, (spent) => spent);
  };

/** Counts the attempt before it is made, spends the code, and does in the same transaction what it is presented for. */
export async function presentCode(
  { secondFactors, oneTimeCodes, attempts, tag, now }: SecondFactorPorts,
  { code, field, ...attempt }: { userId: UserId; code: string; field: string; clientAddress: string; knownAddress: boolean },
  then: (spent: Changed & { readonly factor: SecondFactor }) => Changed,
): Promise<void> {
  await attempts.secondFactor(attempt);
  const hashOf = (recoveryCode: string) => hashOfRecoveryCode(tag, attempt.userId, recoveryCode);
  await secondFactors.update(attempt.userId, (_, factor) =>
    then(spend(factor, { code, field }, now(), { codeAt: oneTimeCodes.codeAt, hashOf })),
  );
  await attempts.secondFactorSucceeded(attempt);
}

/** Keyed and bound to its owner; a fast hash is enough for 80 random bits. */
export const hashOfRecoveryCode = (tag: Ports['tag'], userId: UserId, code: string) => tag('recovery code', `${userId} ${code}`);
