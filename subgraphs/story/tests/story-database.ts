import { openPool } from '@storytelling/shared/infrastructure/database';
import { PrismaPg } from '@prisma/adapter-pg';
import type { StoryEvent } from '@storytelling/shared/domain-events/story';
import { unitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { testDatabase } from '@storytelling/shared/testing/database';
import { storyStream } from '../src/domain/story.js';
import { PrismaClient } from '../src/generated/prisma/client.js';
import { prismaModerations } from '../src/infrastructure/prisma-moderations.js';
import { prismaStories } from '../src/infrastructure/prisma-stories.js';

/** A migrated database of its own and this context's adapters on it, without a service around them. Jobs are noted, not run. */
export async function storyDatabase() {
  const database = await testDatabase('story');
  const pool = openPool({ connectionString: database.url, max: 20 });
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool), log: [{ emit: 'event', level: 'query' }] });
  let statements = 0;
  prisma.$on('query', () => {
    statements += 1;
  });
  const enqueued: object[] = [];
  const cancelled: string[] = [];
  const jobs = {
    async enqueue(_tx: unknown, _queue: string, data: object) {
      enqueued.push(data);
    },
    async cancel(_tx: unknown, _queue: string, key: string) {
      cancelled.push(key);
    },
  };
  const transact = unitOfWork(prisma, () => undefined);
  return {
    url: database.url,
    pool,
    prisma,
    enqueued,
    cancelled,
    stories: prismaStories({ client: prisma, transact, jobs }),
    moderations: prismaModerations({ transact, jobs }),
    /** The events of a story, oldest first. */
    async events(id: string): Promise<StoryEvent[]> {
      const { rows } = await pool.query<StoryEvent>(
        'SELECT event_type AS type, event_data AS data FROM backbone.event_store WHERE stream_id = $1 ORDER BY event_version',
        [storyStream(id).id],
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
