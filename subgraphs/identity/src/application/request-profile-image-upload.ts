import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { PromisedUpload } from '../domain/profile-images.js';
import type { Ports } from './ports.js';

export const requestProfileImageUpload =
  ({ images }: Pick<Ports, 'images'>) =>
  (user: UserId, file: { readonly contentType: string; readonly sizeBytes: number }): Promise<PromisedUpload> =>
    images.promise(user, file);
