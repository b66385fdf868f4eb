import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { confirm, recoveryCodesGiven } from '../domain/second-factor.js';
import { hashOfRecoveryCode } from './ask-second-factor.js';
import type { Ports } from './ports.js';

export interface SecondFactorConfirmation {
  readonly userId: UserId;
  /** In groups of four, as they are to be written down. */
  readonly recoveryCodes: readonly string[];
}

/** From here on the second factor is asked for. The recovery codes are told once: afterwards only their hashes are known. */
export const confirmSecondFactor =
  ({ secondFactors, oneTimeCodes, tag, now }: Pick<Ports, 'secondFactors' | 'oneTimeCodes' | 'tag' | 'now'>) =>
  async (userId: UserId, { code }: { readonly code: string }): Promise<SecondFactorConfirmation> => {
    const told = Array.from({ length: recoveryCodesGiven }, () => oneTimeCodes.newRecoveryCode());
    const recoveryCodes = told.map((one) => hashOfRecoveryCode(tag, userId, one));
    await secondFactors.update(userId, (user, factor) => confirm(user, factor, { code, recoveryCodes }, now(), oneTimeCodes));
    return { userId, recoveryCodes: told.map((one) => one.replace(/(.{4})(?=.)/g, '$1-')) };
  };
