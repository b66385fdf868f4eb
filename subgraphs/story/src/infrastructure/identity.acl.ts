import type { EventOf } from '@storytelling/shared/domain-events/event';
import { EmailVerified, ProfileChanged, UserErased, UserRegistered } from '@storytelling/shared/domain-events/identity';
import type { Projector } from '@storytelling/shared/infrastructure/projection';
import { userId } from '@storytelling/shared/value-objects/user-id';
import type { WhenEmailVerified } from '../application/when-email-verified.js';
import type { WhenUserRegistered } from '../application/when-user-registered.js';
import type { Authors } from '../domain/authors.js';

/** Identity's words into ours: a user is, to this context, an author, and an erased one an author without a name. */
export function identityProjectors<Tx>(
  authorsIn: (tx: Tx) => Authors,
  { whenUserRegistered, whenEmailVerified }: { whenUserRegistered: WhenUserRegistered; whenEmailVerified: WhenEmailVerified },
): Readonly<Record<string, Projector<Tx>>> {
  const remember: Projector<Tx> = async ({ data }, tx) => {
    const { userId: id, displayName } = data as EventOf<typeof UserRegistered>['data'] | EventOf<typeof ProfileChanged>['data'];
    await whenUserRegistered(authorsIn(tx), { id: userId(id), displayName });
  };
  const verified: Projector<Tx> = async ({ data }, tx) => {
    await whenEmailVerified(authorsIn(tx), userId((data as EventOf<typeof EmailVerified>['data']).userId));
  };
  const forget: Projector<Tx> = async ({ data }, tx) => {
    const { userId: id } = data as EventOf<typeof UserErased>['data'];
    await whenUserRegistered(authorsIn(tx), { id: userId(id), displayName: null });
  };
  return {
    [UserRegistered.type]: remember,
    [ProfileChanged.type]: remember,
    [EmailVerified.type]: verified,
    [UserErased.type]: forget,
  };
}
