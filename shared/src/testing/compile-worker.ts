// A worker thread runs a compiled file. Tests compile today's sources into a folder of their own, so that they never run a stale one.

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformFile } from '@swc/core';

/**
 * `folders` are those that the worker imports something from, without their sub-folders, and `worker` is its file, all below `source`: the `src` of a package,
 * from the root of the repository.
 */
export async function compileWorker(
  source: string,
  folders: readonly string[],
  worker: string,
): Promise<{ url: URL; remove(): Promise<void> }> {
  // Under node_modules, so that the packages are found from there.
  const cache = join(process.cwd(), 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const target = await mkdtemp(join(cache, 'worker-'));
  await writeFile(join(target, 'package.json'), '{"type":"module"}');
  for (const folder of folders) {
    for (const file of await readdir(join(source, folder))) {
      if (!file.endsWith('.ts') || file.endsWith('.spec.ts')) continue;
      const { code } = await transformFile(join(source, folder, file), {
        swcrc: false,
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
      });
      const compiled = join(target, folder, file.replace(/\.ts$/u, '.js'));
      await mkdir(dirname(compiled), { recursive: true });
      await writeFile(compiled, code);
    }
  }
  return {
    url: pathToFileURL(join(target, worker.replace(/\.ts$/u, '.js'))),
    remove: () => rm(target, { recursive: true, force: true }),
  };
}
