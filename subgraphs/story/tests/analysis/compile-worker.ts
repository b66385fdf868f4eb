// The worker is a compiled file in production. Tests compile today's sources into a folder of their own, so that they never run a stale one.

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformFile } from '@swc/core';

const ROOT = process.cwd();
const SOURCE = join(ROOT, 'subgraphs/story/src');
/** What the worker imports. */
const FOLDERS = ['domain', 'infrastructure/providers/local'];

export async function compileWorker(): Promise<{ url: URL; remove(): Promise<void> }> {
  // Under node_modules, so that the packages are found from there.
  const cache = join(ROOT, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'analysis-worker-'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const name of FOLDERS) {
    await mkdir(join(folder, name), { recursive: true });
    for (const file of await readdir(join(SOURCE, name))) {
      if (!file.endsWith('.ts') || file.endsWith('.spec.ts') || (name === 'domain' && !file.startsWith('analysis-'))) continue;
      const { code } = await transformFile(join(SOURCE, name, file), {
        swcrc: false,
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
      });
      await writeFile(join(folder, name, file.replace(/\.ts$/u, '.js')), code);
    }
  }
  return {
    url: pathToFileURL(join(folder, 'infrastructure/providers/local/worker.js')),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
