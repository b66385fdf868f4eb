import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface TestObjectStore {
  readonly folder: string;
  /** For the environment of a service. */
  readonly settings: {
    readonly OBJECT_STORE_URL: string;
    readonly OBJECT_SIGNING_KEYS: string;
    readonly PUBLIC_URL: string;
    readonly DATA_DIR: string;
  };
  drop(): void;
}

/** A folder of its own for objects. */
export function testObjectStore(publicUrl = 'http://localhost:4000'): TestObjectStore {
  const folder = mkdtempSync(join(tmpdir(), 'storytelling-objects-'));
  return {
    folder,
    settings: {
      OBJECT_STORE_URL: pathToFileURL(folder).href,
      OBJECT_SIGNING_KEYS: randomBytes(32).toString('base64'),
      PUBLIC_URL: publicUrl,
      // Mails that are not sent lie beside them.
      DATA_DIR: folder,
    },
    drop: () => rmSync(folder, { recursive: true, force: true }),
  };
}
