import { connect } from '../infrastructure/database.js';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { deployContextMigrations, deployMigrations, embeddedLogMigrations } from '../infrastructure/migrations.js';

export interface TestDatabase {
  /** The superuser's. */
  readonly url: string;
  /** Ends every session on it, and the database. */
  drop(): Promise<void>;
}

/**
 * A database of its own for one test file, with the migrations of a context (`backbone`: of the embedded event bus). Migrations run once
 * per test run, into a template; a copy of it takes some 25 ms.
 */
export async function testDatabase(context: string): Promise<TestDatabase> {
  const server = process.env.TEST_POSTGRES_URL;
  if (!server) throw new Error('TEST_POSTGRES_URL is not set: tests with a database belong to the jest project int (*.int.spec.ts).');
  const template = `template_${context}`;
  const name = `test_${context}_${randomBytes(6).toString('hex')}`;
  await asAdmin(server, async (admin) => {
    // Jest runs files in parallel processes: the first makes the template, the others wait for it.
    await admin.query('SELECT pg_advisory_lock(hashtext($1))', [template]);
    const { rows } = await admin.query<{ finished: boolean }>('SELECT datistemplate AS finished FROM pg_database WHERE datname = $1', [
      template,
    ]);
    if (!rows[0]?.finished) {
      await admin.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(template)}`); // of a file that was stopped halfway
      await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(template)}`);
      await migrate(urlOf(server, template), context);
      await admin.query(`ALTER DATABASE ${pg.escapeIdentifier(template)} IS_TEMPLATE true`);
    }
    await admin.query('SELECT pg_advisory_unlock(hashtext($1))', [template]);
    await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)}`);
  });
  return {
    url: urlOf(server, name),
    drop: () => asAdmin(server, (admin) => admin.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`)),
  };
}

async function migrate(databaseUrl: string, context: string): Promise<void> {
  if (context === 'backbone') await deployMigrations({ databaseUrl, folder: embeddedLogMigrations });
  else await deployContextMigrations(databaseUrl, fileURLToPath(new URL(`../../../prisma/${context}/migrations`, import.meta.url)));
}

async function asAdmin(server: string, work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = await connect({ connectionString: server });
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.toString();
}
