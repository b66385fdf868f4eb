import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { begin, setupUri } from '../domain/second-factor.js';
import type { Ports } from './ports.js';

export interface SecondFactorSetup {
  readonly secret: string;
  readonly uri: string;
}

/** Makes a secret for an authenticator app. It counts for nothing until a code of it is confirmed. */
export const beginSecondFactor =
  ({ secondFactors, oneTimeCodes, now }: Pick<Ports, 'secondFactors' | 'oneTimeCodes' | 'now'>) =>
  async (userId: UserId): Promise<SecondFactorSetup> => {
    const newSecret = oneTimeCodes.newSecret();
    let account = '';
    await secondFactors.update(userId, (user, factor) => {
      account = user.email ?? user.id;
      return begin(user, factor, newSecret, now());
    });
    const secret = oneTimeCodes.readable(newSecret);
    return { secret, uri: setupUri(account, secret) };
  };
