// `npm start`. This file has to be understood by old versions of Node, to tell which one is needed: what is newer is imported after that.
// In package.json `exec` takes the shell out from between npm and this process: SIGTERM to npm would end the shell alone. What follows `||` is
// for Windows, which has no exec. The young generation may have 8 MB: a start makes much that is soon garbage, and with the default of node 24
// that held 100 MB more.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

var checkout = dirname(dirname(fileURLToPath(import.meta.url)));
var platform = join(checkout, 'platform', 'dist', 'main.js');

if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error('Node ' + process.versions.node + ' is too old: install Node 20 or newer (https://nodejs.org), then run npm start again.');
  process.exit(1);
}

import('./prepare.mjs')
  .then(function (prepare) {
    return prepare
      .ensureInstalled()
      .then(prepare.ensureBuilt)
      .then(function () {
        return prepare.runOnNode24(platform);
      })
      .catch(function (error) {
        console.error(error instanceof prepare.PreparationError ? error.message : error);
        process.exit(1);
      });
  })
  .catch(function (error) {
    console.error(error);
    process.exit(1);
  });
