import { language } from '@storytelling/shared/value-objects/language';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { displayName, firstName, lastName } from '../domain/profile.js';
import { changeProfile } from '../domain/user.js';
import type { Ports } from './ports.js';

/** Absent fields stay; null takes a first or last name or the picture away. */
export interface ProfileChange {
  readonly displayName?: string | null;
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly language?: string | null;
  readonly imageUploadId?: string | null;
}

export const updateProfile =
  ({ users, images }: Pick<Ports, 'users' | 'images'>) =>
  async (id: UserId, input: ProfileChange): Promise<UserId> => {
    const change = {
      ...(input.displayName !== undefined && { displayName: displayName(input.displayName ?? '') }),
      ...(input.firstName !== undefined && { firstName: firstName(input.firstName) }),
      ...(input.lastName !== undefined && { lastName: lastName(input.lastName) }),
      ...(input.language !== undefined && { language: language(input.language ?? '') }),
    };
    if (input.imageUploadId === undefined) return users.update(id, (user) => changeProfile(user, change));

    const uploadId = input.imageUploadId;
    // Before the transaction: nothing remote happens while a row is locked. Dying in between leaves a picture that nobody names, and it is swept.
    const imageKey = uploadId === null ? null : await images.keep(id, uploadId);
    let before: string | null = null;
    await users.update(id, (user) => {
      before = user.profile.imageKey;
      return changeProfile(user, { ...change, imageKey });
    });
    await images.settle(id, { uploadId, replaced: before === imageKey ? null : before });
    return id;
  };
