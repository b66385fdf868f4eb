import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { type EventBus, topicOf } from './event-bus.js';
import { type EventRow, eventColumns, outboxShards, storedEvent } from './event-store.js';
import { streamChannel } from './live-streams.js';
import type { Logger } from './logger.js';
import { steadyConnection } from './steady-connection.js';
import { wakeUp } from './wake-up.js';

export interface Relay {
  /** Called after a commit, so that the outbox is read now rather than at the next poll. */
  nudge(): void;
  stop(): Promise<void>;
}

/** Idle polling grows from 20 to 250 ms; it only matters for commits of other processes, since our own nudge. */
const firstPoll = 20;
const slowestPoll = 250;
const batchSize = 500;
/** A transport that does not take events is asked again after 250 ms at first, every 5 s in the end. */
const firstRetry = 250;
const slowestRetry = 5_000;
/** A relay that hangs or is frozen is silent for this long until PostgreSQL ends its session, and others take its shards. */
const lease = '10s';
/** A transport may take longer to acknowledge. */
const renewEvery = 2_000;

type OutboxRow = EventRow & { position: string; published: boolean };

/**
 * Hands committed events on: to live readers by NOTIFY, to other contexts by the bus; then deletes their outbox rows. The owner of a shard
 * holds a session advisory lock on the very connection it reads with, so that a lost session is a lost lock. Rows are taken in order
 * of position but never behind a remembered position, which would skip transactions that commit late. Sent twice after a crash
 * between acknowledgement and delete: consumers know each stream's version and apply it once.
 */
export function startRelay({
  databaseUrl,
  context,
  bus,
  log,
}: {
  databaseUrl: string;
  context: string;
  bus: EventBus;
  log: Logger;
}): Relay {
  const stopping = new AbortController();
  const wake = wakeUp();
  const done = steadyConnection(databaseUrl, log, stopping.signal, async (client, lost) => {
    // A delete that a crash of the server forgets is an event sent twice: no reason to wait for the disk. Statistics of a queue are those of
    // an empty table: by them PostgreSQL would read and sort all of a long outbox for each batch (6 ms of 20,000 rows, by the index 2).
    await client.query(`SET idle_session_timeout = '${lease}'; SET synchronous_commit = off; SET enable_bitmapscan = off`);
    const owned = new Set<number>();
    let poll = firstPoll;
    let lastClaim = 0;
    /** Rows that wait for the transport, of which live readers have heard. */
    const told = new Set<string>();
    let retry = firstRetry;
    let nextAttempt = 0;
    while (!lost.aborted) {
      if (owned.size < outboxShards && Date.now() - lastClaim > 2_000) {
        lastClaim = Date.now();
        await claimShards(client, owned);
      }
      const rows = await pendingRows(client, owned);
      if (rows.length > 0) {
        // Live readers first, and internal events with them: they must never wait for a broker.
        await tell(client, rows, told);
        const published = rows.filter((row) => row.published);
        if (published.length > 0 && Date.now() >= nextAttempt) {
          const refusal = await send(client, published, lost);
          if (refusal) {
            // Once, however often we try: the metrics count.
            if (retry === firstRetry)
              log.warn({ err: refusal, context }, 'the event bus does not take events; they wait in the outbox, and are sent when it does');
            nextAttempt = Date.now() + retry;
            retry = Math.min(retry * 2, slowestRetry);
          } else {
            if (retry > firstRetry) log.info({ context }, 'the event bus takes events again');
            retry = firstRetry;
            told.clear();
          }
        }
        poll = firstPoll;
        // Not woken by a nudge: each look reads all that waits.
        if (published.length > 0 && Date.now() < nextAttempt) await sleep(slowestPoll, undefined, { signal: lost }).catch(() => undefined);
      } else {
        await wake.wait(poll, lost);
        poll = Math.min(poll * 2, slowestPoll);
      }
    }
  });

  async function claimShards(client: pg.Client, owned: Set<number>): Promise<void> {
    for (let shard = 0; shard < outboxShards; shard += 1) {
      if (owned.has(shard)) continue;
      const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
        lockKey(`relay:${context}:${shard}`),
      ]);
      if (rows[0]?.locked) owned.add(shard);
    }
  }

  async function pendingRows(client: pg.Client, owned: Set<number>): Promise<OutboxRow[]> {
    if (owned.size === 0) return [];
    // The few first of each shard by its index, then their events: sorting a long outbox for each batch took 45 ms of 20,000 rows.
    const { rows } = await client.query<OutboxRow>(
      `SELECT o.position, o.published, ${eventColumns}
       FROM (
         SELECT first.* FROM unnest($1::smallint[]) AS mine(shard) CROSS JOIN LATERAL (
           SELECT position, published, event_id FROM backbone.outbox WHERE shard = mine.shard ORDER BY position LIMIT ${batchSize}
         ) AS first ORDER BY position LIMIT ${batchSize}
       ) AS o JOIN backbone.event_store e ON e.id = o.event_id ORDER BY o.position`,
      [[...owned]],
    );
    return rows;
  }

  /** Wakes live readers, once for each row. What is internal is done with that. */
  async function tell(client: pg.Client, rows: readonly OutboxRow[], told: Set<string>): Promise<void> {
    const fresh = rows.filter(({ position }) => !told.has(position));
    if (fresh.length === 0) return;
    const reached = new Map(fresh.map((row) => [row.stream_id, row.event_version]));
    await client.query('SELECT pg_notify($1, reached) FROM unnest($2::text[]) AS reached', [
      streamChannel,
      [...reached].map(([streamId, version]) => `${version} ${streamId}`),
    ]);
    for (const { position, published } of fresh) if (published) told.add(position);
    await forget(
      client,
      fresh.filter(({ published }) => !published),
    );
  }

  /** Resolves to why the transport did not take them. Rejects when the session, and with it the shard, is lost. */
  async function send(client: pg.Client, rows: readonly OutboxRow[], lost: AbortSignal): Promise<Error | undefined> {
    const refusal = await whileRenewing(client, bus.publish(topicOf(context), rows.map(storedEvent)), lost);
    if (!refusal) await forget(client, rows);
    return refusal;
  }

  async function forget(client: pg.Client, rows: readonly OutboxRow[]): Promise<void> {
    if (rows.length > 0)
      await client.query('DELETE FROM backbone.outbox WHERE position = ANY($1::bigint[])', [rows.map(({ position }) => position)]);
  }

  /** Waits for the transport and keeps the lease meanwhile. Rejects as soon as the session is lost: what is acknowledged later is sent again. */
  async function whileRenewing(client: pg.Client, sending: Promise<void>, lost: AbortSignal): Promise<Error | undefined> {
    const outcome = sending.then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    for (;;) {
      const waited = new AbortController();
      const result = await Promise.race([outcome, sleep(renewEvery, 'waiting' as const, { signal: waited.signal })]).finally(() =>
        waited.abort(),
      );
      if (result !== 'waiting') return result;
      if (lost.aborted) throw new Error('The relay stopped before the event bus had answered.');
      await client.query('SELECT 1');
    }
  }

  return {
    nudge: () => wake.signal(),
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

/** Advisory locks are numbers: 63 bits of a name's SHA-256. */
export function lockKey(name: string): string {
  return (createHash('sha256').update(name).digest().readBigInt64BE() >> 1n).toString();
}
