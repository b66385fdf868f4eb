import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { type DomainEvent, type EventCatalog, personalFields, type StoredEvent, type Stream, stream } from '../domain-events/event.js';
import { DataExportRequested, type StoriesAfterErasure, UserErased } from '../domain-events/identity.js';
import { type Consumer, startConsumer, type TransactionalClient } from './consumer.js';
import { inTransaction } from './database.js';
import { type EventBus, topicOf } from './event-bus.js';
import { appendEvents, erasureLocks, type SqlTransaction } from './event-store.js';
import { type Job, type Jobs, jobSchema } from './jobs.js';
import type { Logger } from './logger.js';
import { bytesOf, type ObjectClaim, type ObjectStore } from './object-store.js';
import type { UnitOfWork } from './unit-of-work.js';
import { startSweeping, sweepObjects } from './uploads.js';
import { type Files, zipped } from './zip-files.js';

const erasureQueue = 'erase-person';
const exportQueue = 'export-person';
/** For `startJobs`. */
export const personalDataQueues = [erasureQueue, exportQueue] as const;

/** How long an erasure waits at a time for what others of this context still have to do; then its job is tried again later. */
const patience = 20_000;

export interface ErasedPerson {
  readonly userId: string;
  /** What becomes of their published stories. */
  readonly stories: StoriesAfterErasure;
}

interface ErasureJob extends ErasedPerson {
  readonly heardAs: Pick<StoredEvent, 'subject' | 'epoch' | 'sequence'>;
}

/** What a context holds of a person, for that person: nothing that is a secret of the platform or somebody else's. */
export interface ExportedPerson {
  /** For people: what the data are, in a few lines of English. */
  readonly about: string;
  readonly data: object;
  /** Own objects (pictures and the like), by the names that `data` gives them; each has a folder, such as `pictures/`. */
  readonly files: Readonly<Record<string, { readonly key: string }>>;
}

/** In the archive of a context's part, beside the files. */
export const partFiles = { data: 'data.json', about: 'README.txt' } as const;

interface ExportJob {
  readonly exportId: string;
  readonly userId: string;
}

/**
 * What a context does about the personal data of people. Exporting is a durable job, too: it begins when DataExportRequested arrives, and ends with
 * PersonalDataExported, which tells where the part lies. Erasing is a durable job: it begins when UserErased arrives, may die at every line and is
 * then done again, is never given up, and ends with ErasureCompleted. Everything that every context has (events, parked events, jobs,
 * remembered requests, what the event bus keeps) is blanked here, by what the event definitions declare as personal: a new event needs no new code.
 */
