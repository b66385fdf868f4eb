// What every measurement stands on: a PostgreSQL as durable as in production, a context that writes, one that listens, a transport.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { catalogOf, defineEvent } from '@storytelling/shared/domain-events/event';
import { appendEvents } from '@storytelling/shared/infrastructure/event-store';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { deployContextMigrations } from '@storytelling/shared/infrastructure/migrations';
import { eventBusOf } from '@storytelling/shared/infrastructure/open-event-bus';
import pg from 'pg';
import { z } from 'zod';
import { openDataFolder } from '../../platform/dist/data-folder.js';
import { startEmbeddedPostgres } from '../../platform/dist/embedded-postgres.js';
import { PrismaClient } from '../../subgraphs/story/dist/generated/prisma/client.js';

/** With some 400 bytes of data, as a published event of ours has. */
const measuredOf = (context) =>
  defineEvent({
    type: 'Measured',
    context,
    version: 1,
    reach: 'published',
    meaning: 'Something to be carried.',
    schema: z.object({ n: z.int(), text: z.string() }),
  });
export const text = 'x'.repeat(380);

export const log = createLogger('benchmark', 'warn');
const migrations = fileURLToPath(new URL('../../prisma/story/migrations', import.meta.url));

export async function startServer() {
  const folder = openDataFolder(mkdtempSync(join(tmpdir(), 'storytelling-bench-')));
  const server = await startEmbeddedPostgres({ folder });
  return {
    server,
    async stop() {
      await server.stop();
      folder.close();
      rmSync(folder.path, { recursive: true, force: true });
    },
  };
}

let databases = 0;

/** Fresh databases, so that no measurement finds what another has left; on Kafka a context of its own, whose topic is new. */
export async function freshContext({ server, kafkaUrl }) {
  databases += 1;
  const urls = { context: `story${databases}`, kafka: kafkaUrl };
  for (const name of ['story', 'listener', 'backbone']) {
    const database = `${name}_${databases}`;
    await server.ensureDatabases([database]);
    urls[name] = server.databaseUrl(database);
  }
  await deployContextMigrations(urls.story, migrations);
  await deployContextMigrations(urls.listener, migrations);
  return { urls, ...(await openContext(urls)) };
}

export async function openContext(urls) {
  const pool = new pg.Pool({ connectionString: urls.story, max: 10 });
  const listenerPool = new pg.Pool({ connectionString: urls.listener, max: 10 });
  const story = new PrismaClient({ adapter: new PrismaPg(pool) });
  const listener = new PrismaClient({ adapter: new PrismaPg(listenerPool) });
  const bus = await eventBusOf({ EVENT_BUS_URL: urls.kafka ?? `embedded:${urls.backbone}`, KAFKA_PARTITIONS: 4 })({
    context: urls.context,
    databaseUrl: urls.story,
    log,
  });
  const Measured = measuredOf(urls.context);
  const catalog = catalogOf(Measured);
  return {
    name: urls.context,
    catalog,
    pool,
    listenerPool,
    listener,
    bus,
    /** Commits events of one stream, as a verb does, and returns the time right after the commit. */
    async commit(streamId, version, numbers, nudge = () => undefined) {
      await story.$transaction((tx) =>
        appendEvents(
          tx,
          { id: streamId, type: 'Story' },
          version,
          numbers.map((n) => Measured({ n, text })),
          catalog,
        ),
      );
      nudge();
      return performance.now();
    },
    async close() {
      await bus.close();
      await story.$disconnect();
      await listener.$disconnect();
      await Promise.all([pool.end(), listenerPool.end()]);
    },
  };
}

export const streamOf = (n) => `story.Story-${n}`;

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
}

export async function until(condition, limitMs = 120_000) {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('It did not come to pass.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
