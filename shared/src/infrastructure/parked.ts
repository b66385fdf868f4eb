import type pg from 'pg';
import { type Operator, OperationRefused } from './operation-log.js';

/** A stream whose events wait at one consumer: the first one failed, the others queue behind it. */
export interface ParkedStream {
  readonly consumer: string;
  readonly stream: string;
  /** How many wait, the first one included. */
  readonly events: number;
  readonly first: ParkedEvent;
}

export interface ParkedEvent {
  readonly id: string;
  /** null: what came was no event. */
  readonly type: string | null;
  readonly sequence: number | null;
  /** retrying: tried again by itself. parked: waits for an operator. */
  readonly state: 'retrying' | 'parked';
  readonly attempts: number;
  readonly nextAttemptAt: Date;
  readonly parkedAt: Date;
  readonly error: string | null;
}

const eventColumns = `p.id::text AS id, p.event ->> 'type' AS type, (p.event ->> 'sequence')::float8 AS sequence, p.state, p.attempts,
  p.next_attempt_at AS "nextAttemptAt", p.parked_at AS "parkedAt", p.error`;

/** Streams that wait in this context, those that need an operator first. */
export async function listParked(pool: pg.Pool, limit = 100): Promise<ParkedStream[]> {
  const { rows } = await pool.query<ParkedEvent & { consumer: string; stream: string; events: number }>(
    `SELECT DISTINCT ON (p.state, p.consumer, p.stream_id) p.consumer, p.stream_id AS stream, ${eventColumns},
       (SELECT count(*)::int FROM backbone.parked all_of WHERE all_of.consumer = p.consumer AND all_of.stream_id = p.stream_id) AS events
     FROM backbone.parked p
     WHERE NOT EXISTS (SELECT 1 FROM backbone.parked e WHERE e.consumer = p.consumer AND e.stream_id = p.stream_id AND e.id < p.id)
     ORDER BY p.state, p.consumer, p.stream_id LIMIT $1`,
    [limit],
  );
  return rows.map(({ consumer, stream, events, ...first }) => ({ consumer, stream, events, first }));
}

/** One parked event with all that came. */
export async function showParked(
  pool: pg.Pool,
  id: string,
): Promise<ParkedEvent & { consumer: string; stream: string; event: Record<string, unknown> }> {
  const { rows } = await pool.query<ParkedEvent & { consumer: string; stream: string; event: Record<string, unknown> }>(
    `SELECT p.consumer, p.stream_id AS stream, p.event, ${eventColumns} FROM backbone.parked p WHERE p.id = $1`,
    [parkedId(id)],
  );
  return rows[0] ?? nothing(id);
}

/**
 * Has the sequences of a stream (at every consumer where it waits) or of one parked event's stream tried again, from the first event on, in
 * order. The service does it within a second; what fails again is retried with backoff as before. Returns what is tried.
 */
export async function redrive(
  pool: pg.Pool,
  target: { readonly stream: string } | { readonly id: string },
  { operator, why }: Operator,
): Promise<{ consumer: string; stream: string; events: number }[]> {
  const [id, stream] = 'id' in target ? [parkedId(target.id), null] : [null, target.stream];
  const { rows } = await pool.query<{ consumer: string; stream: string; events: number }>(
    `WITH queue AS (SELECT DISTINCT consumer, stream_id FROM backbone.parked WHERE id = $1 OR stream_id = $2),
     redriven AS (
       UPDATE backbone.parked p SET state = 'retrying', attempts = 0, next_attempt_at = now() FROM queue q
       WHERE p.consumer = q.consumer AND p.stream_id = q.stream_id RETURNING p.consumer, p.stream_id
     ), counted AS (SELECT consumer, stream_id AS stream, count(*)::int AS events FROM redriven GROUP BY 1, 2),
     logged AS (
       INSERT INTO backbone.operation_log (operator, action, target, why, details)
       SELECT $3, 'redrive', consumer || ' ' || stream, $4, jsonb_build_object('events', events) FROM counted
     )
     SELECT consumer, stream, events FROM counted ORDER BY 1, 2`,
    [id, stream, operator, why],
  );
  return rows.length > 0 ? rows : nothing('id' in target ? target.id : target.stream);
}

/**
 * Gives up the first event of a parked sequence, for good: it is taken as handled, so that it is not taken up again when it is delivered again.
 * The next one of its stream is tried at its time.
 */
export async function discard(pool: pg.Pool, id: string, { operator, why }: Operator): Promise<void> {
  if (why.trim() === '') throw new OperationRefused('Say why: what is discarded has no effect ever again.');
  const { rowCount } = await pool.query(
    `WITH gone AS (
       DELETE FROM backbone.parked p WHERE p.id = $1
         AND NOT EXISTS (SELECT 1 FROM backbone.parked e WHERE e.consumer = p.consumer AND e.stream_id = p.stream_id AND e.id < p.id)
       RETURNING p.consumer, p.stream_id, p.event_id, p.event, p.error
     ), passed AS (
       INSERT INTO backbone.consumer_version AS known (consumer, stream_id, epoch, last_version, epoch_began)
       SELECT consumer, stream_id, (event ->> 'epoch')::uuid, least((event ->> 'sequence')::numeric, 2147483647)::int, (event ->> 'time')::timestamptz FROM gone
       WHERE event ? 'sequence'
       ON CONFLICT (consumer, stream_id, epoch) DO UPDATE SET last_version = greatest(known.last_version, EXCLUDED.last_version), updated_at = now()
     )
     INSERT INTO backbone.operation_log (operator, action, target, why, details)
     SELECT $2, 'discard', consumer || ' ' || stream_id, $3,
       jsonb_build_object('event', event_id, 'type', event ->> 'type', 'sequence', event -> 'sequence', 'error', error) FROM gone`,
    [parkedId(id), operator, why],
  );
  if (rowCount) return;
  const { stream } = await showParked(pool, id);
  throw new OperationRefused(`${id} is not the first of the parked events of ${stream}: discard or redrive that one first.`);
}

function parkedId(id: string): string {
  return /^\d{1,18}$/.test(id) ? id : nothing(id);
}

function nothing(target: string): never {
  throw new OperationRefused(`Nothing is parked under ${target}.`);
}
