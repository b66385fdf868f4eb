import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SettingError } from '@storytelling/shared/infrastructure/environment';

/** Everything that a platform keeps: the databases, its secrets, PostgreSQL's log. One running platform per folder. */
export interface DataFolder {
  readonly path: string;
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

/**
 * Where the data lives: the folder that was asked for, else `.data` in the checkout. Root's checkout may be out of the reach of the user
 * that PostgreSQL has to run as (/root is closed to others): then a folder of this checkout's own under /var/lib.
 */
export function dataFolderPath(given: string | undefined, checkout: string): { path: string; moved: boolean } {
  if (given !== undefined) return { path: resolve(given), moved: false };
  const path = join(checkout, '.data');
  if (!runsAsRoot() || reachable(checkout, ownerOf(join(path, 'postgresql')))) return { path, moved: false };
  const name = createHash('sha256').update(realpathSync(checkout)).digest('hex').slice(0, 12);
  return { path: join('/var/lib/storytelling', name), moved: true };
}

/** Throws one sentence when the folder cannot be written, cannot be reached by PostgreSQL, or is in use. */
export function openDataFolder(wanted: string): DataFolder {
  let path = wanted;
  let lock: DatabaseSync;
  try {
    const made = mkdirSync(wanted, { recursive: true, mode: 0o700 });
    // Root's PostgreSQL is another user: it has to get through every folder that was just made, whatever the umask.
    if (runsAsRoot() && made) for (let each = wanted; each.startsWith(made); each = dirname(each)) chmodSync(each, 0o711);
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
  let databaseOwner: Owner | undefined;
  try {
    writeFileSync(join(path, 'platform.pid'), String(process.pid), { mode: 0o644 });
    databaseOwner = runsAsRoot() ? ownerOf(join(path, 'postgresql')) : undefined;
    if (databaseOwner) openTo(databaseOwner, path);
  } catch (error) {
    lock.close();
    throw error;
  }
  return {
    path,
    databaseOwner,
    secret: (name) => secretFile(join(path, name)),
    close: () => lock.close(),
  };
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

function openTo(owner: Owner, path: string): void {
  // What is inside guards itself: secrets have mode 600, the databases 700.
  if (!enters(path, owner)) chmodSync(path, statSync(path).mode | 0o001);
  if (reachable(path, owner)) return;
  throw new SettingError(
    `The data folder ${path} is out of reach for the unprivileged user that PostgreSQL runs as when root starts it: set DATA_DIR to a folder whose parents are open to all, such as /var/lib/storytelling.`,
  );
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
