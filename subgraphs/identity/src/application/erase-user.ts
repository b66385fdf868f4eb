import type { StoriesAfterErasure } from '@storytelling/shared/domain-events/identity';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { erase, reason } from '../domain/authority.js';
import { password } from '../domain/password.js';
import { refuse } from '../domain/refusals.js';
import { asStaff, type StaffPorts, whom } from './as-staff.js';
import { askSecondFactor } from './ask-second-factor.js';
import type { Ports } from './ports.js';
import type { Client } from './signed-in.js';

export interface ErasureInput {
  readonly userId: string;
  readonly stories: StoriesAfterErasure;
  readonly password?: string | null;
  readonly secondFactorCode?: string | null;
  readonly reason?: string | null;
}

type ErasurePorts = StaffPorts & Pick<Ports, 'users' | 'erasures' | 'passwords' | 'newId'>;

/** Whoever is signed in and knows their password erases their own account; staff that may, saying why, somebody else's. Answers the erasure's id. */
export const eraseUser =
  (ports: ErasurePorts) =>
  async (by: UserId, input: ErasureInput, client: Client): Promise<string> => {
    const userId = whom(input.userId);
    const isOwn = userId === by;
    const why = isOwn ? null : reason(input.reason ?? '');
    const isKnown = await knowsPassword(ports, by, input.password, client);
    if (!isOwn) await asStaff(ports)(by, 'user:erase', input.secondFactorCode, client);
    else if (isKnown) await askSecondFactor(ports)(by, input.secondFactorCode, client);
    const request = { id: ports.newId(), userId, stories: input.stories, requestedBy: by, reason: why };
    return ports.erasures.begin(request, (given) => erase(given, input.stories));
  };

/**
 * A session alone, which may be somebody else's by now, erases nobody. Counted as an attempt to sign in. False: the account is gone already, and
 * `begin` answers with the erasure that has begun.
 */
async function knowsPassword(
  { users, passwords, attempts }: ErasurePorts,
  userId: UserId,
  given: string | null | undefined,
  client: Client,
): Promise<boolean> {
  const presented = password(given ?? '');
  const own = await users.byId(userId);
  if (!own?.email) return false;
  const attempt = { clientAddress: client.address, account: own.email, knownAddress: false };
  await attempts.signIn(attempt);
  const { matches } = await passwords.verify(await users.passwordHash(userId), presented);
  if (!matches) throw refuse.ERASURE_PASSWORD_WRONG();
  await attempts.succeeded(attempt);
  return true;
}
