import pg from 'pg';

/**
 * A pool whose lost connections fail the query that meets them and nothing else. pg tells of them by 'error' events: the pool's while a
 * connection is idle, the connection's own while it is checked out. An event without a listener would end the process.
 */
export function openPool(config: pg.PoolConfig, onLost: (error: Error) => void = () => undefined): pg.Pool {
  const pool = new pg.Pool({ connectionTimeoutMillis: 5_000, idleTimeoutMillis: 30_000, ...config });
  pool.on('error', onLost);
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}

/** One session of its own, connected. Its loss fails the next query. */
export async function connect(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client({ connectionTimeoutMillis: 5_000, ...config });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** Commits what `work` did, or nothing of it. A connection on which even the rollback fails is not used again. */
export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
