import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { confirm, recoveryCodesGiven } from '../domain/second-factor.js';
import { askPassword } from './ask-password.js';
import { hashOfRecoveryCode } from './ask-second-factor.js';
import type { Ports } from './ports.js';
import type { Client } from './signed-in.js';

export interface SecondFactorConfirmation {
  readonly userId: UserId;
  /** In groups of four, as they are to be written down. */
  readonly recoveryCodes: readonly string[];
}

/**
 * From here on the second factor is asked for, which is why the password is asked for first: a thief of an open session could keep its owner out for good.
 * The recovery codes are told once: afterwards only their hashes are known.
 */
export const confirmSecondFactor =
  (ports: Pick<Ports, 'secondFactors' | 'oneTimeCodes' | 'tag' | 'now' | 'users' | 'passwords' | 'attempts'>) =>
  async (
    userId: UserId,
    { code, password }: { readonly code: string; readonly password?: string | null },
    client: Client,
  ): Promise<SecondFactorConfirmation> => {
    const { secondFactors, oneTimeCodes, tag, now } = ports;
    await askPassword(ports)(userId, password, client.address, 'password');
    const told = Array.from({ length: recoveryCodesGiven }, () => oneTimeCodes.newRecoveryCode());
    const recoveryCodes = told.map((one) => hashOfRecoveryCode(tag, userId, one));
    await secondFactors.update(userId, (user, factor) => confirm(user, factor, { code, recoveryCodes }, now(), oneTimeCodes));
    return { userId, recoveryCodes: told.map((one) => one.replace(/(.{4})(?=.)/g, '$1-')) };
  };
