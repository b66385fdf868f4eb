// `npm run ops -- COMMAND`: prepared like `npm start`, then platform/src/ops.
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, PreparationError, root, runOnNode24 } from './prepare.mjs';

try {
  await ensureInstalled();
  await ensureBuilt();
  await runOnNode24(join(root, 'platform', 'dist', 'ops', 'main.js'));
} catch (error) {
  console.error(error instanceof PreparationError ? error.message : error);
  process.exitCode = 1;
}
