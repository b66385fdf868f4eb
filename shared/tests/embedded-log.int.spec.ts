import { connect, openPool } from '../src/infrastructure/database.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { openEmbeddedLog } from '../src/infrastructure/embedded-log.js';
import type { StoredEvent } from '../src/domain-events/event.js';
import { type TestDatabase, testDatabase } from '../src/testing/database.js';
import { createLogger } from '../src/infrastructure/logger.js';
import { storedEvents, subjectOf, until } from './backbone-database.js';
import { eventBusContract } from './event-bus.contract.js';

const log = createLogger('test', 'silent');

async function embeddedLog() {
  const database = await testDatabase('backbone');
  const pool = openPool({ connectionString: database.url });
  return {
    database,
    pool,
    openBus: () => openEmbeddedLog({ url: database.url, log }),
    async publishRubbish(topic: string, subject: string) {
      await pool.query(
        `WITH head AS (UPDATE log_partition SET next_offset = next_offset + 1
           WHERE topic = $1 AND "partition" = (SELECT "partition" FROM log WHERE topic = $1 AND key = $2 LIMIT 1) RETURNING "partition", next_offset)
         INSERT INTO log (topic, "partition", "offset", key, event) SELECT $1, "partition", next_offset - 1, $2, '"rubbish"' FROM head`,
        [topic, subject],
      );
    },
    async close() {
      await pool.end();
      await database.drop();
    },
  };
}

eventBusContract('the embedded log', embeddedLog);

describe('the embedded log', () => {
  let opened: Awaited<ReturnType<typeof embeddedLog>>;
  beforeAll(async () => {
    opened = await embeddedLog();
  });
  afterAll(() => opened.close());

  const ageAll = () => opened.pool.query(`UPDATE log SET appended_at = now() - interval '8 days'`);
  const kept = async () => (await opened.pool.query('SELECT 1 FROM log')).rowCount;

  it('forgets after seven days; a group that was away goes on with what is kept', async () => {
    const first = await opened.openBus();
    const heard: number[] = [];
    const hear = async ({ sequence }: StoredEvent) => void heard.push(sequence);
    const away = await first.subscribe('away', ['old'], hear);
    await first.publish('old', storedEvents(subjectOf('o'), [1]));
    await until(() => heard.length === 1);
    await away.close();
    await first.publish('old', storedEvents(subjectOf('o'), [2, 3]));
    await ageAll();
    await first.close();
    const second = await opened.openBus();
    await until(async () => (await kept()) === 0);
    await second.subscribe('away', ['old'], hear);
    await second.subscribe('new', ['old'], hear);
    await second.publish('old', storedEvents(subjectOf('o'), [4]));
    await until(() => heard.length === 3);
    expect(heard).toEqual([1, 4, 4]);
    // Nobody looks for ever for what is gone.
    const behind = () =>
      opened.pool.query(
        `SELECT 1 FROM group_offset g JOIN log_partition p USING (topic, "partition") WHERE consumer_group = 'away' AND g.next_offset < p.next_offset`,
      );
    await until(async () => (await behind()).rowCount === 0);
    await second.publish('old', storedEvents(subjectOf('o'), [5]));
    await until(() => heard.length === 5);
    await second.close();
  });

  it('is taken over when a session dies, and says that it waits while the server is away', async () => {
    const bus = await opened.openBus();
    const heard: number[] = [];
    await bus.subscribe('killed', ['kills'], async ({ sequence }) => void heard.push(sequence));
    await bus.subscribeBroadcast(['kills'], async ({ sequence }) => void heard.push(sequence));
    await bus.publish('kills', storedEvents(subjectOf('k'), [1]));
    await until(() => heard.length === 2);
    const database = new URL(opened.database.url).pathname.slice(1);
    const admin = await adminOf(opened.database);
    await admin.query(`ALTER DATABASE ${pg.escapeIdentifier(database)} ALLOW_CONNECTIONS false`);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [database]);
    await until(() => bus.health().state === 'degraded');
    await expect(bus.publish('kills', storedEvents(subjectOf('k'), [2]))).rejects.toThrow();
    await admin.query(`ALTER DATABASE ${pg.escapeIdentifier(database)} ALLOW_CONNECTIONS true`);
    await admin.end();
    await until(async () =>
      bus.publish('kills', storedEvents(subjectOf('k'), [3])).then(
        () => true,
        () => false,
      ),
    );
    await until(() => heard.length === 4);
    expect(heard).toEqual([1, 1, 3, 3]);
    await until(() => bus.health().state === 'up');
    await bus.close();
  });
});

async function adminOf({ url }: TestDatabase): Promise<pg.Client> {
  const server = new URL(url);
  server.pathname = '/postgres';
  return connect({ connectionString: server.toString() });
}
