import type pg from 'pg';
import type { StoredEvent } from '../domain-events/event.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { type EventRow, eventColumns, storedEvent } from './event-store.js';
import type { Logger } from './logger.js';
import { steadyConnection } from './steady-connection.js';
import { type WakeUp, wakeUp } from './wake-up.js';

/** NOTIFY channel on which the relay says how far a stream has come. */
export const streamChannel = 'backbone_stream';

/** A lost nudge costs this much; all watched streams are re-read in one query. */
const rereadEvery = 2_000;
const pageSize = 100;

export interface LiveStreams {
  cursorAt(streamId: string, version: number): string;
  /** The version of a client's cursor in a stream that has come to `current`. RESUME_EXPIRED if the cursor cannot be trusted. */
  versionAt(streamId: string, cursor: string, current: number): number;
  /** The events of streams after a version of each, at most `first` of each stream, in one statement. Answers lie in the order of the streams. */
  read(from: readonly { readonly streamId: string; readonly after: number }[], first: number): Promise<StoredEvent[][]>;
  /** Where a client resumes: the version of its cursor, or the stream's present end without one. RESUME_EXPIRED if the cursor cannot be trusted. */
  startFrom(streamId: string, cursor: string | null | undefined): Promise<number>;
  /** The events after a version and then every new one, in order, each once, until `return` is called, which takes effect at once. */
  follow(streamId: string, after: number): AsyncIterableIterator<StoredEvent>;
  stop(): Promise<void>;
}

export async function startLiveStreams({
  databaseUrl,
  pool,
  log,
}: {
  databaseUrl: string;
  pool: pg.Pool;
  log: Logger;
}): Promise<LiveStreams> {
  const { rows: epochs } = await pool.query<{ epoch: string }>('SELECT epoch FROM backbone.epoch');
  const epoch = epochs[0]?.epoch;
  if (!epoch) throw new Error('The database has no epoch: its backbone migrations are missing.');

  const stopping = new AbortController();
  const watched = new Map<string, Set<WakeUp>>();
  const wake = (streamId: string) => {
    for (const watcher of watched.get(streamId) ?? []) watcher.signal();
  };
  const wakeAll = () => {
    for (const streamId of watched.keys()) wake(streamId);
  };

  const listening = steadyConnection(databaseUrl, log, stopping.signal, async (client, lost) => {
    client.on('notification', ({ payload = '' }) => wake(payload.slice(payload.indexOf(' ') + 1)));
    await client.query(`LISTEN ${streamChannel}`);
    // What was announced while there was no session is found by looking.
    wakeAll();
    const reached = new Map<string, number>();
    const tick = wakeUp();
    while (!lost.aborted) {
      await tick.wait(rereadEvery, lost);
      if (lost.aborted || watched.size === 0) continue;
      const { rows } = await client.query<{ stream_id: string; version: number }>(
        'SELECT stream_id, max(event_version) AS version FROM backbone.event_store WHERE stream_id = ANY($1) GROUP BY stream_id',
        [[...watched.keys()]],
      );
      for (const { stream_id: streamId, version } of rows) {
        if (reached.get(streamId) !== version) wake(streamId);
      }
      reached.clear();
      for (const { stream_id: streamId, version } of rows) reached.set(streamId, version);
    }
  });

  const read: LiveStreams['read'] = async (from, first) => {
    const { rows } = await pool.query<EventRow & { asked: number }>(
      `SELECT wanted.asked::int AS asked, e.* FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS wanted(stream_id, after_version, asked) CROSS JOIN LATERAL (
         SELECT ${eventColumns} FROM backbone.event_store e
         WHERE e.stream_id = wanted.stream_id AND e.event_version > wanted.after_version ORDER BY e.event_version LIMIT $3
       ) e ORDER BY wanted.asked, e.event_version`,
      [from.map(({ streamId }) => streamId), from.map(({ after }) => after), first],
    );
    const found = Map.groupBy(rows, ({ asked }) => asked);
    return from.map((_, index) => (found.get(index + 1) ?? []).map(storedEvent));
  };

  async function* eventsUntil(streamId: string, after: number, until: AbortSignal): AsyncGenerator<StoredEvent, undefined> {
    // The nudge is subscribed to before the first read: nothing can fall between the two.
    const watcher = wakeUp();
    const watchers = watched.get(streamId) ?? new Set();
    watched.set(streamId, watchers.add(watcher));
    try {
      let version = after;
      while (!until.aborted) {
        const [events = []] = await read([{ streamId, after: version }], pageSize);
        for (const event of events) {
          if (until.aborted) return;
          yield event;
          version = event.sequence;
        }
        if (events.length < pageSize) await watcher.wait(60_000, until);
      }
    } finally {
      watchers.delete(watcher);
      if (watchers.size === 0 && watched.get(streamId) === watchers) watched.delete(streamId);
    }
  }

  return {
    cursorAt: (streamId, version) => encodeCursor(epoch, streamId, version),
    versionAt: (streamId, cursor, current) => decodeCursor(cursor, epoch, streamId, current),
    read,
    async startFrom(streamId, cursor) {
      const { rows } = await pool.query<{ version: number | null }>(
        'SELECT max(event_version) AS version FROM backbone.event_store WHERE stream_id = $1',
        [streamId],
      );
      const current = rows[0]?.version ?? 0;
      return cursor ? decodeCursor(cursor, epoch, streamId, current) : current;
    },
    follow(streamId, after) {
      // A generator that waits hears `return` only after the next event; the signal reaches it where it waits.
      const left = new AbortController();
      const events = eventsUntil(streamId, after, AbortSignal.any([left.signal, stopping.signal]));
      return {
        next: () => events.next(),
        return: () => {
          left.abort();
          return events.return(undefined);
        },
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    },
    async stop() {
      stopping.abort();
      await listening;
    },
  };
}
