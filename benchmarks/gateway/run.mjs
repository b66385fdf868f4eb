// `npm run bench:gateway`: the same page through each gateway, one after the other in turns, on one machine. CPU per request is what the
// gateway's process took (user and system, /proc), so that noise of other processes counts little. Answers are checked equal first.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Pool } from 'undici';
import { operation } from './operation.mjs';
import { picture } from './picture.mjs';

const here = import.meta.dirname;
const rounds = Number(process.env.ROUNDS ?? 3);
const seconds = Number(process.env.SECONDS ?? 8);
const folder = mkdtempSync(join(tmpdir(), 'storytelling-bench-'));
const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

if (!existsSync(join(here, 'peers/node_modules'))) {
  console.log('Installing the peers (only this benchmark needs them) …');
  execFileSync('npm', ['ci'], { cwd: join(here, 'peers'), stdio: 'inherit' });
}

const started = [];
function start(command, args, environment, cwd = here) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, NODE_ENV: 'production', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  started.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output = (output + chunk).slice(-4_000_000)));
  child.output = () => output;
  return child;
}
const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
async function until(condition) {
  const end = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it did not come to pass; ${started.at(-1).output().slice(-2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function shop(delay) {
  const child = start(process.execPath, ['subgraphs.mjs'], { DELAY: String(delay) });
  await until(() => child.output().includes('\n'));
  const { urls, supergraph } = JSON.parse(child.output());
  const file = join(folder, `supergraph-${delay}.graphql`);
  writeFileSync(file, supergraph);
  return { urls, file };
}

const gateways = {
  ours: ({ file, port }) =>
    start(process.execPath, ['../../gateway/dist/main.js', '--supergraph', file, '--port', String(port)], {
      FORWARD_IDENTITY: 'authorization',
      LOG_LEVEL: 'warn',
    }),
  'by hand': ({ urls, port }) => start(process.execPath, ['by-hand.mjs'], { SUBGRAPHS: JSON.stringify(urls), PORT: String(port) }),
  '@apollo/gateway': ({ file, port }) =>
    start(process.execPath, ['stock.mjs'], { SUPERGRAPH_FILE: file, PORT: String(port), APOLLO_TELEMETRY_DISABLED: 'true' }),
  'Hive Gateway': ({ file, port }) =>
    start(
      process.execPath,
      ['node_modules/@graphql-hive/gateway/dist/bin.js', 'supergraph', file, '--port', String(port), '--host', '127.0.0.1', '--jit'],
      { HIVE_GATEWAY_CONFIG: 'none' },
      join(here, 'peers'),
    ),
};

const body = JSON.stringify({ query: operation });
let count = 0;
async function ask(pool) {
  count += 1;
  const { statusCode, body: answer } = await pool.request({
    path: '/graphql',
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer client-${count}` },
    body,
  });
  return { statusCode, text: await answer.text() };
}

const cpuMs = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / ticks) * 1_000;
};
const memoryMB = (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

/** So many connections, each asking again as soon as it is answered, for `seconds`. */
async function load({ pid, pool, connections }) {
  const times = [];
  const end = Date.now() + seconds * 1_000;
  const before = cpuMs(pid);
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (Date.now() < end) {
        const began = performance.now();
        const { statusCode, text } = await ask(pool);
        if (statusCode !== 200 || text.includes('"errors"')) throw new Error(`${statusCode}: ${text.slice(0, 300)}`);
        times.push(performance.now() - began);
      }
    }),
  );
  times.sort((one, other) => one - other);
  return {
    cpu: (cpuMs(pid) - before) / times.length,
    requests: times.length / seconds,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
  };
}

async function measure(name, setting, expected) {
  const port = await freePort();
  const child = gateways[name]({ ...setting.shop, port });
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: setting.connections });
  try {
    await until(async () => (await ask(pool).catch(() => undefined))?.statusCode === 200);
    const answer = JSON.parse((await ask(pool)).text);
    if (expected && !isDeepStrictEqual(answer.data, expected)) throw new Error(`${name} answers something else`);
    for (let warm = 0; warm < 300; warm += 1) await ask(pool);
    const result = await load({ pid: child.pid, pool, connections: setting.connections });
    return { ...result, memory: memoryMB(child.pid), answer: answer.data };
  } finally {
    await pool.destroy();
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }
}

try {
  const settings = [
    { title: '50 connections', connections: 50, shop: await shop(0), names: Object.keys(gateways) },
    {
      title: '50 connections, subgraphs that take 4 ms',
      connections: 50,
      shop: await shop(4),
      names: ['ours', 'by hand', '@apollo/gateway'],
    },
    { title: '1 connection', connections: 1, shop: await shop(0), names: ['ours', 'by hand', '@apollo/gateway'] },
  ];
  const tables = [];
  let bytes = 0;
  for (const setting of settings) {
    const results = Object.fromEntries(setting.names.map((name) => [name, []]));
    let expected;
    // In turns, so that a busy minute of the machine is everybody's.
    for (let round = 0; round < rounds; round += 1)
      for (const name of setting.names) {
        const { answer, ...result } = await measure(name, setting, expected);
        expected ??= answer;
        bytes = JSON.stringify(answer).length;
        results[name].push(result);
        console.log(`${setting.title}, round ${round + 1}: ${name} ${result.cpu.toFixed(2)} ms CPU per request`);
      }
    const rows = Object.entries(results).map(([name, runs]) => ({
      name,
      ...Object.fromEntries(['cpu', 'requests', 'p50', 'p99', 'memory'].map((key) => [key, median(runs.map((run) => run[key]))])),
    }));
    const stock = rows.find(({ name }) => name === '@apollo/gateway').cpu;
    tables.push({ title: setting.title, rows: rows.map((row) => ({ ...row, ratio: row.cpu / stock })) });
  }
  const lines = tables.flatMap(({ title, rows }) => [
    `## ${title}`,
    '',
    '| gateway | CPU ms per request | × @apollo/gateway | requests/s | p50 ms | p99 ms | peak RSS MB |',
    '|---|---|---|---|---|---|---|',
    ...rows.map(
      ({ name, cpu, ratio, requests, p50, p99, memory }) =>
        `| ${name} | ${cpu.toFixed(2)} | ${ratio.toFixed(2)} | ${requests.toFixed(0)} | ${p50.toFixed(0)} | ${p99.toFixed(0)} | ${memory.toFixed(0)} |`,
    ),
    '',
  ]);
  const text = [
    '# What a page costs the gateway',
    '',
    `\`npm run bench:gateway\`, ${new Date().toISOString().slice(0, 10)}: ${cpus().length} × ${cpus()[0].model}, Node ${process.version}, medians of ${rounds} rounds of ${seconds} s in turns.`,
    `One query over four subgraphs, an answer of ${Math.round(bytes / 1_000)} kB, another Authorization with each request; answers checked equal.`,
    'CPU is the gateway’s own process, from /proc.',
    '',
    '![CPU per request](results.svg)',
    '',
    ...lines,
  ].join('\n');
  writeFileSync(join(here, 'results.md'), text);
  writeFileSync(join(here, 'results.svg'), picture(tables[0].rows));
  console.log(`\n${text}`);
} finally {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
