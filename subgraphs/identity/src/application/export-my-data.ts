import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { Ports } from './ports.js';

/** A copy of all that the platform holds of whoever is signed in. Answers the id of the export; while one is under way, that one's. */
export const exportMyData =
  ({ dataExports, newId }: Pick<Ports, 'dataExports' | 'newId'>) =>
  (userId: UserId): Promise<string> =>
    dataExports.begin(userId, newId());
