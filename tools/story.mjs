// `npm run story -- FILE`: prepared like `npm start`, then the client in platform/src/story-cli.
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, PreparationError, root, runOnNode24 } from './prepare.mjs';

try {
  await ensureInstalled();
  await ensureBuilt();
  await runOnNode24(join(root, 'platform', 'dist', 'story-cli', 'main.js'));
} catch (error) {
  console.error(error instanceof PreparationError ? error.message : error);
  process.exitCode = 1;
}
