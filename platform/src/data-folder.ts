import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SettingError } from '@storytelling/shared/infrastructure/environment';

/** Everything that a platform keeps: the databases, its secrets, PostgreSQL's log. One running platform per folder. */
export interface DataFolder {
  readonly path: string;
  /** Where PostgreSQL's files are: the same folder; when the user that it runs as cannot reach that, one that `path`/databases links to. */
  readonly databases: string;
  /** 32 random bytes in base64, made on first use and kept in a file that only this user may read. */
  secret(name: string): string;
  /** Whom PostgreSQL runs as; undefined: as this process. It refuses to run as root. */
  readonly databaseOwner: Owner | undefined;
  /** Lets another platform use the folder. The system does it when this process ends, however it ends. */
  close(): void;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** "nobody" on Linux; it needs no entry in /etc/passwd. */
const nobody: Owner = { uid: 65534, gid: 65534 };

/** `wanted` is an absolute path. Throws one sentence when the folder cannot be written or is in use. */
export function openDataFolder(wanted: string): DataFolder {
  let path = wanted;
  let lock: DatabaseSync;
  try {
    // Root's PostgreSQL is another user, which has to get through every folder that is made here.
    if (runsAsRoot()) makeReachable(wanted);
    else mkdirSync(wanted, { recursive: true, mode: 0o700 });
    path = realpathSync(wanted);
    lock = new DatabaseSync(join(path, 'platform.lock'), { timeout: 0 });
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new SettingError(`The data folder ${wanted} is not writable (${why}): set DATA_DIR to a folder that this user may write.`);
  }
  try {
    // The one file lock in Node that the kernel frees with its process: kill -9 leaves nothing stale, a reused process id means nothing.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== sqliteBusy)
      throw new SettingError(`The data folder ${path} is not writable: set DATA_DIR to a folder that this user may write.`);
    const holder = readIfThere(join(path, 'platform.pid'));
    throw new SettingError(
      `The data folder ${path} is in use by a running platform${holder ? ` (process ${holder})` : ''}: stop that one, or set DATA_DIR to another folder.`,
    );
  }
  try {
    writeFileSync(join(path, 'platform.pid'), String(process.pid), { mode: 0o644 });
    return { path, ...placeDatabases(path), secret: (name) => secretFile(join(path, name)), close: () => lock.close() };
  } catch (error) {
    lock.close();
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new SettingError(
        `The databases that ${join(path, 'databases')} links to are gone: put them back, or set DATA_DIR to a new folder.`,
      );
    throw error;
  }
}

const sqliteBusy = 5;

function runsAsRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Databases that a plain user made stay that user's when root starts the platform. */
function ownerOf(postgresqlFolder: string): Owner {
  const stats = statSync(postgresqlFolder, { throwIfNoEntry: false });
  return stats && stats.uid !== 0 ? { uid: stats.uid, gid: stats.gid } : nobody;
}

/**
 * A folder that root's PostgreSQL can reach. The data folder may be below /root or another closed one: opening those to everybody is not for
 * us to do, so PostgreSQL's files then go to /var/lib, and a link in the data folder leads there.
 */
function placeDatabases(path: string): Pick<DataFolder, 'databases' | 'databaseOwner'> {
  const link = join(path, 'databases');
  const linked = lstatSync(link, { throwIfNoEntry: false }) && realpathSync(link);
  if (!runsAsRoot()) return { databases: linked ?? path, databaseOwner: undefined };
  const databaseOwner = ownerOf(join(linked ?? path, 'postgresql'));
  if (linked) return { databases: linked, databaseOwner };
  // What is inside guards itself: secrets have mode 600, the databases 700.
  if (!enters(path, databaseOwner)) chmodSync(path, statSync(path).mode | 0o001);
  if (reachable(path, databaseOwner)) return { databases: path, databaseOwner };

  const elsewhere = join('/var/lib/storytelling', randomBytes(6).toString('hex'));
  try {
    makeReachable(elsewhere);
  } catch {
    throw new SettingError(
      `The data folder ${path} is out of reach for the user that PostgreSQL runs as (it refuses root), and ${elsewhere} cannot be made: set DATA_DIR to a folder whose parents are open to all.`,
    );
  }
  symlinkSync(elsewhere, link);
  return { databases: elsewhere, databaseOwner };
}

/** Whatever the umask is. */
function makeReachable(path: string): void {
  const made = mkdirSync(path, { recursive: true });
  if (made) for (let each = path; each.startsWith(made); each = dirname(each)) chmodSync(each, 0o711);
}

/** Whether a user may enter the folder and every folder above it. */
export function reachable(path: string, owner: Owner): boolean {
  const real = realpathSync(path);
  return enters(real, owner) && (dirname(real) === real || reachable(dirname(real), owner));
}

function enters(path: string, { uid, gid }: Owner): boolean {
  const stats = statSync(path);
  if (stats.uid === uid) return (stats.mode & 0o100) !== 0;
  if (stats.gid === gid) return (stats.mode & 0o010) !== 0;
  return (stats.mode & 0o001) !== 0;
}

function secretFile(path: string): string {
  if (!existsSync(path)) {
    // Whole or not at all, also when the power fails: what is encrypted under it could never be read again.
    const file = openSync(`${path}.new`, 'w', 0o600);
    writeFileSync(file, randomBytes(32).toString('base64'));
    fsyncSync(file);
    closeSync(file);
    renameSync(`${path}.new`, path);
  }
  return readFileSync(path, 'utf8');
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
