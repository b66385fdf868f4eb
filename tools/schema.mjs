// `npm run schema` writes schema/, docs/events.md and the golden files of events from what the built code says of itself; with `--check` it
// writes nothing and fails when one of them is stale. They are committed, so that a change of the API is a diff that can be read.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CompositionError, composeSupergraph } from './compose.mjs';
import { publishedLanguage } from './published-language.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'schema');
const check = process.argv.includes('--check');

const load = (...path) => import(pathToFileURL(join(root, ...path)).href);

const contexts = readdirSync(join(root, 'subgraphs'))
  .filter((name) => existsSync(join(root, 'subgraphs', name, 'package.json')))
  .sort();

const files = new Map();
const tables = [
  ['Every context', (await load('shared/dist/value-objects/refusals.js')).sharedRefusals],
  ['GraphQL', (await load('shared/dist/graphql/errors.js')).graphqlErrors],
  ['HTTP', (await load('shared/dist/infrastructure/http-server.js')).httpRefusals],
  ['Uploads and media', (await load('shared/dist/infrastructure/object-refusals.js')).objectRefusals],
  ['Between gateway and contexts', (await load('shared/dist/infrastructure/gateway-token.js')).gatewayTokenRefusals],
  ['gateway', (await load('gateway/dist/access/refusals.js')).gatewayRefusals],
];

const subgraphs = [];
for (const name of contexts) {
  const { subgraphSdl } = await load('subgraphs', name, 'dist/graphql/schema.js');
  if (typeof subgraphSdl !== 'function') fail(`subgraphs/${name}/src/graphql/schema.ts exports no function subgraphSdl().`);
  const sdl = `${subgraphSdl().trimEnd()}\n`;
  subgraphs.push({ name, sdl });
  files.set(`schema/${name}.graphql`, sdl);

  const { [`${name}Refusals`]: table } = await load('subgraphs', name, 'dist/domain/refusals.js');
  if (!table) fail(`subgraphs/${name}/src/domain/refusals.ts exports no table ${name}Refusals.`);
  tables.push([name, table]);
}
const failures = {
  identity: (await load('subgraphs/identity/dist/domain/data-export.js')).exportFailures,
  story: (await load('subgraphs/story/dist/domain/analysis-provider.js')).analysisFailures,
  narration: {
    ...(await load('subgraphs/narration/dist/domain/narration.js')).narrationFailures,
    ...(await load('subgraphs/narration/dist/domain/speech-provider.js')).speechFailures,
  },
};
for (const [name, table] of Object.entries(failures)) {
  const rows = Object.entries(table).map(([code, { sentence, retryable }]) => [
    code,
    { sentence, kind: retryable ? 'may be tried again' : 'final' },
  ]);
  tables.push([`${name}, in \`failure\``, Object.fromEntries(rows)]);
}

try {
  const { supergraph, api } = composeSupergraph(subgraphs);
  files.set('schema/supergraph.graphql', supergraph);
  files.set('schema/api.graphql', api);
} catch (error) {
  if (error instanceof CompositionError) fail(error.message);
  throw error;
}
files.set('schema/errors.md', errorList());

const catalogs = {};
for (const name of contexts) {
  const { [`${name}Events`]: catalog } = await load('shared/dist/domain-events', `${name}.js`);
  if (!catalog) fail(`shared/src/domain-events/${name}.ts exports no catalog ${name}Events.`);
  catalogs[name] = catalog;
}
try {
  const language = publishedLanguage({
    root,
    catalogs,
    ...(await load('shared/dist/domain-events/compatibility.js')),
    topicOf: (await load('shared/dist/infrastructure/event-bus.js')).topicOf,
  });
  for (const [path, text] of language) files.set(path, text);
} catch (error) {
  fail(error.message);
}

if (check) {
  const stale = [...files].filter(([path, text]) => read(path) !== text).map(([path]) => path);
  const left = committed().filter((path) => !files.has(path));
  for (const path of stale) process.stderr.write(`${path}: ${firstDifference(read(path), files.get(path))}\n`);
  for (const path of left) process.stderr.write(`${path}: no service makes it any more\n`);
  if (stale.length + left.length > 0) fail('Generated files are stale: run `npm run schema`, read the diff and commit it.');
  process.stdout.write(`schema/ and the rest are fresh: ${files.size} files\n`);
} else {
  for (const path of committed()) if (!files.has(path)) rmSync(join(root, path));
  for (const [path, text] of files) {
    if (read(path) === text) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    process.stdout.write(`${path}\n`);
  }
}

function committed() {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.graphql'))
    .map((name) => `schema/${name}`);
}

function read(path) {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined;
}

function firstDifference(before, after) {
  if (before === undefined) return 'missing';
  const old = before.split('\n');
  const line = after.split('\n').findIndex((text, index) => text !== old[index]);
  const at = line < 0 ? after.split('\n').length : line;
  return `from line ${at + 1} on\n  - ${old[at] ?? ''}\n  + ${after.split('\n')[at] ?? ''}`;
}

function errorList() {
  const rows = ([code, { kind, sentence, field }]) =>
    `| \`${code}\` | ${kind} | ${field ? `\`${field}\`` : ''} | ${sentence.replaceAll('|', '\\|')} |`;
  const sections = tables.map(([title, table]) =>
    [`## ${title}`, '', '| code | kind | field | sentence |', '|---|---|---|---|', ...Object.entries(table).sort().map(rows), ''].join(
      '\n',
    ),
  );
  return [
    '# Error codes',
    '',
    'Generated by `npm run schema`. Every error has `extensions: { code, kind, field, params, correlationId }`: decide by `code`, fall back on',
    '`kind`, show the sentence. Codes are stable; sentences may change. `{name}` is filled from `params`.',
    '',
    ...sections,
  ].join('\n');
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
