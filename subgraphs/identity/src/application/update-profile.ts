import { language } from '@storytelling/shared/value-objects/language';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { displayName, firstName, lastName } from '../domain/profile.js';
import { changeProfile } from '../domain/user.js';
import type { Ports } from './ports.js';

/** Absent fields stay; null takes a first or last name away. */
export interface ProfileChange {
  readonly displayName?: string | null;
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly language?: string | null;
}

export const updateProfile =
  ({ users }: Pick<Ports, 'users'>) =>
  async (id: UserId, input: ProfileChange): Promise<UserId> => {
    const change = {
      ...(input.displayName !== undefined && { displayName: displayName(input.displayName ?? '') }),
      ...(input.firstName !== undefined && { firstName: firstName(input.firstName) }),
      ...(input.lastName !== undefined && { lastName: lastName(input.lastName) }),
      ...(input.language !== undefined && { language: language(input.language ?? '') }),
    };
    return users.update(id, (user) => changeProfile(user, change));
  };
