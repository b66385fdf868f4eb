// `npm run bench:gateway`: the same page through each gateway, one after the other in turns, on one machine. CPU per request is what the
// gateway's process took (user and system, /proc), so that noise of other processes counts little. Answers are checked equal first.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { gateways } from './gateways.mjs';
import { load, median, open } from './load.mjs';
import { entities, fetches, page } from './operations.mjs';
import { picture } from './picture.mjs';
import { start, stopAll, until } from './processes.mjs';

const here = import.meta.dirname;
const rounds = Number(process.env.ROUNDS ?? 3);
const seconds = Number(process.env.SECONDS ?? 6);
const folder = mkdtempSync(join(tmpdir(), 'storytelling-bench-'));

if (!existsSync(join(here, 'peers/node_modules'))) {
  console.log('Installing the peers (only this benchmark needs them) …');
  execFileSync('npm', ['ci'], { cwd: join(here, 'peers'), stdio: 'inherit', shell: process.platform === 'win32' });
}

/** Subgraphs in a process of their own; `fetches()` is how many requests they have had. */
async function subgraphs(script, environment) {
  const child = start([script], environment, { channel: true });
  await until(() => child.output().includes('\n'), child);
  const { supergraph, ...rest } = JSON.parse(child.output());
  const file = join(folder, `${child.pid}.graphql`);
  writeFileSync(file, supergraph);
  return {
    ...rest,
    file,
    async fetches() {
      child.send('how many?');
      const [count] = await once(child, 'message');
      return count;
    },
  };
}

let expected;
/** The page, under load. */
async function measure(name, { shop, connections }) {
  const gateway = await open(name, shop, connections);
  try {
    const { data } = JSON.parse(await gateway.ask(page));
    expected ??= data;
    if (!isDeepStrictEqual(data, expected)) throw new Error(`${name} answers something else`);
    // Compiled by then, and everybody's connections are open.
    await load(gateway, { query: page, connections, seconds: 2, shop });
    return await load(gateway, { query: page, connections, seconds, shop });
  } finally {
    await gateway.close();
  }
}

/** CPU per request by the size of what is asked, one request at a time. */
async function grow(shop, sizes, queryOf) {
  const series = {};
  const answers = [];
  for (const name of ['ours', '@apollo/gateway', 'Hive Gateway']) {
    const gateway = await open(name, shop, 1);
    try {
      series[name] = [];
      for (const size of sizes) {
        const query = queryOf(size);
        const { data } = JSON.parse(await gateway.ask(query));
        answers[size] ??= data;
        if (!isDeepStrictEqual(data, answers[size])) throw new Error(`${name} answers something else to ${query.slice(0, 80)}`);
        const limits = { query, connections: 1, shop };
        await load(gateway, { ...limits, seconds: 0.5 });
        series[name].push((await load(gateway, { ...limits, seconds: 2 })).cpu);
      }
    } finally {
      await gateway.close();
    }
  }
  return { sizes, series };
}

const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);

function pageTable(title, rows) {
  const stock = rows.find(({ name }) => name === '@apollo/gateway').cpu;
  return [
    `## ${title}`,
    '',
    ...table(
      ['gateway', 'CPU ms per page', '× @apollo/gateway', 'fetches', 'pages/s', 'p50 ms', 'p99 ms', 'peak RSS MB'],
      rows.map(({ name, cpu, ...row }) => [
        name,
        cpu.toFixed(2),
        (cpu / stock).toFixed(2),
        row.fetches.toFixed(1),
        ...[row.requests, row.p50, row.p99, row.memory].map((value) => value.toFixed(value < 10 ? 1 : 0)),
      ]),
    ),
    '',
  ];
}

const growthTable = ({ title, sizes, series }) => [
  `## ${title}`,
  '',
  ...table(
    ['CPU ms per request', ...sizes],
    Object.entries(series).map(([name, values]) => [name, ...values.map((value) => value.toFixed(2))]),
  ),
  '',
];

try {
  const near = await subgraphs('subgraphs.mjs', {});
  const settings = [
    { title: '50 connections', connections: 50, shop: near },
    { title: '50 connections, subgraphs that take 4 ms', connections: 50, shop: await subgraphs('subgraphs.mjs', { DELAY: '4' }) },
    { title: '1 connection', connections: 1, shop: near },
  ];
  const tables = [];
  for (const setting of settings) {
    const results = Object.fromEntries(Object.keys(gateways).map((name) => [name, []]));
    // In turns, so that a busy minute of the machine is everybody's.
    for (let round = 1; round <= rounds; round += 1)
      for (const [name, runs] of Object.entries(results)) {
        runs.push(await measure(name, setting));
        console.log(`${setting.title}, round ${round}: ${name} ${runs.at(-1).cpu.toFixed(2)} ms CPU per page`);
      }
    const rows = Object.entries(results).map(([name, runs]) => ({
      name,
      ...Object.fromEntries(Object.keys(runs[0]).map((key) => [key, median(runs.map((run) => run[key]))])),
    }));
    tables.push({ title: setting.title, rows });
  }
  const many = await subgraphs('many-subgraphs.mjs', {});
  const growths = [
    { title: 'Entities in one list, of two subgraphs', ...(await grow(many, [10, 100, 1_000, 10_000], entities)) },
    { title: 'Fetches for one request', ...(await grow(many, [1, 5, 20, 50], fetches)) },
  ];
  const text = [
    '# What a page costs the gateway',
    '',
    `\`npm run bench:gateway\`, ${new Date().toISOString().slice(0, 10)}: ${cpus().length} × ${cpus()[0].model}, Node ${process.version}, medians of ${rounds} rounds of ${seconds} s in turns.`,
    `One query over four subgraphs, an answer of ${Math.round(JSON.stringify({ data: expected }).length / 1_000)} kB, another Authorization with each request; answers checked equal.`,
    'CPU is the gateway’s own process, from /proc. “By hand” is a proxy for this one page, written on node:http and undici alone.',
    'Each peer runs in its fastest mode: Hive Gateway with `--hive-router-runtime` (a planner in Rust), Mercurius with `jit: 1`.',
    '',
    '![CPU per page](results.svg)',
    '',
    ...tables.flatMap(({ title, rows }) => pageTable(title, rows)),
    ...growths.flatMap(growthTable),
  ].join('\n');
  writeFileSync(join(here, 'results.md'), text);
  writeFileSync(join(here, 'results.svg'), picture(tables[0].rows, growths));
  console.log(`\n${text}`);
} finally {
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
}
