import { refuseShared } from '@storytelling/shared/value-objects/refusals';
import { email as emailOf } from '@storytelling/shared/value-objects/email';
import { language } from '@storytelling/shared/value-objects/language';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { newPassword } from '../domain/password.js';
import { displayName, firstName, lastName } from '../domain/profile.js';
import { authenticate, register as decide } from '../domain/user.js';
import type { Ports } from './ports.js';
import { askSecondFactor } from './ask-second-factor.js';
import { beginSession, type Client, type SignedIn, signedIn } from './signed-in.js';

export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly displayName: string;
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly language?: string | null;
  readonly idempotencyKey?: string | null;
}

/**
 * Opens an account, signs its owner in and writes to the address. That an address is taken cannot be hidden from somebody who is let in at once; the limit per
 * client address is what stands between a stranger and a list of our users.
 */
export const register =
  (ports: Ports) =>
  async (input: Registration, client: Client): Promise<SignedIn> => {
    const { users, passwords, attempts, once, tag, newId } = ports;
    const email = emailOf(input.email);
    const profile = {
      displayName: displayName(input.displayName),
      firstName: firstName(input.firstName ?? null),
      lastName: lastName(input.lastName ?? null),
      language: language(input.language ?? 'en'),
    };
    const password = newPassword(input.password, email, await passwords.common());
    await attempts.register(client.address);

    const passwordHash = await passwords.hash(password);
    const newUser = userId(newId());
    const { session, refreshToken } = beginSession(ports, newUser, client);
    // Nobody is signed in yet, so the address stands for the actor: two strangers may choose the same key.
    const { id, repeated } = await once(`register:${tag('account', email)}`, input, () =>
      users.add(newUser, decide({ id: newUser, email, ...profile }), {
        session,
        passwordHash,
        letters: [{ kind: 'verify-email', userId: newUser }],
      }),
    );
    if (!repeated) return signedIn(ports, newUser, session.id, refreshToken);

    // A repeated registration opens the account it opened before, and asks for the password: it is not part of what the key remembers.
    const known = await users.credential(email, session.clientAddressTag);
    const { matches } = await passwords.verify(known?.passwordHash, password);
    if (!known || known.userId !== id || !matches) throw refuseShared.IDEMPOTENCY_KEY_REUSED();
    await askSecondFactor(ports)(known.userId, null, client);
    const again = beginSession(ports, known.userId, client);
    await users.update(known.userId, (user) => authenticate(user, 'password'), { session: again.session });
    return signedIn(ports, known.userId, again.session.id, again.refreshToken);
  };
