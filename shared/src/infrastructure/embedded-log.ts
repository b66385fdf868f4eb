import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { StoredEvent } from '../domain-events/event.js';
import {
  type EventBus,
  type EventHandler,
  type EventSubscription,
  healthRecord,
  readEnvelope,
  type UnreadableHandler,
} from './event-bus.js';
import type { Logger } from './logger.js';
import { connect, inTransaction, openPool } from './database.js';
import { deployMigrations, embeddedLogMigrations } from './migrations.js';
import { lockKey } from './relay.js';
import { steadyConnection } from './steady-connection.js';
import { type WakeUp, wakeUp } from './wake-up.js';

const partitions = 4;
const channel = 'backbone_log';
const batchSize = 200;
/** A lost NOTIFY costs at most this; so does a member of a group that has died. */
const pollEvery = 2_000;
const keepDays = 7;
/**
 * A member that is frozen is silent for this long until PostgreSQL ends its session, and others take its partitions; so does one whose handler
 * takes longer. An append that is frozen halfway would hold up all others.
 */
const lease = '10s';
/** Slow handlers are not frozen ones. */
const renewEvery = 2_000;
const retryFailedAfter = 1_000;
const sweepEvery = 60 * 60 * 1_000;
const sweepBatch = 10_000;

/** `embedded:` means the database `backbone` on the same server as the context's own; `embedded:postgresql://…` names it. */
export function embeddedLogUrl(eventBusUrl: string, databaseUrl: string): string {
  const named = eventBusUrl.slice('embedded:'.length);
  if (named) return named;
  const url = new URL(databaseUrl);
  url.pathname = '/backbone';
  return url.toString();
}

interface Partition {
  readonly topic: string;
  readonly partition: number;
}

/** A partition and the offset of the next event to be read from it. */
interface Position extends Partition {
  readonly offset: string;
}

/**
 * The event bus of one machine: a PostgreSQL log with dense offsets per partition, written by the relays only. Several processes may
 * share it: of one consumer group, a partition is read by whoever holds its session advisory lock.
 */
