// Each gateway in front of the same subgraphs, handing on the client's Authorization.
import { join } from 'node:path';
import { start } from './processes.mjs';

const peers = join(import.meta.dirname, 'peers');

/** `shop`: `file` with the supergraph, `urls` and first-federation `schemas` of its subgraphs. */
export const gateways = {
  ours: ({ file, port }) =>
    start(['../../gateway/dist/main.js', '--supergraph', file, '--port', String(port)], {
      FORWARD_IDENTITY: 'authorization',
      LOG_LEVEL: 'warn',
    }),
  'by hand': ({ urls, port }) => start(['by-hand.mjs'], { SUBGRAPHS: JSON.stringify(urls), PORT: String(port) }),
  '@apollo/gateway': ({ file, port }) =>
    start(['stock.mjs'], { SUPERGRAPH_FILE: file, PORT: String(port), APOLLO_TELEMETRY_DISABLED: 'true' }),
  // Its planner in Rust; with `--jit` instead it takes twice as much.
  'Hive Gateway': ({ file, port }) =>
    start(
      [
        ...['node_modules/@graphql-hive/gateway/dist/bin.js', 'supergraph', file, '--hive-router-runtime'],
        ...['--port', String(port), '--host', '127.0.0.1'],
      ],
      {},
      { cwd: peers },
    ),
  Mercurius: ({ urls, schemas, port }) =>
    start(['mercurius.mjs'], { SUBGRAPHS: JSON.stringify(urls), SCHEMAS: JSON.stringify(schemas), PORT: String(port) }, { cwd: peers }),
};
