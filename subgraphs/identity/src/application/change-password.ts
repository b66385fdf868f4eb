import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { newPassword } from '../domain/password.js';
import { refuse } from '../domain/refusals.js';
import { changePassword as decide } from '../domain/user.js';
import { askPassword } from './ask-password.js';
import type { Ports } from './ports.js';

/** By one who knows the old password. */
export const changePassword =
  (ports: Pick<Ports, 'users' | 'passwords' | 'attempts'>) =>
  async (
    by: { readonly userId: UserId; readonly sessionId: string | undefined; readonly clientAddress: string },
    input: { readonly currentPassword: string; readonly newPassword: string },
  ): Promise<UserId> => {
    const { users, passwords } = ports;
    const user = await users.byId(by.userId);
    if (!user?.email) throw refuse.USER_NOT_FOUND();
    const chosen = newPassword(input.newPassword, user.email, await passwords.common(), 'newPassword');
    const hasPassword = await askPassword(ports)(by.userId, input.currentPassword, by.clientAddress, 'currentPassword');
    // Whom a provider signs in gets their first password by mail, where the owner of the address is asked.
    if (!hasPassword) throw refuse.CURRENT_PASSWORD_WRONG();
    await users.updateSessions(by.userId, (each, sessions) => decide(each, sessions, by.sessionId), {
      passwordHash: await passwords.hash(chosen),
      letters: [{ kind: 'password-changed', userId: by.userId }],
    });
    return by.userId;
  };
