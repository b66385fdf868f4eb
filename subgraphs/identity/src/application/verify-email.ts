import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { refuse } from '../domain/refusals.js';
import { verifyEmail as decide } from '../domain/user.js';
import type { Ports } from './ports.js';

/**
 * By the token of a mail, signed in or not: the mail may be read on another device. The token is good once; its owner, signed in, may repeat the request when
 * the answer was lost.
 */
export const verifyEmail =
  ({ users, emailTokens, attempts }: Pick<Ports, 'users' | 'emailTokens' | 'attempts'>) =>
  async ({ token }: { readonly token: string }, clientAddress: string, by?: UserId): Promise<UserId> => {
    await attempts.present(clientAddress);
    const holder = await emailTokens.holder('verify-email', token);
    if (!holder) {
      if (by && (await emailTokens.spentBy('verify-email', token)) === by) return by;
      throw refuse.EMAIL_TOKEN_INVALID();
    }
    return users.update(holder, decide, { spends: { purpose: 'verify-email', token } });
  };

/** The mail once more, for one's own address. There is none for an address that is verified. */
export const requestEmailVerification =
  ({ users, attempts, letters }: Pick<Ports, 'users' | 'attempts' | 'letters'>) =>
  async (userId: UserId, clientAddress: string): Promise<void> => {
    const user = await users.byId(userId);
    if (!user?.email || user.isEmailVerified) return;
    await attempts.askForMail(clientAddress);
    const enoughUntil = await attempts.mailTo(user.email);
    if (enoughUntil) throw refuse.TOO_MANY_ATTEMPTS({ retryAt: enoughUntil.toISOString() });
    await letters.post({ kind: 'verify-email', userId });
  };
