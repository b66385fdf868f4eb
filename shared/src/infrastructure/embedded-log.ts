import { createHash } from 'node:crypto';
import pg from 'pg';
import type { StoredEvent } from '../domain-events/event.js';
import type { EventBus, EventSubscription } from './event-bus.js';
import type { Logger } from './logger.js';
import { deployMigrations, embeddedLogMigrations } from './migrations.js';
import { lockKey } from './relay.js';
import { steadyConnection } from './steady-connection.js';
import { type WakeUp, wakeUp } from './wake-up.js';

const partitions = 4;
const channel = 'backbone_log';
const batchSize = 200;
/** A lost NOTIFY costs at most this. */
const pollEvery = 2_000;
const keepDays = 7;
/**
 * A member that is frozen is silent for this long until PostgreSQL ends its session, and others take its partitions; so does one whose handler
 * takes longer. An append that is frozen halfway would hold up all others.
 */
const lease = '10s';

/** `embedded:` means the database `backbone` on the same server as the context's own; `embedded:postgresql://…` names it. */
export function embeddedLogUrl(eventBusUrl: string, databaseUrl: string): string {
  const named = eventBusUrl.slice('embedded:'.length);
  if (named) return named;
  const url = new URL(databaseUrl);
  url.pathname = '/backbone';
  return url.toString();
}

/**
 * The event bus of one machine: a PostgreSQL log with dense offsets per partition, written by the relays only. Several processes may
 * share it: of one consumer group, a partition is read by whoever holds its session advisory lock.
 */
export async function openEmbeddedLog({ url, log }: { url: string; log: Logger }): Promise<EventBus> {
  await ensureDatabase(url);
  await deployMigrations({ databaseUrl: url, folder: embeddedLogMigrations });
  const pool = new pg.Pool({ connectionString: url, max: 4, idleTimeoutMillis: 30_000, idle_in_transaction_session_timeout: 10_000 });
  pool.on('error', (error) => log.warn({ err: error }, 'idle event log connection lost'));
  const subscriptions = new Set<EventSubscription>();
  await pool.query(`DELETE FROM log WHERE appended_at < now() - interval '${keepDays} days'`);

  async function append(topic: string, events: readonly StoredEvent[]): Promise<void> {
    const byPartition = new Map<number, StoredEvent[]>();
    for (const event of events) {
      const partition = partitionOf(event.subject);
      byPartition.set(partition, [...(byPartition.get(partition) ?? []), event]);
    }
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      // In ascending order, so that two relays cannot wait for each other.
      for (const [partition, batch] of [...byPartition].sort(([a], [b]) => a - b)) {
        await client.query(
          `WITH head AS (
             INSERT INTO log_partition (topic, "partition", next_offset) VALUES ($1, $2, $3)
             ON CONFLICT (topic, "partition") DO UPDATE SET next_offset = log_partition.next_offset + $3
             RETURNING next_offset - $3 AS first
           )
           INSERT INTO log (topic, "partition", "offset", key, event)
           SELECT $1, $2, head.first + e.index - 1, e.event ->> 'subject', e.event
           FROM head, jsonb_array_elements($4::jsonb) WITH ORDINALITY AS e(event, index)`,
          [topic, partition, batch.length, JSON.stringify(batch)],
        );
      }
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
    await pool.query('SELECT pg_notify($1, $2)', [channel, topic]);
  }

  async function subscribe(
    group: string,
    topics: readonly string[],
    handle: (event: StoredEvent) => Promise<void>,
  ): Promise<EventSubscription> {
    const stopping = new AbortController();
    const wake: WakeUp = wakeUp();
    let paused = false;
    for (const topic of topics) {
      await pool.query(
        `INSERT INTO group_offset (consumer_group, topic, "partition") SELECT $1, $2, generate_series(0, ${partitions - 1}) ON CONFLICT DO NOTHING`,
        [group, topic],
      );
    }

    const done = steadyConnection(url, log, stopping.signal, async (client, lost) => {
      client.on('notification', ({ payload }) => {
        if (topics.includes(payload ?? '')) wake.signal();
      });
      await client.query(`SET idle_session_timeout = '${lease}'; LISTEN ${channel}`);
      const owned: { topic: string; partition: number }[] = [];
      while (!lost.aborted) {
        for (const topic of topics) {
          for (let partition = 0; partition < partitions; partition += 1) {
            if (owned.some((mine) => mine.topic === topic && mine.partition === partition)) continue;
            const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
              lockKey(`group:${group}:${topic}:${partition}`),
            ]);
            if (rows[0]?.locked) owned.push({ topic, partition });
          }
        }
        let handled = 0;
        if (!paused) {
          for (const { topic, partition } of owned) handled += await drain(client, topic, partition, lost);
        }
        if (handled === 0) await wake.wait(pollEvery, lost);
      }
    });

    async function drain(client: pg.Client, topic: string, partition: number, lost: AbortSignal): Promise<number> {
      const { rows } = await client.query<{ offset: string; event: StoredEvent }>(
        `SELECT l."offset", l.event FROM log l JOIN group_offset g USING (topic, "partition")
         WHERE g.consumer_group = $1 AND topic = $2 AND "partition" = $3 AND l."offset" >= g.next_offset ORDER BY l."offset" LIMIT ${batchSize}`,
        [group, topic, partition],
      );
      let reached: string | undefined;
      try {
        for (const { offset, event } of rows) {
          if (paused || lost.aborted) break;
          await handle(event);
          reached = offset;
        }
      } catch (error) {
        log.error({ err: error, group, topic }, 'an event was not taken; its partition is tried again');
        await wake.wait(1_000, lost);
      }
      if (reached !== undefined) {
        await client.query('UPDATE group_offset SET next_offset = $4 WHERE consumer_group = $1 AND topic = $2 AND "partition" = $3', [
          group,
          topic,
          partition,
          (BigInt(reached) + 1n).toString(),
        ]);
      }
      return rows.length;
    }

    const subscription: EventSubscription = {
      pause: () => {
        paused = true;
      },
      resume: () => {
        paused = false;
        wake.signal();
      },
      async close() {
        subscriptions.delete(subscription);
        stopping.abort();
        await done;
      },
    };
    subscriptions.add(subscription);
    return subscription;
  }

  return {
    publish: append,
    subscribe,
    async close() {
      await Promise.all([...subscriptions].map((subscription) => subscription.close()));
      await pool.end();
    },
  };
}

function partitionOf(subject: string): number {
  return createHash('sha256').update(subject).digest().readUInt32BE() % partitions;
}

/** Makes the log's database on first use; where the role may not, the operator's is expected to be there. */
async function ensureDatabase(url: string): Promise<void> {
  const target = new URL(url);
  const name = target.pathname.slice(1);
  const probe = new pg.Client({ connectionString: url });
  try {
    await probe.connect();
    return;
  } catch (error) {
    if ((error as { code?: string }).code !== '3D000') throw error;
  } finally {
    await probe.end().catch(() => undefined);
  }
  target.pathname = '/postgres';
  const client = new pg.Client({ connectionString: target.toString() });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } catch (error) {
    // Another service of the fleet made it at the same time.
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error;
  } finally {
    await client.end();
  }
}