export async function startPersonalData<Tx extends SqlTransaction>({
  context,
  catalog,
  heard,
  projections = [],
  erase,
  exportPersonalData,
  objects,
  now,
  client,
  transact,
  pool,
  jobs,
  bus,
  log,
}: {
  context: string;
  /** The context's own events, ErasureCompleted and PersonalDataExported among them. */
  catalog: EventCatalog;
  /** The events of others that it listens to: they may be parked here. */
  heard: EventCatalog;
  /** The context's projections of identity's events: an erasure is done when they have heard of it, too. */
  projections?: readonly string[];
  /**
   * Blanks or deletes what the context's own tables, objects and mails hold of the person; may be called again, also when all is gone. From before it
   * is called no event with personal data of theirs can be appended. Returns the ids of what was theirs: jobs about those go, too.
   */
  erase: (person: ErasedPerson) => Promise<readonly string[]>;
  /** All that the context's own tables, history and objects hold of the person. */
  exportPersonalData: (userId: string) => Promise<ExportedPerson>;
  /** The context's own. */
  objects: ObjectStore;
  now: () => Date;
  client: TransactionalClient<Tx>;
  transact: UnitOfWork<Tx>;
  pool: pg.Pool;
  jobs: Jobs;
  bus: EventBus;
  log: Logger;
}): Promise<Consumer> {
  const enqueue = (tx: SqlTransaction, job: ErasureJob) => jobs.enqueue(tx, erasureQueue, job, job.userId);
  const parts = `${context}/export-parts/`;

  async function eraseEverything({ data: { heardAs, ...person }, signal, complete }: Job<ErasureJob>): Promise<void> {
    const { userId } = person;
    await pool.query('INSERT INTO backbone.erased (subject) VALUES ($1) ON CONFLICT DO NOTHING', [userId]);
    // Whoever had looked before that row was there has committed when this lock is given.
    await inTransaction(pool, (session) => session.query(`SELECT ${erasureLocks('exclusive')}`, [[userId]]));
    await objects.deleteAll(`${parts}${userId}/`);
    const subjects = [userId, ...(await erase(person))];
    const streams = await inTransaction(pool, (session) => eraseShared(session, subjects, { ...heard, ...catalog }));
    await until('a projection has not heard of an erasure', signal, () => haveHeard(pool, projections, heardAs));
    // Before, a relay may still have an event in its hands as it was.
    await until('events about an erased person wait to be sent', signal, () => areSent(pool, streams));
    await bus.erase(topicOf(context), subjects, personalFields(catalog));
    await transact(async (tx) => {
      await answer(tx, stream(context, 'Erasure', userId), { type: 'ErasureCompleted', data: { userId } }, catalog);
      await complete(tx);
      return userId;
    });
  }

  async function exportEverything({ data: { exportId, userId }, complete }: Job<ExportJob>): Promise<void> {
    const part = await zipped(await filesOf(await exportPersonalData(userId), objects));
    const sha256 = createHash('sha256').update(part).digest('hex');
    // What it says is in its name, so that a worker that wakes late replaces nothing.
    const object: ObjectClaim = { key: `${parts}${userId}/${exportId}-${sha256.slice(0, 16)}.zip`, sha256, bytes: part.length };
    const isHere = await unlessErased(pool, userId, () => objects.put(object.key, part, { contentType: 'application/zip', sha256 }));
    await transact(async (tx) => {
      const event = { type: 'PersonalDataExported', data: { exportId, userId, object } };
      if (isHere) await answer(tx, stream(context, 'DataExport', exportId), event, catalog);
      await complete(tx);
      return exportId;
    });
  }

  await jobs.work<ErasureJob>(
    erasureQueue,
    { concurrency: 1, giveUp: (job) => client.$transaction((tx) => enqueue(tx, job)) },
    eraseEverything,
  );
  // Whoever waits is told by the clock: identity calls an export failed that is not whole in time.
  await jobs.work<ExportJob>(exportQueue, { concurrency: 1, giveUp: async () => undefined }, exportEverything);
  // Identity has long made one archive of the parts.
  const sweeping = startSweeping(() => sweepObjects({ objects, folder: parts, now }), log);
  const consumer = await startConsumer({
    consumer: `${context}.personal-data`,
    catalog: { [UserErased.type]: UserErased, [DataExportRequested.type]: DataExportRequested },
    reactions: {
      [DataExportRequested.type]: async ({ data }, tx) => {
        const { exportId, userId } = data as ExportJob;
        await jobs.enqueue(tx, exportQueue, { exportId, userId }, exportId);
      },
      [UserErased.type]: async ({ data, subject, epoch, sequence }, tx) =>
        enqueue(tx, { ...(data as ErasedPerson), heardAs: { subject, epoch, sequence } }),
    },
    client,
    bus,
    log,
  });
  return {
    ...consumer,
    async close() {
      await sweeping.stop();
      await consumer.close();
    },
  };
}

/** What is stored of a person is stored before an erasure of them deletes it, or not at all. false: they are erased. */
export async function unlessErased(pool: pg.Pool, userId: string, store: () => Promise<unknown>): Promise<boolean> {
  return inTransaction(pool, async (session) => {
    await session.query(`SELECT ${erasureLocks('shared')}`, [[userId]]);
    const { rowCount } = await session.query('SELECT 1 FROM backbone.erased WHERE subject = $1', [userId]);
    if (rowCount === 0) await store();
    return rowCount === 0;
  });
}

