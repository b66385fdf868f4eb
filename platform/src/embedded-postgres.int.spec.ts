import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type DataFolder, openDataFolder, reachable } from './data-folder.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';

let path: string;
const cleanUp: (() => unknown)[] = [];

beforeEach(() => {
  // Spaces and letters outside ASCII, as people name their folders.
  path = join(mkdtempSync(join(tmpdir(), 'storytelling-data-')), 'Mes données');
  // mkdtemp makes it for its user only, and root's PostgreSQL is another one.
  chmodSync(join(path, '..'), 0o755);
});

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
  rmSync(join(path, '..'), { recursive: true, force: true });
});

function open(): DataFolder {
  const folder = openDataFolder(path);
  cleanUp.push(() => folder.close());
  return folder;
}

async function start(folder = open()): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ folder });
  cleanUp.push(() => postgres.stop());
  await postgres.ensureDatabases(['identity', 'story']);
  return postgres;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}

async function stopped(pid: number): Promise<void> {
  const alive = () => existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  while (alive()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A platform as a process of its own, as far as the databases go. */
async function startElsewhere(): Promise<ChildProcess> {
  const dist = (name: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, '../dist', name)).href);
  const script = `
    import { openDataFolder } from ${dist('data-folder.js')};
    import { startEmbeddedPostgres } from ${dist('embedded-postgres.js')};
    const postgres = await startEmbeddedPostgres({ folder: openDataFolder(${JSON.stringify(path)}) });
    await postgres.ensureDatabases(['identity', 'story']);
    process.on('SIGTERM', () => postgres.stop().then(() => process.exit()));
    console.log('started');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanUp.push(() => child.exitCode ?? child.signalCode ?? (child.kill('SIGTERM') && once(child, 'exit')));
  await once(child.stdout, 'data');
  return child;
}

describe('the embedded PostgreSQL', () => {
  it('gives each context a login that may enter its own database only', async () => {
    const postgres = await start();
    const foreign = new URL(postgres.databaseUrl('story'));
    foreign.pathname = '/identity';
    await expect(query(postgres.databaseUrl('story'), 'SELECT current_user AS me')).resolves.toEqual([{ me: 'story' }]);
    await expect(query(foreign.href, 'SELECT 1')).rejects.toMatchObject({ code: '42501' });
  });

  it('keeps what users wrote durable', async () => {
    const postgres = await start();
    const [durable] = await query(
      postgres.adminUrl,
      "SELECT current_setting('fsync') AS a, current_setting('synchronous_commit') AS b, current_setting('full_page_writes') AS c",
    );
    expect(durable).toEqual({ a: 'on', b: 'on', c: 'on' });
  });

  it('sorts and folds text by Unicode on every system', async () => {
    const postgres = await start();
    await expect(query(postgres.databaseUrl('story'), "SELECT upper('émile') AS text")).resolves.toEqual([{ text: 'ÉMILE' }]);
  });

  it('is stopped and started again when its platform was killed, with everything that was committed', async () => {
    const platform = await startElsewhere();
    const left = Number.parseInt(readFileSync(join(path, 'postgresql/postmaster.pid'), 'utf8'), 10);
    platform.kill('SIGKILL');
    await once(platform, 'exit');
    const postgres = await start();
    expect(postgres.pid).not.toBe(left);
    await stopped(left);
    await query(postgres.databaseUrl('story'), 'CREATE TABLE kept (id int)');
    process.kill(postgres.pid, 'SIGKILL');
    await postgres.ended;
    const again = await start(openAgain());
    await expect(query(again.databaseUrl('story'), 'SELECT * FROM kept')).resolves.toEqual([]);
  });

  it('starts over a stale lock file whose process id belongs to another program now, and leaves that program alone', async () => {
    const folder = open();
    const killed = await start(folder);
    process.kill(killed.pid, 'SIGKILL');
    await killed.ended;
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    cleanUp.push(() => other.kill());
    const lockFile = join(path, 'postgresql/postmaster.pid');
    writeFileSync(lockFile, readFileSync(lockFile, 'utf8').replace(/^\d+/, String(other.pid)));
    const postgres = await start(folder);
    await expect(query(postgres.databaseUrl('story'), 'SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
    expect(other.exitCode ?? other.signalCode).toBeNull();
  });

  it('begins again when its first start was interrupted', async () => {
    mkdirSync(join(path, 'postgresql.new'), { recursive: true });
    writeFileSync(join(path, 'postgresql.new', 'half'), '');
    const postgres = await start();
    await expect(query(postgres.databaseUrl('story'), 'SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
  });

  it('names the password file that does not fit the databases', async () => {
    const folder = open();
    await (await start(folder)).stop();
    rmSync(join(path, 'postgresql-password'));
    await expect(startEmbeddedPostgres({ folder })).rejects.toThrow(join(path, 'postgresql-password'));
  });
});

describe('a data folder', () => {
  it('is one running platform’s, which is named to the next', async () => {
    const platform = await startElsewhere();
    expect(() => openDataFolder(path)).toThrow(
      `The data folder ${path} is in use by a running platform (process ${platform.pid}): stop that one, or set DATA_DIR to another folder.`,
    );
  });

  it('is free as soon as its platform is gone, however it went', async () => {
    const platform = await startElsewhere();
    platform.kill('SIGKILL');
    await once(platform, 'exit');
    await start();
  });

  it('that cannot be written is named', () => {
    mkdirSync(path);
    writeFileSync(join(path, 'file'), '');
    expect(() => openDataFolder(join(path, 'file', 'data'))).toThrow(/^The data folder .*file.data is not writable/);
  });

  it('keeps its secrets between starts, for this user’s eyes only', () => {
    const secret = open().secret('key');
    expect(Buffer.from(secret, 'base64')).toHaveLength(32);
    expect(openAgain().secret('key')).toBe(secret);
  });

  it('is out of reach for others below a closed folder', () => {
    const stranger = { uid: 64999, gid: 64999 };
    mkdirSync(path, { mode: 0o755 });
    expect(reachable(path, stranger)).toBe(true);
    chmodSync(join(path, '..'), 0o700);
    expect(reachable(path, stranger)).toBe(false);
  });
});

function openAgain(): DataFolder {
  for (const step of cleanUp.splice(0)) void step();
  return open();
}
