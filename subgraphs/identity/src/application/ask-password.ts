import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { password } from '../domain/password.js';
import { refuse } from '../domain/refusals.js';
import type { Ports } from './ports.js';

/**
 * Asks whoever is signed in for their password once more: an open session alone (a phone left on a table, a stolen access token) does not take an account
 * over. Returns false for whoever has none, because a provider signs them in. Counted as signing in is, so that guessing here is no way around its limits.
 */
export const askPassword =
  ({ users, passwords, attempts }: Pick<Ports, 'users' | 'passwords' | 'attempts'>) =>
  async (userId: UserId, given: string | null | undefined, clientAddress: string, field: string): Promise<boolean> => {
    const hash = await users.passwordHash(userId);
    const user = hash ? await users.byId(userId) : undefined;
    if (!user?.email) return false;
    const presented = password(given ?? '', field);
    const attempt = { clientAddress, account: user.email, knownAddress: false };
    await attempts.signIn(attempt);
    const { matches } = await passwords.verify(hash, presented);
    if (!matches) throw refuse.CURRENT_PASSWORD_WRONG(undefined, field);
    await attempts.succeeded(attempt);
    return true;
  };
