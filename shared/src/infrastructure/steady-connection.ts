import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from './logger.js';

/**
 * Keeps one PostgreSQL session of its own alive for `work` (a LISTEN, an advisory lock): opens it, runs `work` until the session is lost
 * or the signal says stop, then opens the next one after a pause. Resolves when stopped.
 */
export async function steadyConnection(
  databaseUrl: string,
  log: Logger,
  signal: AbortSignal,
  work: (client: pg.Client, lost: AbortSignal) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const lost = new AbortController();
    // A statement on these sessions takes milliseconds: an answer that does not come means that the session is lost and does not know it.
    const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000, query_timeout: 10_000, keepAlive: true });
    client.on('error', () => lost.abort());
    client.on('end', () => lost.abort());
    try {
      await client.connect();
      await work(client, AbortSignal.any([signal, lost.signal]));
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, 'database session lost; opening another');
    } finally {
      await client.end().catch(() => undefined);
    }
    if (!signal.aborted) await sleep(500, undefined, { signal }).catch(() => undefined);
  }
}
