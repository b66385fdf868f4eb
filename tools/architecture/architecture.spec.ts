import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';

// A rule that never fired may be one that cannot. The fixtures are small houses in which each rule is broken: a line ends with
// `// breaks: <what must be reported here>`, and whatever is reported on other lines is a rule that fires where it should not.

const root = fileURLToPath(new URL('../..', import.meta.url));
const fixtures = join(root, 'tools/architecture/fixtures');

/** The tool as people run it, in a fixture, with the configuration of the project. It exits with 1, since it has something to report. */
const report = (fixture: string, tool: string, ...args: string[]) =>
  new Promise<string>((resolve, reject) => {
    const command = [join(root, 'node_modules', tool), ...args];
    execFile(process.execPath, command, { cwd: join(fixtures, fixture), maxBuffer: 2 ** 26 }, (_, stdout, stderr) =>
      stdout ? resolve(stdout) : reject(new Error(stderr)),
    );
  });

/** `<file>: <what is written on a line>: <what it breaks>`, for each marked line of a fixture. */
function marked(fixture: string, describeLine: (text: string, number: number) => string): string[] {
  const folder = join(fixtures, fixture);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.flatMap((entry) => {
    const file = join(entry.parentPath, entry.name);
    return readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((text, index) => {
        const broken = text.split('// breaks: ')[1]?.split('; ') ?? [];
        return broken.map((rule) => `${file.slice(folder.length + 1)}: ${describeLine(text, index + 1)}: ${rule}`);
      });
  });
}

const broken = (found: string[], rule: string) => found.filter((line) => line.endsWith(`: ${rule}`)).sort();

describe('imports', () => {
  interface Cruise {
    modules: { source: string; dependencies: { module: string; rules?: { name: string }[] }[]; rules?: { name: string }[] }[];
    summary: { ruleSetUsed: { forbidden: { name: string; comment: string }[] } };
  }

  const expected = marked('imports', (text) => /'([^']+)'/.exec(text)?.[1]?.replace('node:', '') ?? 'the file');
  let found: string[];
  let rules: { name: string; comment: string }[];

  beforeAll(async () => {
    const config = join(root, '.dependency-cruiser.js');
    const cruise = JSON.parse(
      await report('imports', 'dependency-cruiser/bin/dependency-cruiser.mjs', '--config', config, '-T', 'json', '.'),
    ) as Cruise;
    rules = cruise.summary.ruleSetUsed.forbidden;
    found = cruise.modules.flatMap(({ source, dependencies, rules: ofFile = [] }) => [
      ...ofFile.map((rule) => `${source}: the file: ${rule.name}`),
      ...dependencies.flatMap(({ module, rules: ofImport = [] }) => ofImport.map((rule) => `${source}: ${module}: ${rule.name}`)),
    ]);
  }, 30_000);

  it('each rule is a sentence with its reason', () => {
    for (const { name, comment } of rules) {
      expect(name).toMatch(/^\S+( \S+){2,}$/);
      expect(comment).toMatch(/^[A-Z].{30,}\.$/);
    }
  });

  it('each rule is broken by a fixture, and fires there and nowhere else', () => {
    for (const { name } of rules) {
      expect({ name, fires: broken(found, name) }).toEqual({ name, fires: broken(expected, name) });
      expect({ name, times: broken(found, name).length }).not.toEqual({ name, times: 0 });
    }
  });

  it('no fixture names a rule that does not exist', () => {
    expect(expected.filter((line) => !rules.some(({ name }) => line.endsWith(`: ${name}`)))).toEqual([]);
  });
});

describe('lint', () => {
  interface FileReport {
    filePath: string;
    messages: { line: number; ruleId: string | null; message: string }[];
  }

  const expected = marked('lint', (_, line) => `line ${line}`);
  let found: string[];

  beforeAll(async () => {
    const config = join(root, 'eslint.config.js');
    const files = JSON.parse(await report('lint', 'eslint/bin/eslint.js', '--config', config, '--format', 'json', '.')) as FileReport[];
    found = files.flatMap(({ filePath, messages }) =>
      // A comment that disables nothing is reported without the name of a rule.
      messages.map(
        ({ line, ruleId, message }) => `${filePath.slice(join(fixtures, 'lint').length + 1)}: line ${line}: ${ruleId ?? message}`,
      ),
    );
  }, 30_000);

  it('each broken line is reported, and no other', () => {
    expect(found.sort()).toEqual(expected.sort());
  });

  it('each rule that eslint.config.js switches on is broken by a fixture', () => {
    const config = readFileSync(join(root, 'eslint.config.js'), 'utf8');
    const switchedOn = [...config.matchAll(/^ +'?([\w@/-]+)'?: (?:'error'|\[\s*'error')/gm)].map((match) => match[1] ?? '');
    expect(switchedOn.length).toBeGreaterThan(15);
    expect(switchedOn.filter((rule) => broken(found, rule).length === 0)).toEqual([]);
  });
});

describe('dead code', () => {
  interface DeadCode {
    issues: ({ file: string } & {
      [kind in 'dependencies' | 'exports' | 'files' | 'types' | 'unlisted' | 'unresolved']: { name: string }[];
    })[];
  }

  it('an export, a type, a dependency that nobody uses and a package that nobody listed are found, and nothing else', async () => {
    const { issues } = JSON.parse(
      await report('dead-code', 'knip/bin/knip.js', '--config', join(root, 'knip.jsonc'), '--reporter', 'json', '--no-config-hints'),
    ) as DeadCode;
    const found = issues.flatMap(({ file, ...kinds }) =>
      Object.entries(kinds).flatMap(([kind, names]) => names.map(({ name }) => `${file}: ${kind}: ${name}`)),
    );
    expect(found.sort()).toEqual([
      'shared/src/value-objects/colour.ts: exports: colour',
      'shared/src/value-objects/text.ts: exports: trimmed',
      'shared/src/value-objects/text.ts: types: Text',
      'subgraphs/story/package.json: dependencies: openai',
      'subgraphs/story/src/domain/forgotten.ts: exports: forgotten',
      'subgraphs/story/src/domain/story.ts: exports: unpublish',
      'subgraphs/story/src/domain/story.ts: unlisted: pino',
    ]);
  }, 30_000);
});
