import { createHash, randomUUID } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { access, type FileHandle, link, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { SettingError } from './environment.js';
import { ObjectError, type ObjectStore, type PutOptions, type StoredObject, validityOf } from './object-store.js';
import type { SignedClaims } from './signed-claims.js';

/**
 * Objects as files of one folder. What an object is (type, hash) stands behind its bytes in the same file, so that one rename makes both
 * visible and neither is ever there without the other. The gateway serves them, because files have no door of their own.
 */

/** A link that the gateway serves: GET /media/<token>. */
export const mediaClaims = z.object({ key: z.string(), expires: z.number(), as: z.string().optional() });
/** A permission that the gateway honours: PUT /uploads/<token>. */
export const uploadClaims = z.object({ key: z.string(), type: z.string(), bytes: z.number(), expires: z.number() });

const trailerForm = z.object({ contentType: z.string(), bytes: z.number(), sha256: z.string() });
const trailerMark = Buffer.from('STORYOB1');
const trailerEnd = 4 + trailerMark.length;
const extension = '.object';
/** What a crash left half written is nobody's: it has no key. */
const unfinished = '.unfinished';
const day = 24 * 60 * 60 * 1000;

export async function fileObjects({
  folder,
  claims,
  publicUrl,
  now = () => new Date(),
}: {
  folder: string;
  claims: SignedClaims;
  /** Where clients reach the gateway, without a slash at its end. */
  publicUrl: string;
  now?: () => Date;
}): Promise<ObjectStore> {
  const temporary = join(folder, unfinished);
  try {
    await mkdir(temporary, { recursive: true, mode: 0o700 });
    await access(temporary, constants.W_OK);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new SettingError(`The setting OBJECT_STORE_URL is wrong: the folder ${folder} is not writable (${why}).`);
  }
  for (const name of await readdir(temporary)) {
    const path = join(temporary, name);
    const age = now().getTime() - ((await stat(path).catch(missing))?.mtimeMs ?? 0);
    if (age > day) await rm(path, { force: true });
  }
  const pathOf = (key: string) => join(folder, ...`${key}${extension}`.split('/'));

  return {
    async put(key, body, { contentType, sha256: expected, onlyNew }: PutOptions) {
      const path = pathOf(key);
      const draft = join(temporary, randomUUID());
      const file = await open(draft, 'wx', 0o600);
      try {
        const hash = createHash('sha256');
        let bytes = 0;
        for await (const chunk of body instanceof Uint8Array ? [body] : body) {
          hash.update(chunk);
          bytes += chunk.length;
          await writeAll(file, chunk);
        }
        const sha256 = hash.digest('hex');
        if (expected !== undefined && expected !== sha256)
          throw new ObjectError('damaged', `other bytes came for ${key} than were announced`);
        const trailer = Buffer.from(JSON.stringify({ contentType, bytes, sha256 } satisfies z.input<typeof trailerForm>));
        const length = Buffer.alloc(4);
        length.writeUInt32BE(trailer.length);
        await writeAll(file, Buffer.concat([trailer, length, trailerMark]));
        await file.sync();
        const { mtime: modifiedAt } = await file.stat();
        await file.close();
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        // A link, unlike a rename, does not replace what is there.
        await (onlyNew ? link(draft, path) : rename(draft, path)).catch((error: NodeJS.ErrnoException) => {
          throw error.code === 'EEXIST' ? new ObjectError('exists', `there is an object ${key}`) : error;
        });
        await syncFolder(dirname(path));
        return { key, contentType, bytes, sha256, modifiedAt };
      } finally {
        await file.close().catch(() => undefined);
        await rm(draft, { force: true });
      }
    },

    async get(key, range) {
      const found = await openObject(pathOf(key), key);
      if (!found) return undefined;
      const { file, object } = found;
      if (range && range.start >= object.bytes) {
        await file.close();
        throw new ObjectError('range', `${key} ends before ${range.start}`);
      }
      const start = range?.start ?? 0;
      const end = Math.min(range?.end ?? object.bytes - 1, object.bytes - 1);
      if (end >= start) return { ...object, body: file.createReadStream({ start, end, highWaterMark: 64 * 1024 }) };
      await file.close();
      return { ...object, body: Readable.from([]) };
    },

    async head(key) {
      const found = await openObject(pathOf(key), key);
      await found?.file.close();
      return found?.object;
    },

    async delete(key) {
      await unlink(pathOf(key)).catch(missing);
    },

    async deleteAll(prefix) {
      await rm(join(folder, ...prefix.split('/')), { recursive: true, force: true });
    },

    async *list(prefix) {
      const root = join(folder, ...prefix.split('/').filter(Boolean));
      const entries: Dirent[] = (await readdir(root, { recursive: true, withFileTypes: true }).catch(missing)) ?? [];
      for (const entry of entries) {
        if (!entry.isFile() || !entry.name.endsWith(extension)) continue;
        const path = join(entry.parentPath, entry.name);
        const key = path.slice(folder.length + 1, -extension.length).replaceAll(sep, '/');
        const stats = await stat(path).catch(missing);
        if (stats) yield { key, modifiedAt: stats.mtime };
      }
    },

    async urlOf(key, { downloadAs } = {}) {
      const { until } = validityOf(now());
      const token = claims.sign('media', { key, expires: until.getTime(), as: downloadAs } satisfies z.input<typeof mediaClaims>);
      return { url: `${publicUrl}/media/${token}`, expiresAt: until };
    },

    async uploadTo(key, { contentType, bytes, expiresAt }) {
      const permission: z.input<typeof uploadClaims> = { key, type: contentType, bytes, expires: expiresAt.getTime() };
      return {
        url: `${publicUrl}/uploads/${claims.sign('upload', permission)}`,
        method: 'PUT',
        headers: { 'content-type': contentType },
      };
    },
  };
}

async function openObject(path: string, key: string): Promise<{ file: FileHandle; object: StoredObject } | undefined> {
  const file = await open(path, 'r').catch(missing);
  if (!file) return undefined;
  try {
    const { size, mtime } = await file.stat();
    const end = await readAt(file, size - trailerEnd, trailerEnd);
    if (!end?.subarray(4).equals(trailerMark)) throw new ObjectError('damaged', `the file of ${key} is not whole`);
    const length = end.readUInt32BE(0);
    const text = await readAt(file, size - trailerEnd - length, length);
    const { bytes, ...rest } = trailerForm.parse(JSON.parse(text?.toString() ?? ''));
    if (bytes + length + trailerEnd !== size) throw new ObjectError('damaged', `the file of ${key} is not whole`);
    return { file, object: { key, bytes, ...rest, modifiedAt: mtime } };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer | undefined> {
  if (position < 0) return undefined;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return bytesRead === length ? buffer : undefined;
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) written += (await file.write(bytes, written)).bytesWritten;
}

/** Whoever was told that it is stored may rely on it after a power failure; Windows cannot open a folder, and does this by itself. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
