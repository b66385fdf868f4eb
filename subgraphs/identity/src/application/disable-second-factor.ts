import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { refuse } from '../domain/refusals.js';
import { disable } from '../domain/second-factor.js';
import { presentCode, type SecondFactorPorts } from './ask-second-factor.js';
import type { Client } from './signed-in.js';

/** Takes a code of the app or a recovery code: a stolen session cannot take the second factor away. */
export const disableSecondFactor =
  (ports: SecondFactorPorts) =>
  async (userId: UserId, { code }: { readonly code: string }, client: Client): Promise<UserId> => {
    const { isEnrolled, knownAddress } = await ports.secondFactors.standing(userId, ports.tag('address', client.address));
    if (!isEnrolled) throw refuse.SECOND_FACTOR_MISSING();
    await presentCode(ports, { userId, code, field: 'code', clientAddress: client.address, knownAddress }, disable);
    return userId;
  };
