import type { EventCatalog, StoredEvent } from '../domain-events/event.js';
import { type EventBus, topicOf } from './event-bus.js';
import type { SqlTransaction } from './event-store.js';
import type { Logger } from './logger.js';
import { runOperation } from './operation.js';
import { wakeUp } from './wake-up.js';

/**
 * What a context does when an event of another context arrives. It runs in the transaction that also remembers the stream's
 * version: effect and memory commit together, so an event that is delivered twice has its effect once. Nothing remote happens inside;
 * long work is a job enqueued in the same transaction.
 */
export type Reaction<Tx> = (event: StoredEvent, tx: Tx) => Promise<void>;

interface TransactionalClient<Tx> {
  $transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

const maxAttempts = 24;
const retryEvery = 1_000;

export interface Consumer {
  close(): Promise<void>;
}

/**
 * Consumes other contexts' events. An event that fails is put aside in `backbone.parked` and tried again with backoff (1 s doubling to 5 min, 24
 * times, some 80 minutes); later events of its stream queue behind it there, all other streams flow on.
 */
export async function startConsumer<Tx extends SqlTransaction>({
  consumer,
  catalog,
  reactions,
  client,
  bus,
  log,
}: {
  consumer: string;
  /** The published language of the contexts listened to. */
  catalog: EventCatalog;
  reactions: Readonly<Record<string, Reaction<Tx>>>;
  client: TransactionalClient<Tx>;
  bus: EventBus;
  log: Logger;
}): Promise<Consumer> {
  const contexts = [...new Set(Object.keys(reactions).map((type) => catalog[type]?.context ?? missing(type)))];

  /** True when the effect has been had, now or before. */
  async function apply(event: StoredEvent, tx: Tx): Promise<void> {
    const reaction = reactions[event.type];
    if (!reaction) return;
    const isNew = await tx.$executeRawUnsafe(
      `INSERT INTO backbone.consumer_version AS known (consumer, stream_id, epoch, last_version) VALUES ($1, $2, $3::uuid, $4)
       ON CONFLICT (consumer, stream_id, epoch) DO UPDATE SET last_version = EXCLUDED.last_version WHERE known.last_version < EXCLUDED.last_version`,
      consumer,
      event.subject,
      event.epoch,
      event.sequence,
    );
    if (isNew === 0) return;
    const data = catalog[event.type]?.schema.parse(event.data);
    await runOperation(
      {
        correlationId: event.correlationId,
        causationId: event.id,
        actor: `service:${consumer}`,
        traceparent: event.traceparent ?? undefined,
      },
      () => reaction({ ...event, data }, tx),
    );
  }

  async function park(tx: SqlTransaction, event: StoredEvent, error: unknown): Promise<void> {
    await tx.$executeRawUnsafe(
      `INSERT INTO backbone.parked (consumer, stream_id, event_id, event, attempts, next_attempt_at, error)
       VALUES ($1, $2, $3, $4::jsonb, $5, now() + interval '1 second', $6) ON CONFLICT (consumer, event_id) DO NOTHING`,
      consumer,
      event.subject,
      event.id,
      JSON.stringify(event),
      error === undefined ? 0 : 1,
      error === undefined ? null : reasonOf(error),
    );
  }

  async function handle(event: StoredEvent): Promise<void> {
    if (!reactions[event.type]) return;
    try {
      await client.$transaction(async (tx) => {
        const queue = await tx.$queryRawUnsafe<unknown[]>(
          'SELECT 1 FROM backbone.parked WHERE consumer = $1 AND stream_id = $2 LIMIT 1',
          consumer,
          event.subject,
        );
        if (queue.length > 0) await park(tx, event, undefined);
        else await apply(event, tx);
      });
    } catch (error) {
      log.warn(
        { err: error, event: event.id, type: event.type, stream: event.subject },
        'event put aside; its stream waits, others flow on',
      );
      await client.$transaction((tx) => park(tx, event, error));
      retry.signal();
    }
  }

  const stopping = new AbortController();
  const retry = wakeUp();
  const retrying = (async () => {
    while (!stopping.signal.aborted) {
      await retry.wait(retryEvery, stopping.signal);
      try {
        while (!stopping.signal.aborted && (await retryOne())) {
          // until nothing is due
        }
      } catch (error) {
        log.warn({ err: error }, 'parked events could not be read');
      }
    }
  })();

  /** Tries the first event of one stream that is due. False when none is. */
  async function retryOne(): Promise<boolean> {
    let due: { id: bigint; event: StoredEvent; attempts: number } | undefined;
    try {
      return await client.$transaction(async (tx) => {
        [due] = await tx.$queryRawUnsafe<{ id: bigint; event: StoredEvent; attempts: number }[]>(
          `SELECT id, event, attempts FROM backbone.parked p
           WHERE consumer = $1 AND state = 'retrying' AND next_attempt_at <= now()
             AND NOT EXISTS (SELECT 1 FROM backbone.parked earlier WHERE earlier.consumer = p.consumer AND earlier.stream_id = p.stream_id AND earlier.id < p.id)
           ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`,
          consumer,
        );
        if (!due) return false;
        await apply(due.event, tx);
        await tx.$executeRawUnsafe('DELETE FROM backbone.parked WHERE id = $1', due.id);
        return true;
      });
    } catch (error) {
      if (!due) throw error;
      const attempts = due.attempts + 1;
      const { id } = due;
      await client.$transaction((tx) =>
        tx.$executeRawUnsafe(
          `UPDATE backbone.parked SET attempts = $2, error = $3, state = $4, next_attempt_at = now() + make_interval(secs => $5) WHERE id = $1`,
          id,
          attempts,
          reasonOf(error),
          attempts >= maxAttempts ? 'parked' : 'retrying',
          Math.min(2 ** (attempts - 1), 300),
        ),
      );
      if (attempts >= maxAttempts)
        log.error({ stream: due.event.subject, event: due.event.id }, 'event parked for good: its stream needs an operator');
      return true;
    }
  }

  const subscription = await bus.subscribe(consumer, contexts.map(topicOf), handle);
  return {
    async close() {
      await subscription.close();
      stopping.abort();
      await retrying;
    },
  };
}

/** What an operator needs to find the fault, without the values that a database or validation message quotes. */
function reasonOf(error: unknown): string {
  return error instanceof Error
    ? `${error.name}: ${
        error.stack
          ?.split('\n')
          .find((line) => line.includes(' at '))
          ?.trim() ?? ''
      }`.slice(0, 500)
    : 'unknown';
}

function missing(type: string): never {
  throw new Error(`There is a reaction to ${type}, which no catalog defines.`);
}
