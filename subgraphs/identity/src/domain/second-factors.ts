import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { Changed, SecondFactor } from './second-factor.js';
import type { User } from './user.js';

export interface SecondFactors {
  /** Whether codes are asked of this user, and whether they had a session from this client address before. One statement. */
  standing(userId: UserId, clientAddressTag: string): Promise<{ readonly isEnrolled: boolean; readonly knownAddress: boolean }>;
  /** One transaction: lock the user, decide, keep the factor (null: none) and append the events. Refuses an unknown id with USER_NOT_FOUND. */
  update(userId: UserId, decide: (user: User, factor: SecondFactor | null) => Changed): Promise<void>;
}
