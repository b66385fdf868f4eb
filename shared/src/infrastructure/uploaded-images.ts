import { renameField } from '../value-objects/refusal.js';
import { imageUploads, keptImage, reencodeImage } from './images.js';
import type { Logger } from './logger.js';
import type { ObjectStore } from './object-store.js';
import { sweepObjects, type UploadPromise, type Uploads } from './uploads.js';

/** One picture of one thing (a user, a character), sent by somebody and replaced by the next. Who may do either is the context's matter. */
export interface UploadedImages {
  /** `subject` is who sends it, `owner` what it is of. */
  promise(by: ImageOf, file: { readonly contentType: string; readonly sizeBytes: number }): Promise<UploadPromise>;
  /** Looks at what arrived, keeps it re-encoded and answers its key; the same one when asked again. Throws UPLOAD_… and IMAGE_… refusals about `imageUploadId`. */
  keep(by: ImageOf, uploadId: string): Promise<string>;
  /** After the transaction that uses `uploadId`: throws away what was uploaded and the picture that was there before. Never fails: what stays is swept. */
  settle(used: { readonly by: ImageOf; readonly uploadId: string | null; readonly replaced: string | null }): Promise<void>;
  /** Deletes what no row names. */
  sweep(inUse: (keys: readonly string[]) => Promise<readonly string[]>): Promise<void>;
  media(key: string): Promise<{ url: string; expiresAt: Date; contentType: string }>;
}

export interface ImageOf {
  readonly subject: string;
  readonly owner: string;
}

export function uploadedImages({
  folder,
  objects,
  uploads,
  now,
  log,
}: {
  /** `<context>/<what>/`; it is also what an upload is for. A picture is kept at `<context>/<what>/<owner>/<upload>.webp`. */
  folder: string;
  objects: ObjectStore;
  uploads: Uploads;
  now: () => Date;
  log: Logger;
}): UploadedImages {
  const claimOf = ({ subject, owner }: ImageOf) => ({ subject, purpose: `${folder}${owner}` });
  return {
    promise: (by, { contentType, sizeBytes }) => uploads.promise({ ...claimOf(by), contentType, bytes: sizeBytes, accept: imageUploads }),

    keep: (by, uploadId) =>
      renameField('', { from: 'uploadId', to: 'imageUploadId' }, async () => {
        const upload = uploads.recognise(uploadId, claimOf(by));
        const key = `${folder}${by.owner}/${upload.name}${keptImage.extension}`;
        // An answer was lost, and the client asks again.
        if (await objects.head(key)) return key;
        await objects.put(key, await reencodeImage(await uploads.read(upload)), { contentType: keptImage.contentType });
        return key;
      }),

    async settle({ by, uploadId, replaced }) {
      try {
        if (uploadId !== null) await uploads.used(uploads.recognise(uploadId, claimOf(by)));
        if (replaced !== null) await objects.delete(replaced);
      } catch (error) {
        log.warn({ err: error }, 'an image that is not needed any more could not be deleted; it will be swept');
      }
    },

    sweep: (inUse) => sweepObjects({ objects, folder, now, inUse }),
    media: async (key) => ({ ...(await objects.urlOf(key)), contentType: keptImage.contentType }),
  };
}
