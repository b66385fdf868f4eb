import { email as emailOf } from '@storytelling/shared/value-objects/email';
import { newPassword } from '../domain/password.js';
import { refuse } from '../domain/refusals.js';
import { keepsSecondFactor, resetPassword as decide } from '../domain/user.js';
import { askSecondFactor } from './ask-second-factor.js';
import type { Ports } from './ports.js';
import { beginSession, type Client, type SignedIn, signedIn } from './signed-in.js';

/**
 * A mail with a token, if somebody has this address. Whether somebody has is looked up by the job that writes the mail, later and out of sight: here the
 * same is done and said in either case. More than a few mails an hour to one address are not sent, silently, because they may be somebody's mischief.
 */
export const requestPasswordReset =
  ({ attempts, letters }: Pick<Ports, 'attempts' | 'letters'>) =>
  async (input: { readonly email: string }, clientAddress: string): Promise<void> => {
    const email = emailOf(input.email);
    await attempts.askForMail(clientAddress);
    if (!(await attempts.mailTo(email))) await letters.post({ kind: 'reset-password', email });
  };

/** A new password by the token of a mail. Everything else that let somebody in ends: see the domain's rule. */
export const resetPassword =
  (ports: Ports) =>
  async (
    input: { readonly token: string; readonly password: string; readonly secondFactorCode?: string | null },
    client: Client,
  ): Promise<SignedIn> => {
    const { users, passwords, attempts, emailTokens } = ports;
    await attempts.present(client.address);
    const holder = await emailTokens.holder('reset-password', input.token);
    const owner = holder && (await users.byId(holder));
    if (!owner?.email) throw refuse.EMAIL_TOKEN_INVALID();
    // The token is spent only when nothing is wrong with the password.
    const password = newPassword(input.password, owner.email, await passwords.common());
    const { isEnrolled: hasSecondFactor } = await ports.secondFactors.standing(owner.id, ports.tag('address', client.address));
    if (keepsSecondFactor(owner)) await askSecondFactor(ports)(owner.id, input.secondFactorCode, client);
    const passwordHash = await passwords.hash(password);
    const { session, refreshToken } = beginSession(ports, owner.id, client);
    await users.updateSessions(owner.id, (user, sessions) => decide(user, sessions, { hasSecondFactor }), {
      session,
      passwordHash,
      spends: { purpose: 'reset-password', token: input.token },
      letters: [{ kind: 'password-reset', userId: owner.id }],
    });
    return signedIn(ports, owner.id, session.id, refreshToken);
  };
