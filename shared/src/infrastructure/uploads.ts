import { z } from 'zod';
import type { Logger } from './logger.js';
import { refuseObject } from './object-refusals.js';
import { bytesOf, type ObjectStore, type SignedUpload } from './object-store.js';
import type { SignedClaims } from './signed-claims.js';

/**
 * How bytes come from clients: somebody is promised that one file of a type and size will be taken, sends it straight to the object store, and
 * names it in a mutation by an id. The id is the promise itself, signed, so that nothing is kept of those that are never used.
 */

const minute = 60_000;
/** For sending the bytes; a phone on a slow line sends 5 MB in two minutes. */
const sendingTime = 5 * minute;
/** For saying what they are for. */
const usingTime = 60 * minute;
/** Whatever lies in the folder of uploads for longer is not going to be used any more. */
const sweepAge = 24 * 60 * minute;
/** What is left of an upload that was used, so that the same url cannot be used to send another file until it expires. */
const usedMark = 'application/x-used-upload';

const idClaims = z.object({
  subject: z.string(),
  purpose: z.string(),
  key: z.string(),
  type: z.string(),
  bytes: z.number(),
  expires: z.number(),
});

export interface UploadPromise extends SignedUpload {
  /** To be named in the mutation that uses it. */
  readonly id: string;
  readonly bytes: number;
  /** Until when the bytes must have been sent. */
  readonly expiresAt: Date;
}

export interface Uploads {
  /** `subject`: who may use it; `purpose`: what for, such as `profile-image`. Throws UPLOAD_… refusals about `contentType` and `sizeBytes`. */
  promise(wanted: {
    readonly subject: string;
    readonly purpose: string;
    readonly contentType: string;
    readonly bytes: number;
    readonly accept: { readonly types: readonly string[]; readonly maxBytes: number };
  }): Promise<UploadPromise>;
  /** Whether it is one of theirs for this; looks at nothing that was stored. Throws UPLOAD_UNKNOWN, UPLOAD_EXPIRED. */
  recognise(id: string, by: { readonly subject: string; readonly purpose: string }): RecognisedUpload;
  /** What arrived; its content has yet to be looked at: anybody can call anything a PNG. Throws UPLOAD_NOT_ARRIVED, UPLOAD_USED. */
  read(upload: RecognisedUpload): Promise<Buffer>;
  /** Throws the bytes away and lets the upload never be used again. */
  used(upload: RecognisedUpload): Promise<void>;
  /** Deletes whatever somebody has sent, used or not: when they are erased. */
  forget(subject: string): Promise<void>;
  /** Deletes what was never used. */
  sweep(): Promise<void>;
}

export interface RecognisedUpload {
  readonly key: string;
  /** Unique to this upload. */
  readonly name: string;
  readonly contentType: string;
  readonly bytes: number;
}

export function uploadsOf(
  context: string,
  { objects, claims, now, newId }: { objects: ObjectStore; claims: SignedClaims; now: () => Date; newId: () => string },
): Uploads {
  const folder = `${context}/uploads/`;
  return {
    async promise({ subject, purpose, contentType, bytes, accept: { types, maxBytes } }) {
      if (!types.includes(contentType)) throw refuseObject.UPLOAD_TYPE_UNSUPPORTED({ types: types.join(', ') });
      if (bytes > maxBytes) throw refuseObject.UPLOAD_TOO_LARGE({ max: maxBytes });
      if (!Number.isSafeInteger(bytes) || bytes < 1) throw refuseObject.UPLOAD_EMPTY();
      const key = `${folder}${subject}/${newId()}`;
      const expiresAt = new Date(now().getTime() + sendingTime);
      const promised: z.input<typeof idClaims> = { subject, purpose, key, type: contentType, bytes, expires: now().getTime() + usingTime };
      return {
        ...(await objects.uploadTo(key, { contentType, bytes, expiresAt })),
        id: claims.sign('upload id', promised),
        bytes,
        expiresAt,
      };
    },

    recognise(id, { subject, purpose }) {
      const promised = claims.read('upload id', idClaims, id);
      if (promised?.subject !== subject || promised.purpose !== purpose || !promised.key.startsWith(folder))
        throw refuseObject.UPLOAD_UNKNOWN();
      const { key, type: contentType, bytes, expires } = promised;
      if (expires <= now().getTime()) throw refuseObject.UPLOAD_EXPIRED();
      return { key, name: key.slice(key.lastIndexOf('/') + 1), contentType, bytes };
    },

    async read({ key, contentType, bytes }) {
      const object = await objects.get(key);
      if (!object) throw refuseObject.UPLOAD_NOT_ARRIVED();
      const content = await bytesOf(object.body, bytes);
      if (object.contentType === usedMark) throw refuseObject.UPLOAD_USED();
      // What was stored by the url that was given with this id cannot be of another type or size.
      if (content?.length !== bytes || object.contentType !== contentType) throw refuseObject.UPLOAD_UNKNOWN();
      return content;
    },

    async used({ key }) {
      await objects.put(key, new Uint8Array(), { contentType: usedMark });
    },

    forget: (subject) => objects.deleteAll(`${folder}${subject}/`),

    sweep: () => sweepObjects({ objects, folder, now }),
  };
}

/** Sweeps every hour. Every replica may: the second finds nothing. */
export function startSweeping(sweep: () => Promise<void>, log: Logger): { stop(): Promise<void> } {
  let sweeping: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    sweeping = sweep().catch((error: unknown) =>
      log.warn({ err: error }, 'objects that nobody needs could not be deleted; tried again in an hour'),
    );
  }, 60 * minute);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await sweeping;
    },
  };
}

/** Deletes what is older than a day and in nobody's use: what a process left that died between storing an object and saying so in the database. */
export async function sweepObjects({
  objects,
  folder,
  now,
  inUse = async () => [],
}: {
  objects: ObjectStore;
  folder: string;
  now: () => Date;
  /** Which of these are needed. */
  inUse?: (keys: readonly string[]) => Promise<readonly string[]>;
}): Promise<void> {
  let batch: string[] = [];
  const sweepBatch = async () => {
    const needed = new Set(await inUse(batch));
    for (const key of batch) if (!needed.has(key)) await objects.delete(key);
    batch = [];
  };
  for await (const { key, modifiedAt } of objects.list(folder)) {
    if (modifiedAt.getTime() > now().getTime() - sweepAge) continue;
    batch.push(key);
    if (batch.length === 500) await sweepBatch();
  }
  if (batch.length > 0) await sweepBatch();
}
