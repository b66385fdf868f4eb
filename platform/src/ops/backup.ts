import { connect } from '@storytelling/shared/infrastructure/database';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { OperationRefused, type Operator } from '@storytelling/shared/infrastructure/operation-log';
import type { Environment } from '@storytelling/shared/infrastructure/environment';
import { openDataFolder } from '../data-folder.js';
import { findRunningServer, stopServerLeftBehind } from '../embedded-postgres.js';
import { type BackedUpFile, copyFileHashed, type Manifest, manifestName, manifestVersion, postgresVersionOf } from './backup-folder.js';
import type { Answer } from './commands.js';
import { dataFolderOf, databasesOf } from './installation.js';

/**
 * The whole database server as PostgreSQL's own pg_basebackup copies it, since pg_dump is not among the embedded programs: files while they are
 * written to, and the log of writes that makes them whole again. All databases are of one and the same moment, the event bus's included:
 * what is in an outbox is not yet in the log, and what a group has read is not read again. Keys and objects are copied after the
 * databases, so that everything a row names is there.
 */
export async function backUp(environment: Environment, to: string, { operator, why }: Operator): Promise<Answer> {
  if (Object.keys(environment).some((name) => name.startsWith('DATABASE_URL_')))
    throw new OperationRefused(
      'backup copies the data folder of one machine: databases elsewhere are backed up where they run (docs/operations.md says what has to be in it).',
    );
  const path = dataFolderOf(environment);
  if (!existsSync(join(path, 'postgresql-password')))
    throw new OperationRefused(`There is no platform's data in ${path}: name its folder by DATA_DIR.`);
  if (existsSync(to) && (!statSync(to).isDirectory() || readdirSync(to).length > 0))
    throw new OperationRefused(`${to} is there already and not empty: name a new folder.`);

  // Keys are in it.
  const partial = `${to}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true, mode: 0o700 });
  try {
    const server = findRunningServer(path);
    const contents = server ? await copyRunning(server.adminUrl, server.data, partial) : await copyStopped(path, partial);
    for (const name of keptIn(path)) await copyTree(join(path, name), partial, join('files', name), contents);
    const manifest: Manifest = {
      version: manifestVersion,
      at: new Date().toISOString(),
      postgresql: postgresVersionOf(join(partial, 'postgresql')),
      ...contents,
    };
    writeFileSync(join(partial, manifestName), JSON.stringify(manifest), { mode: 0o600 });
    if (existsSync(to)) rmSync(to, { recursive: true });
    renameSync(partial, to);
    if (server) {
      for (const context of await databasesOf(server.adminUrl))
        await record(server.databaseUrl(context), { operator, why }, { files: contents.files.length });
    }
    const megabytes = Math.round(contents.files.reduce((sum, { size }) => sum + size, 0) / 1e6);
    return {
      data: { to, at: manifest.at, files: contents.files.length, megabytes, running: server !== undefined },
      text: `Backed up ${path} (${server ? 'running' : 'stopped'}) into ${to}: ${contents.files.length} files, ${megabytes} MB. It holds the keys: keep it as safe as the platform.`,
    };
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
}

interface Contents {
  readonly files: BackedUpFile[];
  /** Also empty ones: PostgreSQL does not start without its own. */
  readonly folders: string[];
}

async function copyRunning(adminUrl: string, data: string, to: string): Promise<Contents> {
  const contents: Contents = { files: [], folders: [] };
  const admin = await connect({ connectionString: adminUrl });
  try {
    // Keeps the log of writes from the beginning on; temporary, so that it goes with this session.
    await admin.query(`SELECT pg_create_physical_replication_slot('ops_backup_' || pg_backend_pid(), true, true)`);
    const { rows: begin } = await admin.query<{ wal: string }>(`SELECT pg_walfile_name(pg_backup_start('ops backup', true)) AS wal`);
    await copyTree(data, to, 'postgresql', contents, (name) => !leftOut(name));
    const { rows: end } = await admin.query<{ wal: string; label: string }>(
      'SELECT pg_walfile_name(lsn) AS wal, labelfile AS label FROM pg_backup_stop(false)',
    );
    const [first, last] = [begin[0]?.wal ?? '', end[0]?.wal ?? ''];
    for (const name of readdirSync(join(data, 'pg_wal')))
      if (/^[\dA-F]{24}$/.test(name) && name >= first && name <= last)
        await addFile(join(data, 'pg_wal', name), to, join('postgresql', 'pg_wal', name), contents);
    // Says from where on the log of writes is to be applied; without it the copy would be taken for whole.
    const label = join(to, 'backup_label.new');
    writeFileSync(label, end[0]?.label ?? '', { mode: 0o600 });
    await addFile(label, to, join('postgresql', 'backup_label'), contents);
    rmSync(label);
    return contents;
  } finally {
    await admin.end();
  }
}

async function copyStopped(path: string, to: string): Promise<Contents> {
  const contents: Contents = { files: [], folders: [] };
  // Locked, so that nobody starts the platform meanwhile.
  const folder = openDataFolder(path);
  try {
    await stopServerLeftBehind(folder);
    await copyTree(join(folder.databases, 'postgresql'), to, 'postgresql', contents, (name) => !/^postmaster\./.test(name));
    return contents;
  } finally {
    folder.close();
  }
}

/** What PostgreSQL makes anew at each start, and its log of writes, of which only a part is needed (as pg_basebackup leaves out). */
function leftOut(name: string): boolean {
  return (
    /^(postmaster\.(pid|opts)|backup_label.*|tablespace_map.*)$/.test(name) ||
    /^(pg_wal|pg_dynshmem|pg_notify|pg_replslot|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\/./.test(name) ||
    /(^|\/)(pgsql_tmp[^/]*|pg_internal\.init[^/]*)$/.test(name)
  );
}

/** In the data folder beside the databases: keys and objects, not what belongs to the running process. */
function keptIn(path: string): string[] {
  return readdirSync(path).filter((name) => !/^(postgresql|postgresql-programs-.*|databases|platform\..*|.*\.log|.*\.new)$/.test(name));
}

async function copyTree(
  from: string,
  to: string,
  name: string,
  contents: Contents,
  wanted: (name: string) => boolean = () => true,
): Promise<void> {
  if (!statSync(from).isDirectory()) return addFile(from, to, name, contents);
  contents.folders.push(name);
  mkdirSync(join(to, name), { recursive: true, mode: 0o700 });
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const source = join(entry.parentPath, entry.name);
    const inside = relative(from, source);
    if (!wanted(inside.replaceAll('\\', '/'))) continue;
    if (entry.isDirectory()) {
      contents.folders.push(join(name, inside));
      mkdirSync(join(to, name, inside), { recursive: true, mode: 0o700 });
    } else if (entry.isFile()) await addFile(source, to, join(name, inside), contents);
  }
}

async function addFile(from: string, to: string, name: string, contents: Contents): Promise<void> {
  try {
    mkdirSync(join(to, name, '..'), { recursive: true, mode: 0o700 });
    contents.files.push({ path: name.replaceAll('\\', '/'), ...(await copyFileHashed(from, join(to, name))) });
  } catch (error) {
    // A table or an object that was dropped meanwhile: the log of writes says so, too.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function record(url: string, { operator, why }: Operator, details: object): Promise<void> {
  const client = await connect({ connectionString: url });
  try {
    await client.query(
      `INSERT INTO backbone.operation_log (operator, action, target, why, details) VALUES ($1, 'backup', current_database(), $2, $3)`,
      [operator, why, details],
    );
  } finally {
    await client.end();
  }
}
