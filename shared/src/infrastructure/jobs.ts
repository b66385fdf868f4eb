import { fromPrisma, type JobWithMetadata, PgBoss } from 'pg-boss';
import type { SqlTransaction } from './event-store.js';
import type { Logger } from './logger.js';
import { currentOperation, type Operation, refuseInProjection, runOperation } from './operation.js';

/** A durable piece of long work, as its handler sees it. `complete` belongs into the transaction of the job's effect: the two commit together. */
export interface Job<Data> {
  readonly id: string;
  readonly data: Data;
  /** How often it was tried before. */
  readonly attempt: number;
  /** The last try: a failure now is final. */
  readonly isLastAttempt: boolean;
  /** Aborted at once when the service stops, or within 5 s when the job has lost its turn: it was cancelled, or another worker has it. */
  readonly signal: AbortSignal;
  complete(tx: SqlTransaction): Promise<void>;
}

/** Rolls back the effect of a job that somebody else has by now, or that was cancelled. */
class LostTurn extends Error {
  override readonly name = 'LostTurn';
  override readonly message = 'The job was cancelled or taken over, so its effect is not wanted from here.';
}

export interface Jobs {
  /** Enqueues in the caller's transaction, to be taken at once or after so many seconds. One job per key is queued or running at a time. */
  enqueue(tx: SqlTransaction, queue: string, data: object, key: string, afterSeconds?: number): Promise<void>;
  /**
   * Ends the job of a key in the caller's transaction, if there is one: one that waits is not run, of one that runs the signal is aborted (within
   * 5 s, by its next heartbeat) and its `complete` rolls back. Nobody is told: the caller knows.
   */
  cancel(tx: SqlTransaction, queue: string, key: string): Promise<void>;
  /**
   * Takes jobs of a queue. `giveUp` is called for a job that will not be tried again although its handler never said so: it was killed
   * each time, or threw at its last attempt. Whoever waits for the job is told there.
   */
  work<Data extends object>(
    queue: string,
    options: { concurrency: number; giveUp: (data: Data) => Promise<void> },
    handle: (job: Job<Data>) => Promise<void>,
  ): Promise<void>;
  /** Aborts the signals of what runs. A job that does not heed its own has 2 s to finish; one that has not is tried again after the next start. */
  stop(): Promise<void>;
}

/** Of pg-boss, in each context's own database. */
export const jobSchema = 'jobs';

/** The queue of what was given up in another: its worker tells whoever waits. */
export const deadLetters = (queue: string) => `${queue}-given-up`;

/**
 * pg-boss on the context's own database. A worker beats every 5 s; one that was killed is noticed after 10 s without a beat and its job is
 * taken over (looked for every 5 s). Its NOTIFY is off: it would be sent inside business transactions, which serialises all commits.
 */
export async function startJobs({
  databaseUrl,
  queues,
  retryLimit = 5,
  log,
}: {
  databaseUrl: string;
  queues: readonly string[];
  /** How often a job is tried again, 2 s after the first failure and then ever later. */
  retryLimit?: number;
  log: Logger;
}): Promise<Jobs> {
  const boss = new PgBoss({
    connectionString: databaseUrl,
    max: 3,
    schema: jobSchema,
    supervise: true,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    schedule: false,
  });
  boss.on('error', (error) => log.warn({ err: error }, 'job queue'));
  await boss.start();
  for (const queue of queues) {
    await boss.createQueue(deadLetters(queue));
    await boss.createQueue(queue, {
      deadLetter: deadLetters(queue),
      policy: 'exclusive',
      heartbeatSeconds: 10,
      expireInSeconds: 3_600,
      retryLimit,
      retryDelay: 2,
      retryBackoff: true,
      retryDelayMax: 300,
    });
  }

  // pg-boss aborts its signals only after the 2 s: whoever has an hour of work left would go on for as long before they hear of it.
  const stopping = new AbortController();

  async function logged(facts: object, work: () => Promise<void>): Promise<void> {
    const began = Date.now();
    try {
      await work();
      log.info({ ...facts, ms: Date.now() - began }, 'job done');
    } catch (error) {
      const ms = Date.now() - began;
      if (stopping.signal.aborted) log.info({ ...facts, ms }, 'job interrupted: the service stops; it is tried again');
      else log.warn({ ...facts, err: error, ms }, 'job failed');
      throw error;
    }
  }

  return {
    async enqueue(tx, queue, data, key, afterSeconds = 0) {
      refuseInProjection('enqueue jobs');
      const { correlationId, actor } = currentOperation();
      await boss.send(queue, { data, correlationId, actor }, { singletonKey: key, startAfter: afterSeconds, db: fromPrisma(tx) });
    },
    async cancel(tx, queue, key) {
      const db = fromPrisma(tx);
      const found = await boss.findJobs(queue, { key, db });
      if (found.length > 0)
        await boss.cancel(
          queue,
          found.map(({ id }) => id),
          { db },
        );
    },
    async work(queue, { concurrency, giveUp }, handle) {
      type Envelope = { data: Parameters<typeof giveUp>[0] } & Pick<Operation, 'correlationId' | 'actor'>;
      const polling = { pollingIntervalSeconds: 0.5, includeMetadata: true } as const;
      const take = async ([taken]: JobWithMetadata<Envelope>[]) => {
        if (!taken) return;
        const { data, correlationId, actor } = taken.data;
        const facts = { queue, job: taken.id, attempt: taken.retryCount };
        await runOperation({ correlationId, actor, causationId: taken.id }, () =>
          logged(facts, () =>
            handle({
              id: taken.id,
              data,
              attempt: taken.retryCount,
              isLastAttempt: taken.retryCount >= taken.retryLimit,
              signal: AbortSignal.any([taken.signal, stopping.signal]),
              complete: async (tx) => {
                // Fenced by the attempt: a worker that was given up for dead and wakes late, or whose job was cancelled, has no effect.
                const turn = { id: taken.id, retryCount: taken.retryCount };
                // Its types keep the number of rows to themselves; a test knows.
                const outcome: { affected?: number } = await boss.complete(queue, turn, null, { db: fromPrisma(tx) });
                if (outcome.affected === 0) throw new LostTurn();
              },
            }),
          ),
        );
      };
      for (let count = 0; count < concurrency; count += 1) {
        // Where one job was there are often more: whoever has done one looks for the next at once.
        const worker = await boss.work(queue, polling, (taken: JobWithMetadata<Envelope>[]) =>
          take(taken).finally(() => boss.notifyWorker(worker)),
        );
      }
      await boss.work(deadLetters(queue), polling, async ([taken]: JobWithMetadata<Envelope>[]) => {
        if (!taken) return;
        const { data, correlationId, actor } = taken.data;
        log.error({ queue, job: taken.id }, 'job given up: it will not be tried again by itself');
        await runOperation({ correlationId, actor, causationId: taken.id }, () => giveUp(data));
      });
    },
    async stop() {
      stopping.abort();
      await boss.stop({ graceful: true, close: true, timeout: 2_000 });
    },
  };
}
