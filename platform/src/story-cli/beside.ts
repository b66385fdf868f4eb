import { type FileHandle, open, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface Beside {
  /** Without a dot. */
  readonly ending: string;
  readonly content: () => Promise<AsyncIterable<Uint8Array>>;
}

/**
 * Writes files beside a text, under its name; where one of them is there already, all of them under `<name>-2`, then `<name>-3` …: what is there is
 * never changed. Answers their paths, in order. Rejects with the file system's error or the content's, and leaves nothing half written.
 */
export async function writeBeside(text: string, files: readonly Beside[]): Promise<string[]> {
  const name = join(dirname(text), basename(text, extname(text)));
  for (let number = 1; ; number += 1) {
    const paths = files.map(({ ending }) => `${name}${number > 1 ? `-${number}` : ''}.${ending}`);
    const claimed = await claim(paths);
    if (!claimed) continue;
    try {
      for (const [at, { content }] of files.entries()) await pipeline(await content(), (claimed[at] as FileHandle).createWriteStream());
      return paths;
    } catch (error) {
      await giveUp(paths, claimed);
      throw error;
    }
  }
}

/** All of them, empty; undefined: one is there already. `wx` also refuses one that has come since somebody looked. */
async function claim(paths: readonly string[]): Promise<FileHandle[] | undefined> {
  const claimed: FileHandle[] = [];
  try {
    for (const path of paths) claimed.push(await open(path, 'wx'));
    return claimed;
  } catch (error) {
    await giveUp(paths, claimed);
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}

async function giveUp(paths: readonly string[], claimed: readonly FileHandle[]): Promise<void> {
  for (const [at, file] of claimed.entries()) {
    await file.close();
    await rm(paths[at] as string, { force: true });
  }
}
