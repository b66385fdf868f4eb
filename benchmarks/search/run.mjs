// `npm run bench:search`: how long a search among 10,000 stories takes, as the service sends it. Writes results.md; ends with 1 when a goal is missed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { deployContextMigrations } from '@storytelling/shared/infrastructure/migrations';
import pg from 'pg';
import { openDataFolder } from '../../platform/dist/data-folder.js';
import { startEmbeddedPostgres } from '../../platform/dist/embedded-postgres.js';
import { PrismaClient } from '../../subgraphs/story/dist/generated/prisma/client.js';
import { storyQueries } from '../../subgraphs/story/dist/infrastructure/story-queries.js';
import { makeStories } from './stories.mjs';

const count = 10_000;
const runs = 30;
const goal = 20;
const reader = { userId: undefined, isModerator: false };
const writer = { userId: 'writer-000007', isModerator: false };
const first = { limit: 20, backward: false };

const searches = [
  ['a rare word', 'wolverine'],
  ['two words', 'fox river'],
  ['a phrase', '"silver river"'],
  ['one or the other, and not a third', 'wolverine or lighthouse -river'],
  ['a word that only titles have', 'chronicle'],
  ['a word in every tenth story', 'lighthouse'],
  ['a word that is in no story', 'zebra'],
  ['only stop words', 'the and of'],
  ['a word in every second story', 'river'],
];

const folder = openDataFolder(mkdtempSync(join(tmpdir(), 'storytelling-bench-')));
const server = await startEmbeddedPostgres({ folder });
const rows = [];
// What else the machine does shows in every number.
const load = loadavg()[0].toFixed(1);
try {
  await server.ensureDatabases(['story']);
  const url = server.databaseUrl('story');
  await deployContextMigrations(url, fileURLToPath(new URL('../../prisma/story/migrations', import.meta.url)));
  const pool = new pg.Pool({ connectionString: url });
  const bytes = await makeStories(pool, count);
  const client = new PrismaClient({ adapter: new PrismaPg(pool), log: [{ emit: 'event', level: 'query' }] });
  let statement;
  client.$on('query', ({ query }) => {
    statement = query;
  });
  const queries = storyQueries(client);

  for (const [what, words] of searches) await measure(what, words, () => queries.search(words, {}, first, reader));
  await measure('among one’s own as well', 'fox river', () => queries.search('fox river', {}, first, writer));
  await measure('in German only', 'haus', () => queries.search('haus', { language: 'de' }, first, reader));
  const { nodes } = await queries.search('lighthouse', {}, { limit: 100, backward: false }, reader);
  const after = { rank: nodes.at(-1).rank, id: nodes.at(-1).id };
  await measure('page 6 of a word in every tenth story', 'lighthouse', () => queries.search('lighthouse', {}, { ...first, after }, reader));
  const page = nodes.slice(0, 20);
  await measure('where the words stand, for a page', 'lighthouse', () => queries.highlights(page).then(() => ({ nodes: page })), {
    usesIndex: false,
    most: Number.POSITIVE_INFINITY,
  });

  /** Through Prisma and the connection: more than the statement alone takes. */
  async function measure(what, words, search, { usesIndex = true, most = goal } = {}) {
    const found = await search();
    if (usesIndex) {
      const { rows: plan } = await pool.query(`EXPLAIN (GENERIC_PLAN) ${statement}`);
      if (!plan.some((line) => line['QUERY PLAN'].includes('story_search_document'))) throw new Error(`${what}: the index is not used.`);
    }
    const took = [];
    for (let run = 0; run < runs; run += 1) {
      const began = performance.now();
      await search();
      took.push(performance.now() - began);
    }
    took.sort((a, b) => a - b);
    const [median, worst] = [took[runs >> 1], took.at(-1)];
    if (median > most) process.exitCode = 1;
    rows.push(`| ${what} | \`${words}\` | ${found.nodes.length} | ${median.toFixed(1)} | ${worst.toFixed(1)} |`);
    console.log(rows.at(-1));
  }

  const machine = `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${process.arch}, Node ${process.versions.node}, load ${load} at the start`;
  writeFileSync(
    new URL('results.md', import.meta.url),
    `# Search, measured

\`npm run bench:search\`, ${new Date().toISOString().slice(0, 10)}: ${machine}. ${count.toLocaleString('en')} stories in three languages, ${(bytes / count / 1000).toFixed(1)} kB each,
half of them published; milliseconds of ${runs} runs, through Prisma and the connection. Goal: a median of at most ${goal} ms. Every search was
seen to use the index (\`EXPLAIN\`).

| what | search | on the page | median (ms) | worst (ms) |
| --- | --- | ---: | ---: | ---: |
${rows.join('\n')}
`,
  );
  await client.$disconnect();
  await pool.end();
} finally {
  await server.stop();
  folder.close();
  rmSync(folder.path, { recursive: true, force: true });
}
