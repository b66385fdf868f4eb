import { connect } from './database.js';
import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The lock that Prisma's own `migrate deploy` takes, so that the two never run at once. */
const prismaMigrateLock = 72707369;

/** Migrations of schema `backbone`, which every context's database has. */
const contextMigrations = fileURLToPath(new URL('../../migrations/context', import.meta.url));
/** Migrations of the embedded event bus's own database. */
export const embeddedLogMigrations = fileURLToPath(new URL('../../migrations/backbone', import.meta.url));

/**
 * Applies the migrations of a folder in Prisma's own format (folder per migration, `_prisma_migrations` with sha-256 checksums), so that
 * the real CLI finds the database in sync. Written out because the CLI's engine is a download of its own that a machine without a
 * network does not get. Each migration commits together with its record: a crash leaves it applied or not, never half.
 * Returns the names it applied. Throws when an applied migration's text has changed.
 */
export async function deployMigrations({
  databaseUrl,
  folder,
  schema = 'public',
}: {
  databaseUrl: string;
  folder: string;
  schema?: string;
}): Promise<string[]> {
  const client = await connect({ connectionString: databaseUrl });
  try {
    await client.query('SELECT pg_advisory_lock($1)', [prismaMigrateLock]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}; SET search_path TO ${schema}`);
    await client.query(`CREATE TABLE IF NOT EXISTS _prisma_migrations (
      id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text,
      rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)`);
    const { rows } = await client.query<{ migration_name: string; checksum: string }>(
      'SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    );
    const applied = new Map(rows.map((row) => [row.migration_name, row.checksum]));
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
    const deployed: string[] = [];
    for (const name of names) {
      const script = await readFile(join(folder, name, 'migration.sql'), 'utf8');
      const checksum = createHash('sha256').update(script).digest('hex');
      if (applied.has(name)) {
        if (applied.get(name) !== checksum)
          throw new Error(`Migration ${name} was changed after it had been applied; add a new migration instead.`);
        continue;
      }
      await client.query('BEGIN');
      await client.query(script);
      await client.query(
        `INSERT INTO ${schema}._prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) VALUES ($1, $2, $3, now(), 1)`,
        [randomUUID(), checksum, name],
      );
      await client.query('COMMIT');
      deployed.push(name);
    }
    return deployed;
  } finally {
    await client.end();
  }
}

/** Everything a context's database needs: its own tables, then schema `backbone`. */
export async function deployContextMigrations(databaseUrl: string, folder: string): Promise<string[]> {
  return [
    ...(await deployMigrations({ databaseUrl, folder })),
    ...(await deployMigrations({ databaseUrl, folder: contextMigrations, schema: 'backbone' })),
  ];
}
