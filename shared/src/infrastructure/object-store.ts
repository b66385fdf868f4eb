import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';

/**
 * Where bytes live that are too large for a row or an event: images, scripts, audio, exports. A key is like a path,
 * `<context>/<what>/<id>.<extension>`, lower case; an object is written whole or not at all.
 */
export interface ObjectStore {
  /** Stores and answers what was stored. What was there under this key is replaced, unless `onlyNew`. Throws ObjectError `exists`, `damaged`. */
  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredObject>;
  /** undefined: there is no such object. A range is of bytes, both ends included, cut at the object's end; ObjectError `range` when it begins behind it. */
  get(key: string, range?: ByteRange): Promise<(StoredObject & { readonly body: Readable }) | undefined>;
  head(key: string): Promise<StoredObject | undefined>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
  /** Everything whose key begins with `prefix`, which ends with a slash. */
  deleteAll(prefix: string): Promise<void>;
  /** Keys and ages of everything whose key begins with `prefix`, which ends with a slash; in no order that can be relied on. */
  list(prefix: string): AsyncIterable<ListedObject>;
  /** A URL with which anybody may GET the object (HEAD and Range too) for one to two hours; the same one within an hour, so that browsers can cache. */
  urlOf(key: string, options?: UrlOptions): Promise<SignedUrl>;
  /** How a client sends one object of exactly this type and size, once, until then. */
  uploadTo(key: string, upload: { readonly contentType: string; readonly bytes: number; readonly expiresAt: Date }): Promise<SignedUpload>;
}

export interface PutOptions {
  readonly contentType: string;
  /** Hex. Refuses other bytes with `damaged`. */
  readonly sha256?: string;
  /** Refuses with `exists` when there is one. */
  readonly onlyNew?: boolean;
}

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface ListedObject {
  readonly key: string;
  readonly modifiedAt: Date;
}

export interface StoredObject extends ListedObject {
  readonly bytes: number;
  readonly contentType: string;
  /** Hex. null: a client uploaded it straight to S3, which does not tell. */
  readonly sha256: string | null;
}

export interface UrlOptions {
  /** Saved under this file name instead of shown. */
  readonly downloadAs?: string;
}

export interface SignedUrl {
  readonly url: string;
  readonly expiresAt: Date;
}

export interface SignedUpload {
  readonly url: string;
  readonly method: 'PUT';
  /** To be sent with it, all of them and no others of these names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** exists: `onlyNew`, and it is not new. damaged: other bytes than their hash says. range: begins behind the end. */
export class ObjectError extends Error {
  override readonly name = 'ObjectError';

  constructor(
    readonly reason: 'exists' | 'damaged' | 'range',
    message: string,
  ) {
    super(message);
  }
}

/** One letter case for file systems that know only one; a dot in the last part only, so that a folder never has the name of a file. */
const keyForm = /^[a-z0-9][a-z0-9_-]*(\/[a-z0-9_-]+)+(\.[a-z0-9]+)?$/;
const prefixForm = /^[a-z0-9][a-z0-9_-]*\/([a-z0-9_-]+\/)*$/;

function isObjectKey(key: string): boolean {
  return key.length <= 500 && keyForm.test(key);
}

/** A store of which one context sees its own objects only: keys begin with its name. Others' are read by claim check: `readClaim`. */
export function objectsOf(context: string, store: ObjectStore): ObjectStore {
  const own = (key: string) => {
    if (!isObjectKey(key) || !key.startsWith(`${context}/`)) throw new Error(`${key} is no key of an object of ${context}`);
    return key;
  };
  const ownPrefix = (prefix: string) => {
    if (!prefixForm.test(prefix) || !prefix.startsWith(`${context}/`)) throw new Error(`${prefix} is no folder of objects of ${context}`);
    return prefix;
  };
  // Async, so that a wrong key rejects like everything else that goes wrong.
  return {
    put: async (key, body, options) => store.put(own(key), body, options),
    get: async (key, range) => store.get(own(key), range),
    head: async (key) => store.head(own(key)),
    delete: async (key) => store.delete(own(key)),
    deleteAll: async (prefix) => store.deleteAll(ownPrefix(prefix)),
    list: (prefix) => store.list(ownPrefix(prefix)),
    urlOf: async (key, options) => store.urlOf(own(key), options),
    uploadTo: async (key, upload) => store.uploadTo(own(key), upload),
  };
}

/** What an event carries instead of the bytes themselves. Who has it may read the object, whosever it is. */
export interface ObjectClaim {
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** The bytes that a claim check stands for, and no others: throws ObjectError `damaged`. undefined: gone meanwhile, as after an erasure. */
export async function readClaim(store: ObjectStore, { key, sha256, bytes }: ObjectClaim): Promise<Buffer | undefined> {
  if (!isObjectKey(key)) throw new ObjectError('damaged', 'this claim check names no object');
  const object = await store.get(key);
  if (!object) return undefined;
  const content = object.bytes === bytes ? await bytesOf(object.body, bytes) : undefined;
  if (!content) object.body.destroy();
  if (!content || createHash('sha256').update(content).digest('hex') !== sha256)
    throw new ObjectError('damaged', `the object ${key} is not what its claim check says`);
  return content;
}

/** undefined: more than `limit` bytes. */
export async function bytesOf(body: AsyncIterable<Uint8Array>, limit: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const hour = 60 * 60 * 1000;

/** Signed URLs made within the same hour are the same: from its beginning on for two hours. */
export function validityOf(now: Date): { from: Date; until: Date } {
  const from = Math.floor(now.getTime() / hour) * hour;
  return { from: new Date(from), until: new Date(from + 2 * hour) };
}

/** Shown are media; whatever else is saved, never opened as a page. */
export function dispositionOf(contentType: string, downloadAs?: string): string {
  if (downloadAs) return `attachment; filename="${downloadAs.replace(/[^\w.-]/g, '_')}"`;
  return /^(image\/(jpeg|png|webp|gif|avif)|audio\/|video\/|text\/vtt)/.test(contentType) ? 'inline' : 'attachment';
}
