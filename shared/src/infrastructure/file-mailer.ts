import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Mailer } from './mail.js';

/** A mail as it lies in the folder, one file each. */
const stored = z.object({ id: z.string(), to: z.string(), subject: z.string(), text: z.string(), html: z.string(), at: z.iso.datetime() });
export type StoredMail = z.output<typeof stored>;

/** `<ms since 1970>-<id>.json`: the newest are found by their names, and a repetition has the name of the first. */
const fileName = /^\d{13}-[\w.-]+\.json$/;

/** Into files that only this user may read: for one machine, where the inbox page shows them. */
export function fileMailer(folder: URL): Mailer {
  const path = fileURLToPath(folder);
  return {
    async send({ at, ...mail }) {
      await mkdir(path, { recursive: true, mode: 0o700 });
      const file = join(path, `${String(at.getTime()).padStart(13, '0')}-${mail.id}.json`);
      const unfinished = join(path, `.${randomUUID()}`);
      try {
        await writeFile(unfinished, JSON.stringify({ ...mail, at: at.toISOString() } satisfies StoredMail), { mode: 0o600, flush: true });
        await rename(unfinished, file);
      } finally {
        await rm(unfinished, { force: true });
      }
    },
    async forget(to) {
      for (const name of await namesIn(path)) {
        const file = join(path, name);
        // One that goes meanwhile is gone.
        const text = await readFile(file, 'utf8').catch(() => undefined);
        if (text !== undefined && stored.parse(JSON.parse(text)).to === to) await rm(file, { force: true });
      }
    },
    close: () => undefined,
  };
}

/** Newest first, `limit` at most; only those to one address, if told. An empty list when nothing was ever written. */
export async function readMails(
  folder: string,
  { to, limit = 200 }: { to?: string | undefined; limit?: number } = {},
): Promise<StoredMail[]> {
  const mails: StoredMail[] = [];
  for (const name of (await namesIn(folder)).sort().reverse()) {
    if (mails.length === limit) break;
    // One that is deleted in this moment is none any more.
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const mail = stored.parse(JSON.parse(text));
    if (to === undefined || mail.to === to) mails.push(mail);
  }
  return mails;
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((each) => fileName.test(each));
}
