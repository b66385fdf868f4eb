import { inTransaction, openPool } from '../src/infrastructure/database.js';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type pg from 'pg';
import { catalogOf, defineEvent, type StoredEvent } from '../src/domain-events/event.js';
import { openEmbeddedLog } from '../src/infrastructure/embedded-log.js';
import { appendEvents, type SqlTransaction } from '../src/infrastructure/event-store.js';
import { createLogger } from '../src/infrastructure/logger.js';
import { unitOfWork } from '../src/infrastructure/unit-of-work.js';
import { testDatabase } from '../src/testing/database.js';

export const Counted = defineEvent({
  type: 'Counted',
  context: 'story',
  version: 1,
  reach: 'published',
  meaning: 'One more.',
  schema: z.object({ n: z.int() }),
});
export const Whispered = defineEvent({
  type: 'Whispered',
  context: 'story',
  version: 1,
  reach: 'internal',
  meaning: 'One more, said softly.',
  schema: z.object({ n: z.int() }),
});
export const counting = catalogOf(Counted, Whispered);

/** Prisma's interactive transaction, as far as schema `backbone` uses it, on a plain pool: these tests need no tables of a context. */
function transactionsOn(pool: pg.Pool, schema = 'public') {
  return {
    $disconnect: async () => undefined,
    async $transaction<T>(work: (tx: SqlTransaction) => Promise<T>): Promise<T> {
      return inTransaction(pool, async (client) => {
        await client.query(`SET LOCAL search_path TO ${schema}`);
        return work({
          $queryRawUnsafe: async <Rows>(sql: string, ...values: unknown[]) => (await client.query(sql, values)).rows as Rows,
          $executeRawUnsafe: async (sql, ...values) => (await client.query(sql, values)).rowCount ?? 0,
        });
      });
    },
  };
}

/** Two databases of their own: a context's (with schema `backbone`) and the embedded bus's. */
export async function backboneDatabases() {
  const context = await testDatabase('story');
  const bus = await testDatabase('backbone');
  const pool = openPool({ connectionString: context.url, max: 20 });
  const client = transactionsOn(pool);
  const log = createLogger('test', 'silent');
  return {
    url: context.url,
    busUrl: bus.url,
    pool,
    client,
    clientOn: (schema: string) => transactionsOn(pool, schema),
    log,
    openBus: () => openEmbeddedLog({ url: bus.url, log }),
    /** Appends `Counted` events to a stream as a repository does, the stream's lock included. */
    async count(
      subject: string,
      numbers: readonly number[],
      nudge: () => void = () => undefined,
      definition: typeof Counted | typeof Whispered = Counted,
    ) {
      await unitOfWork(
        client,
        nudge,
      )(async (tx) => {
        await tx.$queryRawUnsafe('SELECT pg_advisory_xact_lock(hashtext($1))', subject);
        const [row] = await tx.$queryRawUnsafe<{ version: number | null }[]>(
          'SELECT max(event_version) AS version FROM backbone.event_store WHERE stream_id = $1',
          subject,
        );
        await appendEvents(
          tx,
          { id: subject, type: 'Story' },
          row?.version ?? 0,
          numbers.map((n) => definition({ n })),
          counting,
        );
        return subject;
      });
    },
    async close() {
      await pool.end();
      await context.drop();
      await bus.drop();
    },
  };
}

export const subjectOf = (name: string | number) => `story.Story-${name}`;

export function storedEvents(subject: string, numbers: readonly number[]): StoredEvent[] {
  return numbers.map((n) => ({
    id: randomUUID(),
    source: 'story',
    type: 'Counted',
    subject,
    time: new Date().toISOString(),
    version: 1,
    sequence: n,
    epoch: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
    correlationId: 'test',
    causationId: null,
    traceparent: null,
    actor: 'test',
    data: { n },
  }));
}

/** Waits for a condition on real work; the limit only bounds a failing test. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 25_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('it did not come to pass');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
