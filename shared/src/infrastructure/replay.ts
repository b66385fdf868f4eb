import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import { defineEvent, type StoredEvent } from '../domain-events/event.js';
import { type EventBus, topicOf } from './event-bus.js';
import { type EventRow, eventColumns, storedEvent } from './event-store.js';
import type { Logger } from './logger.js';
import { withSessionLock } from './session-lock.js';
import { wakeUp } from './wake-up.js';

const lookEvery = 1_000;
const pageSize = 200;

/** Where a context publishes its events again for one rebuild: reactions never subscribe to it. */
export function rebuildTopic(source: string, rebuild: string): string {
  return `${topicOf(source)}.rebuild.${rebuild}`;
}

/**
 * The last message of a replay. Partitions are read at their own pace, so it says what all the others add up to: the number of streams (per
 * epoch) and the sum of their last versions, which nobody has reached who has missed one.
 */
export const ReplayFinished = defineEvent({
  type: 'ReplayFinished',
  context: 'backbone',
  version: 1,
  reach: 'published',
  meaning: 'All events that were asked for have been published again.',
  schema: z.object({ streams: z.int(), versions: z.int() }),
});

interface Replay {
  rebuild: string;
  event_types: string[];
  reached_stream: string;
  reached_version: number;
  reached_epoch: string;
  streams: string;
  versions: string;
}

/**
 * Publishes what this context has stored again whenever `backbone.replay` asks for it, stream by stream. In this order no event is missed that
 * commits meanwhile: it is at the end of its stream, and if that was already passed, it comes by the context's own topic as always.
 */
export function startReplays({
  context,
  databaseUrl,
  pool,
  bus,
  log,
}: {
  context: string;
  databaseUrl: string;
  pool: pg.Pool;
  bus: EventBus;
  log: Logger;
}): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const done = (async () => {
    const tick = wakeUp();
    while (!stopping.signal.aborted) {
      await tick.wait(lookEvery, stopping.signal);
      try {
        const asked = await pool.query('SELECT 1 FROM backbone.replay WHERE finished_at IS NULL LIMIT 1');
        if (asked.rowCount) await withSessionLock(databaseUrl, `replay:${context}`, publishAgain);
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ err: error }, 'events could not be published again; trying later');
      }
    }
  })();

  async function publishAgain(session: pg.Client): Promise<void> {
    for (;;) {
      const { rows } = await session.query<Replay>('SELECT * FROM backbone.replay WHERE finished_at IS NULL ORDER BY requested_at LIMIT 1');
      const replay = rows[0];
      if (!replay || stopping.signal.aborted) return;
      await publishPage(session, replay);
    }
  }

  async function publishPage(session: pg.Client, replay: Replay): Promise<void> {
    const topic = rebuildTopic(context, replay.rebuild);
    const { rows } = await session.query<EventRow>(
      `SELECT ${eventColumns} FROM backbone.event_store e WHERE (e.stream_id, e.event_version) > ($1, $2) AND e.event_type = ANY($3)
       ORDER BY e.stream_id, e.event_version LIMIT ${pageSize}`,
      [replay.reached_stream, replay.reached_version, replay.event_types],
    );
    const events = rows.map(storedEvent);
    const reached = events.reduce(addUp, {
      stream: replay.reached_stream,
      version: replay.reached_version,
      epoch: replay.reached_epoch,
      streams: Number(replay.streams),
      versions: Number(replay.versions),
    });
    const { streams, versions } = reached;
    // Acknowledged first, remembered afterwards: an interrupted page is sent twice and applied once.
    await bus.publish(topic, events.length > 0 ? events : [finished(context, replay.rebuild, { streams, versions })]);
    await session.query(
      `UPDATE backbone.replay SET reached_stream = $2, reached_version = $3, reached_epoch = $4, streams = $5, versions = $6,
         finished_at = CASE WHEN $7 THEN now() END WHERE rebuild = $1`,
      [replay.rebuild, reached.stream, reached.version, reached.epoch, streams, versions, events.length === 0],
    );
    if (events.length === 0) log.info({ topic, streams }, 'all events published again');
  }

  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

interface Reached {
  readonly stream: string;
  readonly version: number;
  readonly epoch: string;
  readonly streams: number;
  readonly versions: number;
}

function addUp(until: Reached, { subject, sequence, epoch }: StoredEvent): Reached {
  const known = until.stream === subject && until.epoch === epoch;
  return {
    stream: subject,
    version: sequence,
    epoch,
    streams: until.streams + (known ? 0 : 1),
    versions: until.versions + sequence - (known ? until.version : 0),
  };
}

function finished(source: string, rebuild: string, sums: { streams: number; versions: number }): StoredEvent {
  return {
    id: randomUUID(),
    source,
    ...ReplayFinished(sums),
    subject: `replay.${source}-${rebuild}`,
    time: new Date().toISOString(),
    version: ReplayFinished.version,
    sequence: 1,
    epoch: rebuild,
    correlationId: rebuild,
    causationId: null,
    traceparent: null,
    actor: `service:${source}`,
  };
}
