import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { OperationRefused } from '@storytelling/shared/infrastructure/operation-log';
import { z } from 'zod';

export const manifestName = 'manifest.json';
export const manifestVersion = 1;

const inside = z.string().refine((path) => !isAbsolute(path) && !normalize(path).startsWith('..'));
const schema = z.object({
  version: z.literal(manifestVersion),
  at: z.iso.datetime(),
  /** Its major version: the files of one can be read by no other. */
  postgresql: z.string(),
  folders: z.array(inside),
  files: z.array(z.object({ path: inside, size: z.int(), sha256: z.string() })),
});

/** What a backup holds: `postgresql/…`, the database server's files, and `files/…`, what was beside it in the data folder. */
export type Manifest = z.output<typeof schema>;
export type BackedUpFile = Manifest['files'][number];

/** The manifest, when every file is there as it was written. */
export async function verifiedManifest(folder: string): Promise<Manifest> {
  const path = join(folder, manifestName);
  if (!existsSync(path)) throw new OperationRefused(`${folder} is no backup: there is no ${manifestName} in it.`);
  let manifest: Manifest;
  try {
    manifest = schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new OperationRefused(`${path} cannot be read: it is broken, or of another version of the platform.`);
  }
  for (const file of manifest.files) {
    const found = await hashOf(join(folder, file.path));
    if (found !== file.sha256)
      throw new OperationRefused(
        `The backup is damaged: ${file.path} is ${found === undefined ? 'missing' : 'not what was written'}. Take another one.`,
      );
  }
  return manifest;
}

async function hashOf(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** What is hashed is what was written, whatever happens to the source meanwhile. */
export async function copyFileHashed(from: string, to: string): Promise<{ size: number; sha256: string }> {
  const source = await open(from, 'r');
  try {
    const target = await open(to, 'wx', 0o600);
    try {
      const hash = createHash('sha256');
      const buffer = Buffer.allocUnsafe(1024 * 1024);
      let size = 0;
      for (;;) {
        const { bytesRead } = await source.read(buffer, 0, buffer.length, null);
        if (bytesRead === 0) return { size, sha256: hash.digest('hex') };
        const chunk = buffer.subarray(0, bytesRead);
        hash.update(chunk);
        await target.writeFile(chunk);
        size += bytesRead;
      }
    } catch (error) {
      await rm(to, { force: true });
      throw error;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

export function postgresVersionOf(data: string): string {
  return readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
}
