// Jest's globalSetup of the project int: one PostgreSQL for the run, in a temporary folder. TEST_POSTGRES_URL names it to the test files.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = 'storytelling-test-postgres-';

export default async function startPostgres() {
  const { openDataFolder } = await import('../../platform/dist/data-folder.js');
  const { startEmbeddedPostgres, stopServerLeftBehind } = await import('../../platform/dist/embedded-postgres.js');
  // Runs that were killed left a server behind. A folder whose run goes on is locked, and refused.
  for (const name of readdirSync(tmpdir()).filter((name) => name.startsWith(prefix))) {
    try {
      const folder = openDataFolder(join(tmpdir(), name));
      await stopServerLeftBehind(folder);
      folder.close();
      rmSync(folder.path, { recursive: true, force: true });
    } catch {
      // In use, or another user's.
    }
  }
  const folder = openDataFolder(mkdtempSync(join(tmpdir(), prefix)));
  const server = await startEmbeddedPostgres({ folder, testMode: true });
  process.env.TEST_POSTGRES_URL = server.adminUrl;
  globalThis.testPostgres = { folder, server };
}
