import { z } from 'zod';
import { type EventCatalog, readData, type StoredEvent, UnreadableEvent } from '../domain-events/event.js';
import { type EventBus, type EventSubscription, topicOf, type UnreadableMessage } from './event-bus.js';
import type { SqlTransaction } from './event-store.js';
import type { Logger } from './logger.js';
import { type Operation, runOperation } from './operation.js';
import { wakeUp } from './wake-up.js';

/**
 * What a context does when an event of another context arrives. It runs in the transaction that also remembers the stream's
 * version: effect and memory commit together, so an event that is delivered twice has its effect once. Nothing remote happens inside;
 * long work is a job enqueued in the same transaction. A rebuild never runs it: what only follows events belongs into a projection
 * (`projection.ts`).
 */
export type Reaction<Tx> = (event: StoredEvent, tx: Tx) => Promise<void>;

/**
 * Thrown by a handler when what it needs is down for everybody (its breaker is open), so that the event is not to blame. Nothing is put
 * aside: consumption pauses and tries again by itself, after 1 s at first and every 30 s in the end.
 */
export class DependencyDown extends Error {
  override readonly name = 'DependencyDown';
}

/** What a context's Prisma client offers here. */
export interface TransactionalClient<Tx> {
  $transaction<T>(work: (tx: Tx) => Promise<T>, options?: { timeout: number; maxWait: number }): Promise<T>;
}

export interface Consumer {
  /** Why nothing is consumed at present; undefined: it is. */
  pausedBy(): string | undefined;
  close(): Promise<void>;
}

const maxAttempts = 24;
const retryEvery = 1_000;
const shortestPause = 1_000;
const longestPause = 30_000;
/** A handler takes milliseconds. Waiting for a connection is nobody's fault, so it may take longer than a verb's. */
const transactionLimits = { timeout: 10_000, maxWait: 15_000 };

/** Consumes other contexts' events, each effect once. */
export async function startConsumer<Tx extends SqlTransaction>({
  reactions,
  ...options
}: {
  consumer: string;
  /** The published language of the contexts listened to. */
  catalog: EventCatalog;
  reactions: Readonly<Record<string, Reaction<Tx>>>;
  client: TransactionalClient<Tx>;
  bus: EventBus;
  log: Logger;
}): Promise<Consumer> {
  const topics = contextsOf(options.catalog, Object.keys(reactions)).map(topicOf);
  return handleEvents({ ...options, topics, handlers: reactions });
}

/** The contexts that publish these events. An event that never arrives would be waited for in silence, so it is refused. */
export function contextsOf(catalog: EventCatalog, types: readonly string[]): string[] {
  const contexts = types.map((type) => {
    const definition = catalog[type];
    if (!definition) throw new Error(`There is a handler of ${type}, which no catalog defines.`);
    if (definition.reach === 'internal')
      throw new Error(`There is a handler of ${type}, which is internal to ${definition.context} and never sent.`);
    return definition.context;
  });
  return [...new Set(contexts)];
}

/**
 * Hands events to handlers, each once per consumer. One that fails is put aside in `backbone.parked` and tried again with backoff (1 s doubling
 * to 5 min, 24 times, some 80 minutes); later events of its stream queue behind it there, all other streams flow on.
 */
