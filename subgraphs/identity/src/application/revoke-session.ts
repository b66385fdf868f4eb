import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { refuse } from '../domain/refusals.js';
import { revokeSession as decide } from '../domain/user.js';
import type { Ports } from './ports.js';

/** Ends a session of one's own, on this device or another one, as signing out there would. Ending it twice is ending it once. */
export const revokeSession =
  ({ users }: Pick<Ports, 'users'>) =>
  async (userId: UserId, { sessionId }: { readonly sessionId: string }): Promise<UserId> => {
    let found = false;
    // What has no form of our ids cannot be asked of the database.
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(sessionId)) {
      await users.updateSession(userId, sessionId, (user, session) => {
        found = true;
        return decide(user, session, 'revoked');
      });
    }
    if (!found) throw refuse.SESSION_NOT_FOUND();
    return userId;
  };
