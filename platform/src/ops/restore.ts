import { connect } from '@storytelling/shared/infrastructure/database';
import { chownSync, copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Environment } from '@storytelling/shared/infrastructure/environment';
import { OperationRefused, type Operator } from '@storytelling/shared/infrastructure/operation-log';
import { type DataFolder, openDataFolder } from '../data-folder.js';
import { findRunningServer, startEmbeddedPostgres, stopServerLeftBehind } from '../embedded-postgres.js';
import { type Manifest, verifiedManifest } from './backup-folder.js';
import type { Answer } from './commands.js';
import { changeEpoch } from './epoch.js';
import { dataFolderOf, databasesOf } from './installation.js';

/**
 * Puts a backup into the data folder of a platform that does not run. Every context gets a new epoch: cursors and events of the timeline that ends
 * here are never taken for those of the one that begins. The embedded event bus is of the same moment as the contexts, so its groups go
 * on where they were; its events keep the epochs that they were stored with.
 */
export async function restore(environment: Environment, from: string, operator: Operator, force: boolean): Promise<Answer> {
  const path = dataFolderOf(environment);
  const manifest = await verifiedManifest(from);
  const ours = ownPostgresVersion();
  if (manifest.postgresql !== ours)
    throw new OperationRefused(
      `The backup is of PostgreSQL ${manifest.postgresql}, this platform has ${ours}: restore it with the version that made it.`,
    );
  const aside = await makeRoom(path, force);

  const folder = openDataFolder(path);
  try {
    copyBack(manifest, from, folder);
    if (aside) keepErasures(aside, folder.path);
    const server = await startEmbeddedPostgres({ folder });
    try {
      const contexts = await databasesOf(server.adminUrl);
      for (const context of contexts) {
        const client = await connect({ connectionString: server.databaseUrl(context) });
        try {
          await changeEpoch(client, operator, { restored: manifest.at });
        } finally {
          await client.end();
        }
      }
      const moved = aside ? ` What was there is in ${aside}.` : '';
      return {
        data: { dataFolder: path, backupOf: manifest.at, contexts, movedAside: aside ?? null },
        text: `Restored the backup of ${manifest.at} into ${path}: ${contexts.join(', ')}, each with a new epoch.${moved} Start the platform.`,
      };
    } finally {
      await server.stop();
    }
  } finally {
    folder.close();
  }
}

/**
 * Whom identity has erased since the backup is written in what is moved aside: it finds them in the list when it starts, and erases them again
 * (`erased-users.ts` there). In an object store elsewhere the list is where it was.
 */
function keepErasures(aside: string, path: string): void {
  const list = join('objects', 'identity', 'erased-users');
  if (existsSync(join(aside, list))) cpSync(join(aside, list), join(path, list), { recursive: true });
}

/** Nothing is ever deleted. Returns where the old data went, if there was any. */
async function makeRoom(path: string, force: boolean): Promise<string | undefined> {
  if (!existsSync(path) || readdirSync(path).length === 0) return undefined;
  if (!existsSync(join(path, 'postgresql-password')))
    throw new OperationRefused(`${path} is not empty, and no data folder of a platform: name another one by DATA_DIR.`);
  // Refuses a running platform.
  const old = openDataFolder(path);
  await stopServerLeftBehind(old).finally(() => old.close());
  if (findRunningServer(path)) throw new OperationRefused(`PostgreSQL still runs on ${path}: stop it first.`);
  if (!force) throw new OperationRefused(`${path} is not empty: add --force to have it moved aside, or name a new folder by DATA_DIR.`);
  const aside = `${path}.before-restore-${new Date().toISOString().replace(/[:.]/g, '-')}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    throw new OperationRefused(`${path} cannot be moved aside (${(error as NodeJS.ErrnoException).code}): move it yourself.`);
  }
  return aside;
}

function copyBack({ folders, files }: Manifest, from: string, folder: DataFolder): void {
  const owner = folder.databaseOwner;
  const databases = join(folder.databases, 'postgresql');
  // In a folder beside it, renamed when whole: an interrupted restore leaves nothing that could be started.
  const fresh = `${databases}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const placeOf = (name: string) => {
    const [room, ...rest] = name.split('/');
    return room === 'postgresql' ? join(fresh, ...rest) : join(folder.path, ...rest);
  };
  const give = (place: string) => {
    if (owner && place.startsWith(fresh)) chownSync(place, owner.uid, owner.gid);
  };
  for (const name of folders) {
    const place = placeOf(name.replaceAll('\\', '/'));
    mkdirSync(place, { recursive: true, mode: 0o700 });
    give(place);
  }
  for (const { path } of files) {
    const place = placeOf(path);
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
    copyFileSync(join(from, path), place);
    give(place);
  }
  renameSync(fresh, databases);
}

/** The major version of the embedded programs. */
function ownPostgresVersion(): string {
  const { version } = JSON.parse(
    readFileSync(join(dirname(createRequire(import.meta.url).resolve('embedded-postgres')), '..', 'package.json'), 'utf8'),
  ) as { version: string };
  return version.split('.')[0] ?? version;
}
