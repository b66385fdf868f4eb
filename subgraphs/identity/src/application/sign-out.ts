import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { revokeSession } from '../domain/user.js';
import type { Ports } from './ports.js';

/** Ends a session: its refresh tokens at once, its last access token within the ten minutes that one lives. Doing it twice is doing it once. */
export const signOut =
  ({ users }: Pick<Ports, 'users'>) =>
  async (userId: UserId, sessionId: string): Promise<void> => {
    await users.updateSession(userId, sessionId, (user, session) => revokeSession(user, session, 'sign-out'));
  };