export async function openEmbeddedLog({ url, log }: { url: string; log: Logger }): Promise<EventBus> {
  await ensureDatabase(url);
  await deployMigrations({ databaseUrl: url, folder: embeddedLogMigrations });
  const pool = openPool({ connectionString: url, max: 4, idle_in_transaction_session_timeout: 10_000 }, (error) =>
    log.warn({ err: error }, 'idle event log connection lost'),
  );
  const health = healthRecord();
  const subscriptions = new Set<EventSubscription>();
  const stopping = new AbortController();
  const sweeping = sweepForever();

  async function publish(topic: string, events: readonly StoredEvent[]): Promise<void> {
    try {
      await append(topic, events);
      health.clear('publishing');
    } catch (error) {
      health.report('publishing', 'degraded', 'The event log cannot be written. Events wait in the outbox.');
      throw error;
    }
  }

  async function append(topic: string, events: readonly StoredEvent[]): Promise<void> {
    const byPartition = new Map<number, StoredEvent[]>();
    for (const event of events) {
      const partition = partitionOf(event.subject);
      const batch = byPartition.get(partition) ?? [];
      batch.push(event);
      byPartition.set(partition, batch);
    }
    await inTransaction(pool, async (client) => {
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
    });
    await pool.query('SELECT pg_notify($1, $2)', [channel, topic]);
  }

  /** What group and broadcast have in common: a session that listens, and rounds of reading until nothing is new. */
  function follow(
    name: string,
    topics: readonly string[],
    deliver: Deliver,
    /** For one session: what has something new, and what is done with the offset that was reached. */
    open: (client: pg.Client) => { pending(): Promise<readonly Position[]>; advance(to: Position): Promise<void> },
  ): EventSubscription {
    const closing = new AbortController();
    const wake: WakeUp = wakeUp();
    /** Of a partition whose handler has just failed; the others flow on. */
    const heldUntil = new Map<string, number>();
    let paused = false;

    const done = steadyConnection(url, log, closing.signal, async (client, lost) => {
      client.on('notification', ({ payload }) => {
        if (topics.includes(payload ?? '')) wake.signal();
      });
      // An offset that a crash of the server forgets is an event handed over twice: no reason to wait for the disk.
      await client.query(`SET idle_session_timeout = '${lease}'; SET synchronous_commit = off; LISTEN ${channel}`);
      health.clear(name);
      const reader = open(client);
      try {
        while (!lost.aborted) {
          // A paused group asks too: the partitions that it holds stay its own.
          const positions = (await reader.pending()).filter((position) => (heldUntil.get(keyOf(position)) ?? 0) <= Date.now());
          if (paused || positions.length === 0) {
            await wake.wait(pollEvery, lost);
            continue;
          }
          for (const position of positions) await drain(client, position, reader.advance, lost);
        }
      } finally {
        if (!closing.signal.aborted) health.report(name, 'degraded', `${name} waits: the event log cannot be read.`);
      }
    });

    async function drain(client: pg.Client, position: Position, advance: (to: Position) => Promise<void>, lost: AbortSignal) {
      const { topic, partition } = position;
      const { rows } = await client.query<{ offset: string | null; event: unknown; head: string }>(
        `SELECT l."offset", l.event, p.next_offset AS head FROM log_partition p LEFT JOIN LATERAL (
           SELECT "offset", event FROM log WHERE topic = p.topic AND "partition" = p."partition" AND "offset" >= $3 ORDER BY "offset" LIMIT ${batchSize}
         ) l ON true WHERE p.topic = $1 AND p."partition" = $2`,
        [topic, partition, position.offset],
      );
      const [first] = rows;
      if (!first) return;
      // Dense offsets: a hole is what the sweep has taken before this reader came.
      const oldest = first.offset ?? first.head;
      if (BigInt(oldest) > BigInt(position.offset))
        log.error(
          { name, topic, partition, from: position.offset, to: oldest },
          `events were deleted after ${keepDays} days before they were read`,
        );
      let next = oldest;
      let renewed = Date.now();
      try {
        for (const { offset, event } of rows) {
          if (offset === null || paused || lost.aborted) break;
          await deliver(event, `${keyOf(position)}/${offset}`);
          next = (BigInt(offset) + 1n).toString();
          if (Date.now() - renewed < renewEvery) continue;
          renewed = Date.now();
          await advance({ topic, partition, offset: next });
        }
      } catch (error) {
        log.error({ err: error, name, topic }, 'an event was not taken; its partition is tried again');
        heldUntil.set(keyOf(position), Date.now() + retryFailedAfter);
        setTimeout(() => wake.signal(), retryFailedAfter).unref();
      } finally {
        if (next !== position.offset) await advance({ topic, partition, offset: next });
      }
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
        closing.abort();
        await done;
        health.clear(name);
      },
    };
    subscriptions.add(subscription);
    return subscription;
  }

  async function subscribe(
    group: string,
    topics: readonly string[],
    handle: EventHandler,
    unreadable: UnreadableHandler = passOver,
  ): Promise<EventSubscription> {
    const all: Partition[] = topics.flatMap((topic) => Array.from({ length: partitions }, (_, partition) => ({ topic, partition })));
    // A new group begins with the oldest event that is kept.
    await pool.query(
      `INSERT INTO group_offset (consumer_group, topic, "partition", next_offset)
       SELECT $1, topic, "partition", coalesce(
         (SELECT min(l."offset") FROM log l WHERE l.topic = t.topic AND l."partition" = n."partition"),
         (SELECT p.next_offset FROM log_partition p WHERE p.topic = t.topic AND p."partition" = n."partition"), 0)
       FROM unnest($2::text[]) AS t(topic), generate_series(0, ${partitions - 1}) AS n("partition") ON CONFLICT DO NOTHING`,
      [group, topics],
    );
    return follow(`The subscription of ${group}`, topics, deliverTo(handle, unreadable), (client) => {
      const owned: Partition[] = [];
      let lastClaim = 0;
      return {
        async pending() {
          if (owned.length < all.length && Date.now() - lastClaim >= pollEvery) {
            lastClaim = Date.now();
            owned.push(...(await claim(client, group, all, owned)));
          }
          if (owned.length === 0) return [];
          const { rows } = await client.query<Position>(
            `SELECT g.topic, g."partition", g.next_offset AS "offset" FROM group_offset g JOIN log_partition p USING (topic, "partition")
             JOIN unnest($2::text[], $3::smallint[]) AS mine(topic, "partition") USING (topic, "partition")
             WHERE g.consumer_group = $1 AND g.next_offset < p.next_offset`,
            [group, owned.map(({ topic }) => topic), owned.map(({ partition }) => partition)],
          );
          return rows;
        },
        async advance({ topic, partition, offset }) {
          await client.query('UPDATE group_offset SET next_offset = $4 WHERE consumer_group = $1 AND topic = $2 AND "partition" = $3', [
            group,
            topic,
            partition,
            offset,
          ]);
        },
      };
    });
  }

  async function subscribeBroadcast(topics: readonly string[], handle: EventHandler): Promise<EventSubscription> {
    const positions = new Map<string, string>();
    const heads = (client: pg.Pool | pg.Client) =>
      client.query<Position>('SELECT topic, "partition", next_offset AS "offset" FROM log_partition WHERE topic = ANY($1)', [topics]);
    for (const { topic, partition, offset } of (await heads(pool)).rows) positions.set(keyOf({ topic, partition }), offset);
    return follow(`A broadcast`, topics, deliverTo(tolerant(handle), passOver), (client) => ({
      async pending() {
        return (await heads(client)).rows.flatMap((head) => {
          const offset = positions.get(keyOf(head)) ?? '0';
          return offset === head.offset ? [] : [{ ...head, offset }];
        });
      },
      async advance({ topic, partition, offset }) {
        positions.set(keyOf({ topic, partition }), offset);
      },
    }));
  }

  const passOver: UnreadableHandler = async ({ position, reason }) => log.error({ position }, `A message was passed over. ${reason}`);

  /** Broadcasts are about now: what cannot be taken is not tried again. */
  const tolerant =
    (handle: EventHandler): EventHandler =>
    (event) =>
      handle(event).catch((error: unknown) =>
        log.error({ err: error, event: event.id, type: event.type }, 'a broadcast event was not taken'),
      );

  /** Deletes what is older than a week, now and every hour; of several processes, one does it. */
  async function sweepForever(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        while (!stopping.signal.aborted && (await sweepSome(pool)) === sweepBatch) {
          // until nothing is that old
        }
      } catch (error) {
        log.warn({ err: error }, 'old events could not be deleted; they are in an hour');
      }
      await sleep(sweepEvery, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  return {
    publish,
    subscribe,
    subscribeBroadcast,
    async erase(topic, subjects, personal) {
      await pool.query('SELECT erase_personal($1, $2, $3::jsonb)', [topic, subjects, JSON.stringify(personal)]);
    },
    async forgetGroup(group) {
      await pool.query('DELETE FROM group_offset WHERE consumer_group = $1', [group]);
    },
    health: () => health.current(),
    async close() {
      stopping.abort();
      await Promise.all([...subscriptions].map((subscription) => subscription.close()));
      await sweeping;
      await pool.end();
    },
  };
}

