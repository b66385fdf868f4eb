// `npm run dev`: compiles on change and restarts the platform when what was compiled changed.
import { spawn } from 'node:child_process';
import { mkdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { builtRooms, ensureBuilt, ensureInstalled, node24, PreparationError, root, toolEnvironment } from './prepare.mjs';

try {
  await ensureInstalled();
  await ensureBuilt();
} catch (error) {
  // Code that does not compile yet is what this command is for.
  console.error(error instanceof PreparationError ? error.message : error);
}

let platform;
let ending = false;
let pause;

const node = node24();
const compiler = spawn(node, [join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc'), '-b', '-w', '--preserveWatchOutput'], {
  cwd: root,
  env: toolEnvironment(),
  stdio: ['ignore', 'inherit', 'inherit'],
});
compiler.once('exit', () => void end());

for (const room of builtRooms()) {
  const dist = join(root, room, 'dist');
  mkdirSync(dist, { recursive: true });
  watch(dist, { recursive: true }, (_event, name) => {
    if (!name?.endsWith('.js')) return;
    // One change of a shared file compiles many: the restart waits until it is quiet.
    clearTimeout(pause);
    pause = setTimeout(restart, 300);
  });
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end());
start();

function start() {
  if (ending) return;
  const child = spawn(node, ['--enable-source-maps', join(root, 'platform', 'dist', 'main.js')], {
    cwd: root,
    env: toolEnvironment(),
    stdio: 'inherit',
  });
  platform = { child, ended: new Promise((resolve) => child.once('exit', resolve)) };
}

let restarting;
function restart() {
  // Changes during a restart are in the one that is about to start, or cause the next.
  restarting ??= stopPlatform().then(() => {
    restarting = undefined;
    console.log('\nChanged: starting again …');
    start();
  });
}

async function stopPlatform() {
  if (platform.child.exitCode === null && platform.child.signalCode === null) platform.child.kill('SIGTERM');
  await platform.ended;
}

async function end() {
  if (ending) return;
  ending = true;
  clearTimeout(pause);
  compiler.kill('SIGTERM');
  await stopPlatform();
  process.exit(0);
}