export async function handleEvents<Tx extends SqlTransaction>({
  consumer,
  group = consumer,
  topics,
  catalog,
  handlers,
  client,
  bus,
  log,
  before,
  operation,
}: {
  /** Whose memory of versions and whose parked events these are. */
  consumer: string;
  /** Whose place in the topics. */
  group?: string;
  topics: readonly string[];
  catalog: EventCatalog;
  handlers: Readonly<Record<string, Reaction<Tx>>>;
  client: TransactionalClient<Tx>;
  bus: EventBus;
  log: Logger;
  /** Runs first in the transaction of each event. */
  before?: (tx: Tx) => Promise<void>;
  operation?: Pick<Operation, 'projecting'>;
}): Promise<Consumer> {
  const inTransaction = <T>(work: (tx: Tx) => Promise<T>) => client.$transaction(work, transactionLimits);

  async function apply(event: StoredEvent, tx: Tx): Promise<void> {
    const handler = handlers[event.type];
    const definition = catalog[event.type];
    if (!handler || !definition) return;
    // New is what is behind the last version of its stream; not so a late event of an epoch that a restore has ended on that stream.
    const isNew = await tx.$executeRawUnsafe(
      `INSERT INTO backbone.consumer_version AS known (consumer, stream_id, epoch, last_version, epoch_began)
       SELECT $1::text, $2::text, $3::uuid, $4::int, $5::timestamptz WHERE NOT EXISTS (
         SELECT 1 FROM backbone.consumer_version later
         WHERE later.consumer = $1::text AND later.stream_id = $2::text AND later.epoch <> $3::uuid AND later.epoch_began > coalesce((
           SELECT mine.epoch_began FROM backbone.consumer_version mine
           WHERE mine.consumer = $1::text AND mine.stream_id = $2::text AND mine.epoch = $3::uuid), $5::timestamptz))
       ON CONFLICT (consumer, stream_id, epoch) DO UPDATE SET last_version = EXCLUDED.last_version, updated_at = now()
         WHERE known.last_version < EXCLUDED.last_version`,
      consumer,
      event.subject,
      event.epoch,
      event.sequence,
      event.time,
    );
    if (isNew === 0) return;
    const data = readData(definition, event);
    await runOperation(
      {
        correlationId: event.correlationId,
        causationId: event.id,
        actor: `service:${consumer}`,
        traceparent: event.traceparent ?? undefined,
        ...operation,
      },
      () => handler({ ...event, version: definition.version, data }, tx),
    );
  }

  async function park(tx: SqlTransaction, event: StoredEvent, error: unknown): Promise<void> {
    await tx.$executeRawUnsafe(
      `INSERT INTO backbone.parked (consumer, stream_id, event_id, event, attempts, next_attempt_at, error)
       VALUES ($1, $2, left($3, 100), $4::jsonb, $5, now() + interval '1 second', $6) ON CONFLICT (consumer, event_id) DO NOTHING`,
      consumer,
      event.subject,
      event.id,
      jsonbText(event),
      error === undefined ? 0 : 1,
      error === undefined ? null : reasonOf(error),
    );
  }

  /** What is no event is kept for an operator. If its key names a stream that is listened to, it was to be one of its events: the next ones wait. */
  async function parkUnreadable(message: UnreadableMessage): Promise<void> {
    const { position, reason, key } = message;
    log.error({ position, consumer }, `A message was parked. ${reason}`);
    const stream = key !== null && key.length <= 255 && topics.some((topic) => key.startsWith(`${topic.split('.')[1]}.`)) ? key : position;
    await inTransaction((tx) =>
      tx.$executeRawUnsafe(
        `INSERT INTO backbone.parked (consumer, stream_id, event_id, event, state, attempts, error)
         VALUES ($1, $2, left($3, 100), $4::jsonb, 'parked', 1, $5) ON CONFLICT (consumer, event_id) DO NOTHING`,
        consumer,
        stream,
        position,
        jsonbText(message),
        reason,
      ),
    );
  }

  async function handle(event: StoredEvent): Promise<void> {
    if (!handlers[event.type]) return;
    try {
      await inTransaction(async (tx) => {
        await before?.(tx);
        const queue = await tx.$queryRawUnsafe<unknown[]>(
          'SELECT 1 FROM backbone.parked WHERE consumer = $1 AND stream_id = $2 LIMIT 1',
          consumer,
          event.subject,
        );
        if (queue.length > 0) await park(tx, event, undefined);
        else await apply(event, tx);
      });
      pause.end();
    } catch (error) {
      if (error instanceof DependencyDown) {
        pause.begin(error.message);
        throw error;
      }
      log.warn(
        { err: error, event: event.id, type: event.type, stream: event.subject },
        'event put aside; its stream waits, others flow on',
      );
      await inTransaction((tx) => park(tx, event, error));
    }
  }

  const pause = pausing((reason, ms) => log.warn({ consumer, reason, ms }, 'consumption pauses'));
  const stopping = new AbortController();
  const retry = wakeUp();
  const retrying = (async () => {
    while (!stopping.signal.aborted) {
      await retry.wait(retryEvery, stopping.signal);
      try {
        while (!stopping.signal.aborted && !pause.reason() && (await retryOne())) {
          // until nothing is due
        }
      } catch (error) {
        log.warn({ err: error }, 'parked events could not be read');
      }
    }
  })();

  /** Tries the first event of one stream that is due. False when none is. */
  async function retryOne(): Promise<boolean> {
    let due: { id: bigint; event: StoredEvent | UnreadableMessage; attempts: number } | undefined;
    try {
      return await inTransaction(async (tx) => {
        await before?.(tx);
        [due] = await tx.$queryRawUnsafe<NonNullable<typeof due>[]>(
          `SELECT id, event, attempts FROM backbone.parked p
           WHERE consumer = $1 AND state = 'retrying' AND next_attempt_at <= now()
             AND NOT EXISTS (SELECT 1 FROM backbone.parked earlier WHERE earlier.consumer = p.consumer AND earlier.stream_id = p.stream_id AND earlier.id < p.id)
           ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`,
          consumer,
        );
        if (!due) return false;
        if ('position' in due.event) throw new UnreadableEvent(due.event.reason);
        await apply(due.event, tx);
        await tx.$executeRawUnsafe('DELETE FROM backbone.parked WHERE id = $1', due.id);
        return true;
      });
    } catch (error) {
      if (error instanceof DependencyDown) {
        pause.begin(error.message);
        return false;
      }
      if (!due) throw error;
      const { id, event } = due;
      // No number of attempts makes an event of what is none.
      const attempts = 'position' in event ? maxAttempts : due.attempts + 1;
      await inTransaction((tx) =>
        tx.$executeRawUnsafe(
          `UPDATE backbone.parked SET attempts = $2, error = $3, state = $4, next_attempt_at = now() + make_interval(secs => $5) WHERE id = $1`,
          id,
          attempts,
          reasonOf(error),
          attempts >= maxAttempts ? 'parked' : 'retrying',
          Math.min(2 ** (attempts - 1), 300),
        ),
      );
      if (attempts >= maxAttempts) log.error({ consumer, parked: String(id) }, 'event parked for good: its stream needs an operator');
      return true;
    }
  }

  const subscription = await bus.subscribe(group, topics, handle, parkUnreadable);
  pause.attach(subscription);
  return {
    pausedBy: pause.reason,
    async close() {
      stopping.abort();
      pause.cancel();
      await subscription.close();
      await retrying;
    },
  };
}

