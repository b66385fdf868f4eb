// Jest's globalTeardown of the project int; it runs when tests failed, too.
import { rmSync } from 'node:fs';

export default async function stopPostgres() {
  const { folder, server } = globalThis.testPostgres;
  await server.stop();
  folder.close();
  rmSync(folder.path, { recursive: true, force: true });
}