async function filesOf({ about, data, files }: ExportedPerson, objects: ObjectStore): Promise<Files> {
  const found: Record<string, Uint8Array> = {
    [partFiles.data]: Buffer.from(JSON.stringify(data, null, 2)),
    [partFiles.about]: Buffer.from(about),
  };
  for (const [name, { key }] of Object.entries(files)) {
    // Replaced meanwhile: then it is theirs no longer.
    const object = await objects.get(key);
    const bytes = object && (await bytesOf(object.body, object.bytes));
    if (bytes) found[name] = bytes;
  }
  return found;
}

/** On a stream that holds one event; more only after a restore. */
async function answer(tx: SqlTransaction, to: Stream, event: DomainEvent, catalog: EventCatalog): Promise<void> {
  const [last] = await tx.$queryRawUnsafe<{ version: number }[]>(
    'SELECT coalesce(max(event_version), 0)::int AS version FROM backbone.event_store WHERE stream_id = $1',
    to.id,
  );
  await appendEvents(tx, to, last?.version ?? 0, [event], catalog);
}

/** What every context has. Returns the streams that hold events about these people. Events in the outbox are read from the store when they are sent. */
async function eraseShared(session: pg.PoolClient, subjects: readonly string[], catalog: EventCatalog): Promise<string[]> {
  // Of somebody with a long history it takes longer than any statement of a verb may.
  await session.query('SET LOCAL statement_timeout = 0');
  const { rows } = await session.query<{ stream: string }>('SELECT DISTINCT backbone.erase_personal($1, $2::jsonb) AS stream', [
    subjects,
    JSON.stringify(personalFields(catalog)),
  ]);
  // What was no event says in no field whose it is.
  await session.query(
    `UPDATE backbone.parked SET event = event || '{"body": ""}'
     WHERE event ? 'position' AND EXISTS (SELECT 1 FROM unnest($1::text[]) AS subject WHERE strpos(event ->> 'body', subject) > 0)`,
    [subjects],
  );
  // A hash of an input is a way to try guesses.
  await session.query(`DELETE FROM backbone.idempotency WHERE actor = ANY($1) OR outcome = ANY($2)`, [
    subjects.map((subject) => `user:${subject}`),
    subjects,
  ]);
  // A job that is under way loses its turn, and with it its effect. One that they started about somebody else goes on.
  await session.query(
    `DELETE FROM ${jobSchema}.job AS job USING unnest($1::text[]) AS subject WHERE job.name NOT LIKE '${erasureQueue}%'
       AND (strpos(job.data ->> 'data', subject) > 0 OR job.state > 'active' AND strpos(concat(job.data, job.output), subject) > 0)`,
    [subjects],
  );
  return rows.map(({ stream: id }) => id);
}

async function areSent(pool: pg.Pool, streams: readonly string[]): Promise<boolean> {
  const { rowCount } = await pool.query('SELECT 1 FROM backbone.outbox WHERE published AND stream_id = ANY($1) LIMIT 1', [streams]);
  return rowCount === 0;
}

async function haveHeard(
  pool: pg.Pool,
  projections: readonly string[],
  { subject, epoch, sequence }: ErasureJob['heardAs'],
): Promise<boolean> {
  const { rowCount } = await pool.query(
    'SELECT 1 FROM backbone.consumer_version WHERE consumer = ANY($1) AND stream_id = $2 AND epoch = $3 AND last_version >= $4',
    [projections, subject, epoch, sequence],
  );
  return rowCount === projections.length;
}

async function until(otherwise: string, signal: AbortSignal, condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + patience;
  while (!(await condition())) {
    if (Date.now() > end || signal.aborted) throw new Error(`Not yet: ${otherwise}.`);
    await sleep(100, undefined, { signal });
  }
}
