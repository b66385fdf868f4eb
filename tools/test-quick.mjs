// `npm run test:quick -- story`: the unit tests and the types of one package, while writing it. No PostgreSQL, no build.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureGenerated, ensureInstalled, PreparationError, root, toolEnvironment } from './prepare.mjs';

const contexts = readdirSync(join(root, 'subgraphs'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
const folders = new Map([
  ...contexts.map(({ name }) => [name, `subgraphs/${name}`]),
  ...['shared', 'gateway', 'platform', 'tools'].map((name) => [name, name]),
]);
const names = [...folders.keys()].join(', ');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

try {
  const [name, ...rest] = process.argv.slice(2);
  if (!name) throw new PreparationError(`Which package? For example: npm run test:quick -- story. There are: ${names}.`);
  const folder = folders.get(name);
  if (!folder) throw new PreparationError(`There is no package “${name}”. There are: ${names}.`);
  if (rest.length > 0) throw new PreparationError(`One package at a time, please: “${name}” or “${rest.join('”, “')}”?`);
  await ensureInstalled();
  await ensureGenerated();
  // The types of all packages are checked in one program: what uses this package must still fit.
  const ended = await Promise.all([run(`${scripts['test:unit']} ./${folder}/`), run(scripts['check:types'])]);
  process.exitCode = ended.every((code) => code === 0) ? 0 : 1;
} catch (error) {
  if (!(error instanceof PreparationError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function run(command) {
  const child = spawn(command, { cwd: root, env: toolEnvironment(), shell: true, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve) => child.once('close', resolve));
}
