// What has to be true before anything here runs: packages installed, Prisma clients generated, TypeScript built. Each step is skipped in
// milliseconds when nothing changed. `npm start`, `npm test` and `npm run dev` import it; `npm run build` runs it.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The workspaces that are compiled. */
export const builtRooms = () => [
  'shared',
  'gateway',
  'platform',
  ...readdirSync(join(root, 'subgraphs')).map((name) => join('subgraphs', name)),
];

/** node_modules/.bin first, so that every tool runs on the packaged Node 24, and nothing that phones home. */
export const toolEnvironment = () => ({
  ...process.env,
  // Windows spells it Path; process.env finds both, a copied object does not.
  PATH: bin + delimiter + (process.env.PATH ?? ''),
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
  DO_NOT_TRACK: '1',
  CHECKPOINT_DISABLE: '1',
  // Any existing file will do: `prisma generate` never runs the engine, but downloads it unless it is told where one is.
  PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
});

/** A failed step: its message is the one sentence for the reader; the tool's own output was printed before. */
export class PreparationError extends Error {}

/** `npm ci`, unless node_modules already is what package-lock.json says. */
export async function ensureInstalled() {
  if (installedIsLocked()) return;
  await exclusively(async () => {
    if (installedIsLocked()) return;
    // npm writes this file last and `ci` clears the folder in no order: without it an interrupted run cannot look complete.
    rmSync(join(root, 'node_modules', '.package-lock.json'), { force: true });
    // --include: NODE_ENV=production must not leave out the compiler.
    const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
    await step(
      'Installing packages (npm ci; the only step that needs the network)',
      [...npm, 'ci', '--include=dev', '--include=optional'],
      {
        failed: 'Installing the packages failed: see npm’s message above; the first start needs the network, later ones do not.',
      },
    );
    if (!installedIsLocked())
      throw new PreparationError(
        'npm ci ended well, but node_modules is not what package-lock.json says: delete node_modules and start again.',
      );
  });
}

const generatedFrom = ['prisma', join('schema', 'api.graphql'), 'codegen.yml', join('platform', 'src', 'story-cli')];

/** The Prisma clients and the typed operations. `ensureBuilt` includes this step. */
export async function ensureGenerated() {
  await turbo('generate', 'Generating (database clients, typed operations)', generatedFrom);
}

/** Everything compiled to dist/, the Prisma clients before it. */
export async function ensureBuilt() {
  const rooms = builtRooms();
  await turbo('build', 'Building (database clients, typed operations, TypeScript)', [
    ...generatedFrom,
    'tsconfig.base.json',
    'turbo.json',
    ...rooms.flatMap((room) => [join(room, 'src'), join(room, 'package.json'), join(room, 'tsconfig.json')]),
  ]);
}

/** Path of a Node of at least 24: this process' own, else the one among the packages. */
export function node24() {
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath;
  const packaged = join(root, 'node_modules', `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`, 'bin');
  const path = ['node', 'node.exe'].map((name) => join(packaged, name)).find((candidate) => existsSync(candidate));
  if (path) return path;
  throw new PreparationError(`Node ${process.versions.node} is too old, and npm has no packaged Node for this system: install Node 24.`);
}

/** Runs a program of this project on Node 24: in this process where that is one, so that there is nothing between npm and the program. */
export async function runOnNode24(program) {
  const node = node24();
  if (node === process.execPath) {
    process.argv[1] = program;
    await import(pathToFileURL(program).href);
    return;
  }
  const child = spawn(node, [...process.execArgv, program, ...process.argv.slice(2)], { env: toolEnvironment(), stdio: 'inherit' });
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  // kill -9 of npm leaves it no chance to pass anything on.
  const parent = process.ppid;
  const watch = setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 1000);
  child.once('exit', () => clearInterval(watch));
  process.exitCode = await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

// npm writes node_modules/.package-lock.json at the end of an install: what is really there. Optional packages and those of other systems
// may be absent.
function installedIsLocked() {
  const packages = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
  let installed;
  try {
    installed = packages('node_modules/.package-lock.json');
  } catch {
    return false;
  }
  const same = (a, b) => a.version === b.version && a.integrity === b.integrity;
  const locked = packages('package-lock.json');
  return Object.entries(locked).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true; // a workspace
    const found = installed[path];
    return found ? same(found, entry) : entry.optional || entry.devOptional || entry.os || entry.cpu;
  });
}

