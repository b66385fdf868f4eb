import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

// The built platform from outside, as an operator sees it: a process, its output, its exit code, its port.

const main = join(import.meta.dirname, '../dist/main.js');
let dataFolder: string;
const running = new Set<ChildProcess>();

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exited: Promise<number | null>;
}

function run(environment: Record<string, string>): Run {
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, DATA_DIR: dataFolder, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'close').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return { child, output: () => output, exited };
}

async function ready(platform: Run): Promise<string> {
  for (;;) {
    const [, url] = /^ready (\S+)\/graphql$/m.exec(platform.output()) ?? [];
    if (url) return url;
    if (!running.has(platform.child)) throw new Error(`The platform has ended:\n${platform.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Processes with this data folder in their command line or environment: the platform, PostgreSQL and its workers. */
function processesOf(folder: string): string[] {
  const read = (path: string) => {
    try {
      return readFileSync(path, 'utf8').replaceAll('\0', ' ');
    } catch {
      return ''; // ended meanwhile, or another user's
    }
  };
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .map((pid) => read(`/proc/${pid}/cmdline`) && `${pid} ${read(`/proc/${pid}/cmdline`)} ${read(`/proc/${pid}/environ`)}`)
    .filter((description) => description.includes(folder));
}

const status = async (url: string) => (await fetch(url)).status;

beforeAll(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'storytelling start '));
  chmodSync(dataFolder, 0o755);
});

afterEach(async () => {
  for (const child of running) {
    child.kill('SIGTERM');
    await once(child, 'close');
  }
});

afterAll(() => rmSync(dataFolder, { recursive: true, force: true }));

describe('npm start', () => {
  it('is ready, answers, drains on SIGTERM in 5 s, and leaves no process', async () => {
    const platform = run({});
    const url = await ready(platform);
    await expect(status(`${url}/health`)).resolves.toBe(200);
    await expect(status(`${url}/ready`)).resolves.toBe(200);
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __typename stories(first: 1) { edges { cursor } } }' }),
    });
    expect(await answer.json()).toEqual({ data: { __typename: 'Query', stories: { edges: [] } } });

    expect(processesOf(dataFolder).length).toBeGreaterThan(1);
    const began = Date.now();
    platform.child.kill('SIGTERM');
    await expect(platform.exited).resolves.toBe(0);
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(processesOf(dataFolder)).toEqual([]);
  }, 60_000);

  it('ends as one when a terminal’s Ctrl-C arrives twice, from the terminal and from npm', async () => {
    const platform = run({});
    await ready(platform);
    platform.child.kill('SIGINT');
    platform.child.kill('SIGINT');
    await expect(platform.exited).resolves.toBe(0);
    expect(processesOf(dataFolder)).toEqual([]);
  }, 60_000);

  it('leaves nothing when it is stopped while it starts', async () => {
    const platform = run({});
    while (!existsSync(join(dataFolder, 'postgresql/postmaster.pid'))) await new Promise((resolve) => setTimeout(resolve, 5));
    const began = Date.now();
    platform.child.kill('SIGTERM');
    await expect(platform.exited).resolves.toBe(0);
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(processesOf(dataFolder)).toEqual([]);
  }, 60_000);

  it('refuses a data folder in use in one sentence, and the running platform goes on', async () => {
    const platform = run({});
    const url = await ready(platform);
    const second = run({});
    await expect(second.exited).resolves.toBe(1);
    expect(second.output()).toBe(
      `The data folder ${dataFolder} is in use by a running platform (process ${platform.child.pid}): stop that one, or set DATA_DIR to another folder.\n`,
    );
    await expect(status(`${url}/ready`)).resolves.toBe(200);
  }, 60_000);

  it('recovers by itself after kill -9 of everything', async () => {
    const platform = run({});
    await ready(platform);
    const server = Number.parseInt(readFileSync(join(dataFolder, 'postgresql/postmaster.pid'), 'utf8'), 10);
    process.kill(server, 'SIGKILL');
    platform.child.kill('SIGKILL');
    await platform.exited;
    const again = run({});
    await expect(status(`${await ready(again)}/ready`)).resolves.toBe(200);
  }, 60_000);

  it('takes over from a platform that was killed while its PostgreSQL lives', async () => {
    const platform = run({});
    await ready(platform);
    platform.child.kill('SIGKILL');
    await platform.exited;
    const again = run({});
    await expect(status(`${await ready(again)}/ready`)).resolves.toBe(200);
    again.child.kill('SIGTERM');
    await again.exited;
    expect(processesOf(dataFolder)).toEqual([]);
  }, 60_000);

  it('ends when its PostgreSQL does', async () => {
    const platform = run({});
    await ready(platform);
    process.kill(Number.parseInt(readFileSync(join(dataFolder, 'postgresql/postmaster.pid'), 'utf8'), 10), 'SIGKILL');
    await expect(platform.exited).resolves.toBe(1);
    expect(platform.output()).toContain('PostgreSQL has ended unexpectedly');
  }, 60_000);

  it.each([
    [{ PORT: '99999' }, 'The setting PORT is wrong: a port number from 0 (any free one) to 65535.\n'],
    [{ LOG_LEVEL: 'loud' }, 'The setting LOG_LEVEL is wrong: one of silent, fatal, error, warn, info, debug, trace.\n'],
  ])('refuses the wrong setting %j in one sentence', async (environment, sentence) => {
    const platform = run(environment);
    await expect(platform.exited).resolves.toBe(1);
    expect(platform.output()).toBe(sentence);
  });

  it.each([
    [{ OPENAI_BASE_URL: 'nonsense' }, 'The setting OPENAI_BASE_URL is wrong: a URL.\n'],
    [
      { ALLOWED_ORIGINS: 'https://stories.example.org/app' },
      'The setting ALLOWED_ORIGINS is wrong: origins such as https://stories.example.org, separated by commas.\n',
    ],
    [
      { EVENT_BUS_URL: 'kafka://localhost' },
      'The setting EVENT_BUS_URL is wrong: it has the form kafka://host:9092[,host2:9092][?ssl=true&sasl=scram-sha-512].\n',
    ],
  ])(
    'stops what it had started when a context refuses its setting %j',
    async (environment, sentence) => {
      const platform = run(environment);
      await expect(platform.exited).resolves.toBe(1);
      expect(platform.output()).toBe(sentence);
      expect(processesOf(dataFolder)).toEqual([]);
    },
    60_000,
  );

  it('refuses a port that is taken before it starts anything', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const platform = run({ PORT: String(port), DATA_DIR: join(dataFolder, 'never made') });
    await expect(platform.exited).resolves.toBe(1);
    expect(platform.output()).toMatch(new RegExp(`^Port ${port} is in use by another program: .* PORT=${port + 1} npm start\\.\\n$`));
    expect(existsSync(join(dataFolder, 'never made'))).toBe(false);
    other.close();
  });
});