const keyOf = ({ topic, partition }: Partition) => `${topic}/${partition}`;

type Deliver = (event: unknown, position: string) => Promise<void>;

function deliverTo(handle: EventHandler, unreadable: UnreadableHandler): Deliver {
  return async (value, position) => {
    const event = readEnvelope(value);
    if (typeof event !== 'string') return handle(event);
    await unreadable({ position, reason: event, key: null, headers: {}, body: JSON.stringify(value), encoding: 'text' });
  };
}

/** Of the partitions that nobody holds, those that this session holds from now on: all in one query, because it is asked for ever. */
async function claim(client: pg.Client, group: string, all: readonly Partition[], owned: readonly Partition[]): Promise<Partition[]> {
  const wanted = all.filter((one) => !owned.some(({ topic, partition }) => topic === one.topic && partition === one.partition));
  const { rows } = await client.query<{ index: string; locked: boolean }>(
    'SELECT index, pg_try_advisory_lock(key) AS locked FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted(key, index)',
    [wanted.map(({ topic, partition }) => lockKey(`group:${group}:${topic}:${partition}`))],
  );
  return rows.flatMap(({ index, locked }) => (locked ? (wanted[Number(index) - 1] ?? []) : []));
}

/** At most so many that no other work waits for it. Returns how many; 0 also when another process is at it. */
async function sweepSome(pool: pg.Pool): Promise<number> {
  const { rowCount } = await pool.query(
    `DELETE FROM log WHERE (topic, "partition", "offset") IN (
       SELECT topic, "partition", "offset" FROM log
       WHERE appended_at < now() - interval '${keepDays} days' AND pg_try_advisory_xact_lock($1) ORDER BY appended_at LIMIT ${sweepBatch})`,
    [lockKey('sweep')],
  );
  return rowCount ?? 0;
}

function partitionOf(subject: string): number {
  return createHash('sha256').update(subject).digest().readUInt32BE() % partitions;
}

/** Makes the log's database on first use; where the role may not, the operator's is expected to be there. */
async function ensureDatabase(url: string): Promise<void> {
  const target = new URL(url);
  const name = target.pathname.slice(1);
  try {
    await (await connect({ connectionString: url })).end();
    return;
  } catch (error) {
    if ((error as { code?: string }).code !== '3D000') throw error;
  }
  target.pathname = '/postgres';
  const client = await connect({ connectionString: target.toString() });
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } catch (error) {
    // Another service of the fleet made it at the same time.
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error;
  } finally {
    await client.end();
  }
}
