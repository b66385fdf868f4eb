import { connect } from './database.js';
import type pg from 'pg';
import { lockKey } from './relay.js';

/**
 * Runs `work` if nobody else of this database is at it under this name, on a session of its own that holds the lock: a killed process frees
 * it at once. False when somebody is.
 */
export async function withSessionLock(databaseUrl: string, name: string, work: (session: pg.Client) => Promise<void>): Promise<boolean> {
  const session = await connect({ connectionString: databaseUrl, keepAlive: true });
  try {
    const { rows } = await session.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [lockKey(name)]);
    if (!rows[0]?.locked) return false;
    await work(session);
    return true;
  } finally {
    await session.end().catch(() => undefined);
  }
}
