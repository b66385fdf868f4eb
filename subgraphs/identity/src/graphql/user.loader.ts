import DataLoader from 'dataloader';
import type { UserView } from '../infrastructure/user-queries.js';

/** Per request: however many users an answer names, they cost one statement. Root fields and references share it, and with it the policy. */
export type UserLoader = DataLoader<string, UserView | null>;

export function userLoader(read: (ids: readonly string[]) => Promise<(UserView | null)[]>): UserLoader {
  return new DataLoader(read);
}
