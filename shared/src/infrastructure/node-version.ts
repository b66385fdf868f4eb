import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const needed = 24;

/** What to tell whoever starts a service on an older Node, which would end in somebody else's stack; `packagedNode`: the path of one that npm has installed. */
export function tooOld(version: string, packagedNode: () => string | undefined): string | undefined {
  if (Number.parseInt(version, 10) >= needed) return undefined;
  const packaged = packagedNode();
  const fix = packaged ? `start it with ${packaged}, which is installed here, instead of node` : 'install it from https://nodejs.org';
  return `Node ${version} is too old: this needs Node ${needed}; ${fix}.`;
}

function installedNode(): string | undefined {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}/bin/node`;
  const path = fileURLToPath(new URL(`../../../node_modules/${name}`, import.meta.url));
  return existsSync(path) ? relative(process.cwd(), path) || path : undefined;
}

// Imported by the programs that are started by hand before anything that would fail.
const complaint = tooOld(process.versions.node, installedNode);
if (complaint) {
  process.stderr.write(`${complaint}\n`);
  process.exit(1);
}