// turbo needs 0.3 s or more to find that nothing changed; sizes and times of the inputs are compared in 10 ms.
async function turbo(task, what, inputs) {
  const stamp = join(root, '.turbo', `${task}.inputs`);
  const upToDate = () => outputsExist(task) && existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(inputs);
  if (upToDate()) return;
  await exclusively(async () => {
    if (upToDate()) return;
    const before = fingerprint(inputs);
    await step(what, [join(bin, 'turbo'), 'run', task, '--output-logs=errors-only', '--env-mode=loose', '--no-daemon'], {
      failed: `${what} failed: see the tool’s message above.`,
    });
    // The inputs as they were before: what changed meanwhile is built next time. (Generated clients are outputs and left out.)
    writeFileSync(stamp, before);
  });
}

function outputsExist(task) {
  return builtRooms().every((room) => {
    const { scripts = {} } = JSON.parse(readFileSync(join(root, room, 'package.json'), 'utf8'));
    if (scripts.generate && !existsSync(join(root, room, 'src', 'generated'))) return false;
    return task === 'generate' || existsSync(join(root, room, 'dist', '.tsbuildinfo'));
  });
}

function fingerprint(inputs) {
  const hash = createHash('sha1');
  const visit = (path) => {
    const stats = statSync(join(root, path), { throwIfNoEntry: false });
    if (stats?.isDirectory()) {
      for (const name of readdirSync(join(root, path)).sort()) if (name !== 'generated') visit(join(path, name));
    } else hash.update(`${path} ${stats?.size} ${stats?.mtimeMs}\n`);
  };
  for (const input of inputs) visit(input);
  return hash.digest('hex');
}

/** Runs one tool; its output is shown only when it fails. */
async function step(what, [command, ...args], { failed }) {
  const began = Date.now();
  process.stdout.write(`${what} … `);
  // Windows starts .cmd files through a shell only.
  const shell = process.platform === 'win32' && command !== process.execPath;
  const child = spawn(shell ? `"${command}"` : command, args, {
    cwd: root,
    env: toolEnvironment(),
    shell,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const interrupt = () => {
    child.kill();
    process.exit(1);
  };
  for (const signal of signals) process.once(signal, interrupt);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve(1);
    });
    child.once('close', (exit, signal) => resolve(exit ?? signal));
  });
  for (const signal of signals) process.off(signal, interrupt);
  process.stdout.write(code === 0 ? `${((Date.now() - began) / 1000).toFixed(1)} s\n` : 'failed\n');
  if (code === 0) return;
  process.stderr.write(`${output.trimEnd()}\n`);
  throw new PreparationError(failed);
}

// Two starts at once must not install or build over each other: a lock file that its holder touches every second. Its process gone, or
// untouched for 10 s (a process id used again), it is stale.
async function exclusively(work) {
  const lock = join(root, '.turbo', 'prepare.lock');
  try {
    mkdirSync(join(root, '.turbo'), { recursive: true });
    for (let waited = false; !take(lock); waited = true) {
      if (!waited) process.stdout.write('Another process is preparing this folder: waiting for it …\n');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  } catch (error) {
    throw new PreparationError(`This folder has to be built first, but it is not writable for this user: ${error.message}.`);
  }
  const beat = setInterval(() => utimesSync(lock, new Date(), new Date()), 1000);
  try {
    await work();
  } finally {
    clearInterval(beat);
    rmSync(lock, { force: true });
  }
}

function take(lock) {
  try {
    const file = openSync(lock, 'wx');
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const stats = statSync(lock, { throwIfNoEntry: false });
  if (stats && (Date.now() - stats.mtimeMs > 10_000 || !alive(Number(readFileSync(lock, 'utf8'))))) rmSync(lock, { force: true });
  return false;
}

function alive(pid) {
  if (!pid) return true; // just created, its id not yet written
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await ensureInstalled();
    await (process.argv[2] === 'generate' ? ensureGenerated() : ensureBuilt());
  } catch (error) {
    if (!(error instanceof PreparationError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
