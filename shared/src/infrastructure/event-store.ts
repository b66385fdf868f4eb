import { dataToWrite, type DomainEvent, type EventCatalog, type StoredEvent, type Stream, subjectsOf } from '../domain-events/event.js';
import { refuseShared } from '../value-objects/refusals.js';
import { currentOperation, refuseInProjection } from './operation.js';

/** The part of a Prisma transaction that schema `backbone` needs: its tables are not in any context's Prisma schema. */
export interface SqlTransaction {
  $queryRawUnsafe<T>(sql: string, ...values: unknown[]): Promise<T>;
  $executeRawUnsafe(sql: string, ...values: unknown[]): Promise<number>;
}

/** Streams of one context are spread over this many relay shards; a stream stays in its shard, which keeps its order. */
export const outboxShards = 4;

/** Larger things go to an object store; the event carries key and sha-256. */
const maxEventBytes = 256 * 1024;

/**
 * Appends events to a stream and to the outbox, in the caller's transaction, in one statement. The caller holds the aggregate's row lock
 * and knows the stream's version; UNIQUE (stream_id, event_version) refuses whoever does not. Returns the new version. Personal data of somebody
 * who was erased here is refused with PERSON_ERASED.
 */
export async function appendEvents(
  tx: SqlTransaction,
  { id, type }: Stream,
  currentVersion: number,
  events: readonly DomainEvent[],
  catalog: EventCatalog,
): Promise<number> {
  if (events.length === 0) return currentVersion;
  refuseInProjection('publish events');
  const { correlationId, causationId = null, actor, traceparent = null } = currentOperation();
  const about = new Set<string>();
  const rows = events.map((event, index) => {
    const definition = catalog[event.type];
    if (!definition) throw new Error(`Event ${event.type} is not in the catalog of its context.`);
    const { version, data } = dataToWrite(definition, event.data);
    if (Buffer.byteLength(JSON.stringify(data)) > maxEventBytes)
      throw new Error(`Event ${event.type} of ${id} is larger than ${maxEventBytes} bytes.`);
    for (const subject of subjectsOf(definition, id, data)) about.add(subject);
    return {
      event_type: event.type,
      event_data: data,
      event_metadata: { context: definition.context, schemaVersion: version, correlationId, causationId, traceparent, actor },
      event_version: currentVersion + index + 1,
      published: definition.reach === 'published',
    };
  });
  // An erasure waits for whoever is here before it, and whoever comes after it finds that it has begun (`personal-data.ts`).
  if (about.size > 0) await tx.$executeRawUnsafe(`SELECT ${erasureLocks('shared')}`, [...about]);
  const appended = await tx.$executeRawUnsafe(
    `WITH given AS (
       SELECT * FROM jsonb_to_recordset($3::jsonb)
         AS row(event_type text, event_data jsonb, event_metadata jsonb, event_version int, published boolean)
     ), stored AS (
       INSERT INTO backbone.event_store (stream_id, stream_type, event_type, event_data, event_metadata, event_version)
       SELECT $1, $2, event_type, event_data, event_metadata || jsonb_build_object('epoch', (SELECT epoch FROM backbone.epoch)), event_version
       FROM given WHERE NOT EXISTS (SELECT 1 FROM backbone.erased WHERE subject = ANY($4)) ORDER BY event_version
       RETURNING id, event_version
     )
     INSERT INTO backbone.outbox (shard, stream_id, event_id, published)
     SELECT abs(hashtext($1)::bigint) % ${outboxShards}, $1, stored.id, given.published
     FROM stored JOIN given USING (event_version) ORDER BY event_version`,
    id,
    type,
    JSON.stringify(rows),
    [...about],
  );
  if (appended === 0) throw refuseShared.PERSON_ERASED();
  return currentVersion + events.length;
}

/** SQL that locks the erasure of the people $1 (text[]) until the end of the transaction; ascending, so that no two wait for each other. */
export function erasureLocks(mode: 'shared' | 'exclusive'): string {
  const lock = mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock';
  return `count(${lock}(hashtext('erasure'), key)) FROM (SELECT DISTINCT hashtext(subject) AS key FROM unnest($1::text[]) AS subject ORDER BY 1) AS keys`;
}

/** A row of event_store, in the names of its columns. */
export interface EventRow {
  id: string;
  stream_id: string;
  event_type: string;
  event_data: unknown;
  event_metadata: {
    context: string;
    schemaVersion: number;
    epoch: string;
    correlationId: string;
    causationId: string | null;
    traceparent: string | null;
    actor: string;
  };
  event_version: number;
  occurred_at: Date;
}

export const eventColumns = 'e.id, e.stream_id, e.event_type, e.event_data, e.event_metadata, e.event_version, e.occurred_at';

export function storedEvent(row: EventRow): StoredEvent {
  const { context, schemaVersion, ...metadata } = row.event_metadata;
  return {
    id: row.id,
    source: context,
    type: row.event_type,
    subject: row.stream_id,
    time: row.occurred_at.toISOString(),
    version: schemaVersion,
    sequence: row.event_version,
    ...metadata,
    data: row.event_data,
  };
}
