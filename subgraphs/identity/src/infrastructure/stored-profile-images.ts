import type { UploadedImages } from '@storytelling/shared/infrastructure/uploaded-images';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { ProfileImages } from '../domain/profile-images.js';

/** Below it, a folder per user: what erasing one deletes. */
export const profileImageFolder = 'identity/profile-images/';

export function storedProfileImages(images: UploadedImages): ProfileImages {
  // Who sends it is whom it shows.
  const own = (user: UserId) => ({ subject: user, owner: user });
  return {
    promise: (user, file) => images.promise(own(user), file),
    keep: (user, uploadId) => images.keep(own(user), uploadId),
    settle: (user, used) => images.settle({ by: own(user), ...used }),
  };
}
