import { PrismaPg } from '@prisma/adapter-pg';
import type { NarrationEvent } from '@storytelling/shared/domain-events/narration';
import { openPool } from '@storytelling/shared/infrastructure/database';
import { unitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { testDatabase } from '@storytelling/shared/testing/database';
import { narrationStream } from '../src/domain/narration.js';
import { PrismaClient } from '../src/generated/prisma/client.js';
import { prismaNarrations } from '../src/infrastructure/prisma-narrations.js';

/** A migrated database of its own and this context's adapters on it, without a service around them. Jobs are noted, not run. */
export async function narrationDatabase() {
  const database = await testDatabase('narration');
  const pool = openPool({ connectionString: database.url, max: 20 });
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool), log: [{ emit: 'event', level: 'query' }] });
  let statements = 0;
  prisma.$on('query', () => {
    statements += 1;
  });
  const enqueued: { queue: string; key: string; data: object; afterSeconds?: number }[] = [];
  const cancelled: string[] = [];
  const jobs = {
    async enqueue(_tx: unknown, queue: string, data: object, key: string, afterSeconds?: number) {
      enqueued.push({ queue, key, data, ...(afterSeconds !== undefined && { afterSeconds }) });
    },
    async cancel(_tx: unknown, _queue: string, key: string) {
      cancelled.push(key);
    },
  };
  const transact = unitOfWork(prisma, () => undefined);
  return {
    ...{ url: database.url, pool, prisma, enqueued, cancelled, jobs, transact },
    narrations: prismaNarrations({ client: prisma, transact, jobs }),
    /** The events of a narration, oldest first. */
    async events(id: string): Promise<NarrationEvent[]> {
      const { rows } = await pool.query<NarrationEvent>(
        'SELECT event_type AS type, event_data AS data FROM backbone.event_store WHERE stream_id = $1 ORDER BY event_version',
        [narrationStream(id).id],
      );
      return rows;
    },
    /** How many statements Prisma sent during some work. */
    async statementsOf(work: () => Promise<unknown>): Promise<number> {
      const before = statements;
      await work();
      // Query events are emitted asynchronously.
      await new Promise((resolve) => setTimeout(resolve, 50));
      return statements - before;
    },
    async close() {
      await prisma.$disconnect();
      await pool.end();
      await database.drop();
    },
  };
}
