// `npm run bench:start`: how long a later start takes, and how much memory node holds when ready. PostgreSQL's own processes are not counted.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const runs = 5;
const limits = { 'ready (s)': 4, 'node RSS (MB)': 300 };
const dataFolder = mkdtempSync(join(tmpdir(), 'storytelling-bench-'));

try {
  await measure(); // installs, builds, makes the databases: not what is measured
  const measured = [];
  for (let run = 0; run < runs; run += 1) measured.push(await measure());
  const rows = Object.entries(limits).map(([name, limit]) => {
    const values = measured.map((one) => one[name]).sort((a, b) => a - b);
    return { measured: name, median: values[Math.floor(runs / 2)], worst: values.at(-1), limit };
  });
  console.table(rows);
  if (rows.some(({ median, limit }) => median > limit)) process.exitCode = 1;
} finally {
  rmSync(dataFolder, { recursive: true, force: true });
}

/** From the command, as a person types it, to the line that says it is ready. */
async function measure() {
  const began = performance.now();
  const child = spawn('npm', ['start'], {
    env: { ...process.env, PORT: '0', DATA_DIR: dataFolder },
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  });
  const exited = once(child, 'exit');
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    if (/^ready /m.test(output)) break;
  }
  const seconds = (performance.now() - began) / 1000;
  if (!/^ready /m.test(output)) throw new Error(`npm start has ended:\n${output}`);
  const pid = Number(readFileSync(join(dataFolder, 'platform.pid'), 'utf8'));
  const megabytes = residentKilobytes(pid) / 1024;
  process.kill(pid, 'SIGTERM');
  await exited;
  return { 'ready (s)': Number(seconds.toFixed(2)), 'node RSS (MB)': Math.round(megabytes) };
}

function residentKilobytes(pid) {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }));
}
