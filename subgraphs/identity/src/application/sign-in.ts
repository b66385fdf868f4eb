import { email } from '@storytelling/shared/value-objects/email';
import { password } from '../domain/password.js';
import { refuse } from '../domain/refusals.js';
import { askSecondFactor } from './ask-second-factor.js';
import { authenticate } from '../domain/user.js';
import type { Ports } from './ports.js';
import { beginSession, type Client, type SignedIn, signedIn } from './signed-in.js';

/**
 * The same statements, the same hashing and the same answer whether the address is unknown or the password wrong. That an account has a second factor is
 * told to whoever knows its password, and to nobody else.
 */
export const signIn =
  (ports: Ports) =>
  async (
    input: { readonly email: string; readonly password: string; readonly secondFactorCode?: string | null },
    client: Client,
  ): Promise<SignedIn> => {
    const { users, passwords, attempts, tag } = ports;
    const account = email(input.email);
    const presented = password(input.password);
    const known = await users.credential(account, tag('address', client.address));
    const attempt = { clientAddress: client.address, account, knownAddress: known?.knownAddress ?? false };
    await attempts.signIn(attempt);

    const { matches, outdated } = await passwords.verify(known?.passwordHash, presented);
    if (!known || !matches) throw refuse.SIGN_IN_FAILED();
    await askSecondFactor(ports)(known.userId, input.secondFactorCode, client);

    const { session, refreshToken } = beginSession(ports, known.userId, client);
    await users.update(known.userId, (user) => authenticate(user, 'password'), {
      session,
      // The only moment at which we know the password: hashes made with weaker parameters grow up here.
      ...(outdated && { passwordHash: await passwords.hash(presented) }),
    });
    await attempts.succeeded(attempt);
    return signedIn(ports, known.userId, session.id, refreshToken);
  };