/** Lets a subscription rest while a dependency is down: for twice as long each time, until an event gets through. */
function pausing(say: (reason: string, ms: number) => void) {
  let subscription: EventSubscription | undefined;
  let timer: NodeJS.Timeout | undefined;
  let why: string | undefined;
  let ms = shortestPause;
  return {
    reason: () => why,
    /** Its first events may come, and fail, before there is a subscription to speak of. */
    attach(subscribed: EventSubscription) {
      subscription = subscribed;
      if (timer) subscription.pause();
    },
    begin(reason: string) {
      if (timer) return;
      say(reason, ms);
      why = reason;
      subscription?.pause();
      timer = setTimeout(() => {
        timer = undefined;
        why = undefined;
        subscription?.resume();
      }, ms);
      ms = Math.min(ms * 2, longestPause);
    },
    end() {
      if (!timer) ms = shortestPause;
    },
    cancel: () => clearTimeout(timer),
  };
}

/** What an operator needs to find the fault, without the values that a database or validation message quotes. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error instanceof UnreadableEvent) return `${error.name}: ${error.message}`;
  const what = error instanceof z.ZodError ? error.issues.map(({ path, code }) => `${path.join('.')} ${code}`).join(', ') : frameOf(error);
  return `${error.name}: ${what}`.slice(0, 500);
}

function frameOf(error: Error): string {
  const frame = error.stack?.split('\n').find((line) => line.includes(' at '));
  return frame?.trim() ?? '';
}

/** jsonb holds no NUL and no half of a surrogate pair; JSON.stringify escapes both. What cannot be parked would come for ever. */
function jsonbText(value: unknown): string {
  return JSON.stringify(value).replace(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g, '$1\\ufffd');
}
