import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { type EventCatalog, personalFields, type StoredEvent, stream } from '../domain-events/event.js';
import { type StoriesAfterErasure, UserErased } from '../domain-events/identity.js';
import { type Consumer, startConsumer, type TransactionalClient } from './consumer.js';
import { inTransaction } from './database.js';
import { type EventBus, topicOf } from './event-bus.js';
import { appendEvents, erasureLocks, type SqlTransaction } from './event-store.js';
import { type Job, type Jobs, jobSchema } from './jobs.js';
import type { Logger } from './logger.js';
import type { UnitOfWork } from './unit-of-work.js';

const erasureQueue = 'erase-person';
/** For `startJobs`. */
export const personalDataQueues = [erasureQueue] as const;

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

/**
 * What a context does about the personal data of people. Erasing is a durable job: it begins when UserErased arrives, may die at every line and is
 * then done again, is never given up, and ends with ErasureCompleted. Everything that every context has (events, parked events, jobs,
 * remembered requests, what the event bus keeps) is blanked here, by what the event definitions declare as personal: a new event needs no new code.
 */
export async function startPersonalData<Tx extends SqlTransaction>({
  context,
  catalog,
  heard,
  projections = [],
  erase,
  client,
  transact,
  pool,
  jobs,
  bus,
  log,
}: {
  context: string;
  /** The context's own events, ErasureCompleted among them. */
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
  client: TransactionalClient<Tx>;
  transact: UnitOfWork<Tx>;
  pool: pg.Pool;
  jobs: Jobs;
  bus: EventBus;
  log: Logger;
}): Promise<Consumer> {
  const enqueue = (tx: SqlTransaction, job: ErasureJob) => jobs.enqueue(tx, erasureQueue, job, job.userId);

  async function eraseEverything({ data: { heardAs, ...person }, signal, complete }: Job<ErasureJob>): Promise<void> {
    const { userId } = person;
    await pool.query('INSERT INTO backbone.erased (subject) VALUES ($1) ON CONFLICT DO NOTHING', [userId]);
    // Whoever had looked before that row was there has committed when this lock is given.
    await inTransaction(pool, (session) => session.query(`SELECT ${erasureLocks('exclusive')}`, [[userId]]));
    const subjects = [userId, ...(await erase(person))];
    const streams = await inTransaction(pool, (session) => eraseShared(session, subjects, { ...heard, ...catalog }));
    await until('a projection has not heard of an erasure', signal, () => haveHeard(pool, projections, heardAs));
    // Before, a relay may still have an event in its hands as it was.
    await until('events about an erased person wait to be sent', signal, () => areSent(pool, streams));
    await bus.erase(topicOf(context), subjects, personalFields(catalog));
    await transact(async (tx) => {
      const erasure = stream(context, 'Erasure', userId);
      // More than one only after a restore.
      const [last] = await tx.$queryRawUnsafe<{ version: number }[]>(
        'SELECT coalesce(max(event_version), 0)::int AS version FROM backbone.event_store WHERE stream_id = $1',
        erasure.id,
      );
      await appendEvents(tx, erasure, last?.version ?? 0, [{ type: 'ErasureCompleted', data: { userId } }], catalog);
      await complete(tx);
      return userId;
    });
  }

  await jobs.work<ErasureJob>(
    erasureQueue,
    { concurrency: 1, giveUp: (job) => client.$transaction((tx) => enqueue(tx, job)) },
    eraseEverything,
  );
  return startConsumer({
    consumer: `${context}.personal-data`,
    catalog: { [UserErased.type]: UserErased },
    reactions: {
      [UserErased.type]: async ({ data, subject, epoch, sequence }, tx) =>
        enqueue(tx, { ...(data as ErasedPerson), heardAs: { subject, epoch, sequence } }),
    },
    client,
    bus,
    log,
  });
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
