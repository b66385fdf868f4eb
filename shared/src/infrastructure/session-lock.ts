import pg from 'pg';
import { lockKey } from './relay.js';

/**
 * Runs `work` if nobody else of this database is at it under this name, on a session of its own that holds the lock: a killed process frees
 * it at once. False when somebody is.
 */
export async function withSessionLock(databaseUrl: string, name: string, work: (session: pg.Client) => Promise<void>): Promise<boolean> {
  const session = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000, keepAlive: true });
  // A lost session fails the next query; without a listener it would end the process.
  session.on('error', () => undefined);
  await session.connect();
  try {
    const { rows } = await session.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [lockKey(name)]);
    if (!rows[0]?.locked) return false;
    await work(session);
    return true;
  } finally {
    await session.end().catch(() => undefined);
  }
}
