import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { newPassword, password } from '../domain/password.js';
import { refuse } from '../domain/refusals.js';
import { changePassword as decide } from '../domain/user.js';
import type { Ports } from './ports.js';

/** By one who knows the old password: an open session alone (a phone left on a table, a stolen access token) does not take an account over. */
export const changePassword =
  ({ users, passwords, attempts }: Pick<Ports, 'users' | 'passwords' | 'attempts'>) =>
  async (
    by: { readonly userId: UserId; readonly sessionId: string | undefined; readonly clientAddress: string },
    input: { readonly currentPassword: string; readonly newPassword: string },
  ): Promise<UserId> => {
    const user = await users.byId(by.userId);
    if (!user?.email) throw refuse.USER_NOT_FOUND();
    const current = password(input.currentPassword, 'currentPassword');
    const chosen = newPassword(input.newPassword, user.email, await passwords.common(), 'newPassword');
    // Counted as signing in is, so that guessing here is no way around its limits.
    const attempt = { clientAddress: by.clientAddress, account: user.email, knownAddress: false };
    await attempts.signIn(attempt);
    const { matches } = await passwords.verify(await users.passwordHash(by.userId), current);
    if (!matches) throw refuse.CURRENT_PASSWORD_WRONG();
    await users.updateSessions(by.userId, (each, sessions) => decide(each, sessions, by.sessionId), {
      passwordHash: await passwords.hash(chosen),
      letters: [{ kind: 'password-changed', userId: by.userId }],
    });
    await attempts.succeeded(attempt);
    return by.userId;
  };
