import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('what is written', () => {
  it.each(readdirSync(join(root, 'subgraphs')))('the README of %s is read in one go: 40 lines', (context) => {
    expect(read(`subgraphs/${context}/README.md`).trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  });

  it('links to what is there', () => {
    const pages = globSync(['*.md', 'docs/**/*.md', 'subgraphs/*/*.md'], { cwd: root });
    expect(pages.length).toBeGreaterThan(30);
    const broken = pages.flatMap((page) =>
      Array.from(read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g), ([, target = '']) => target)
        .filter((target) => !existsSync(join(root, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('lists every decision', () => {
    const list = read('docs/decisions/README.md');
    const pages = readdirSync(join(root, 'docs/decisions')).filter((page) => page !== 'README.md');
    expect(pages.filter((page) => !list.includes(`(${page})`))).toEqual([]);
  });
});
