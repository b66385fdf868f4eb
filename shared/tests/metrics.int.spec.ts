import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startConsumer } from '../src/infrastructure/consumer.js';
import { groupLags } from '../src/infrastructure/group-lag.js';
import type { HttpAnswer } from '../src/infrastructure/http-server.js';
import { startJobs } from '../src/infrastructure/jobs.js';
import { type ContextMetrics, contextMetrics } from '../src/infrastructure/metrics.js';
import { startRelay } from '../src/infrastructure/relay.js';
import { backboneDatabases, counting, subjectOf, until } from './backbone-database.js';

describe('metrics', () => {
  let databases: Awaited<ReturnType<typeof backboneDatabases>>;
  let lags: ReturnType<typeof groupLags>;
  let metrics: ContextMetrics;

  beforeAll(async () => {
    databases = await backboneDatabases();
    const { url, busUrl, pool, log } = databases;
    lags = groupLags({ EVENT_BUS_URL: `embedded:${busUrl}`, KAFKA_PARTITIONS: 12 }, url);
    metrics = contextMetrics({ context: 'story', pool, lags, log });
  });
  afterAll(async () => {
    await lags.close();
    await databases.close();
  });

  const scrape = async () => ((await (metrics.route as () => Promise<HttpAnswer>)()).body ?? '').split('\n');

  it('say what waits and how long what is handled takes, by names of ours alone', async () => {
    const { url, client, log } = databases;
    await databases.count(subjectOf('private'), [1, 2, 3]);
    let lines = await scrape();
    expect(lines).toContain('storytelling_outbox_events{service="story"} 3');

    const bus = metrics.measured(await databases.openBus());
    const relay = startRelay({ databaseUrl: url, context: 'story', bus, log });
    const reactions = {
      async Counted() {
        throw new Error('cannot');
      },
    };
    const consumer = await startConsumer({ consumer: 'story.reader', catalog: counting, reactions, client, bus, log });
    const jobs = await startJobs({ databaseUrl: url, queues: ['greet'], log });
    await client.$transaction((tx) => jobs.enqueue(tx, 'greet', { name: 'Ada' }, 'private'));
    await until(async () => {
      lines = await scrape();
      return lines.some((line) => line.includes('handler_seconds_count') && line.endsWith(' 3'));
    });
    for (const line of [
      'storytelling_outbox_events{service="story"} 0',
      'storytelling_parked_events{consumer="story.reader",state="retrying",service="story"} 3',
      'storytelling_consumer_lag_events{group="story.reader",topic="storytelling.story",service="story"} 0',
      'storytelling_jobs{queue="greet",state="queued",service="story"} 1',
      'storytelling_relayed_events_total{topic="storytelling.story",service="story"} 3',
      'storytelling_handler_seconds_count{service="story",group="story.reader",outcome="done"} 3',
      'storytelling_backlog_readable{what="database",service="story"} 1',
    ])
      expect(lines).toContain(line);
    expect(lines.some((line) => line.startsWith('nodejs_eventloop_lag_seconds'))).toBe(true);
    expect(lines.join('\n')).not.toContain('private');
    await consumer.close();
    await relay.stop();
    await bus.close();
    await jobs.stop();
  });

  it('are still answered when the event bus is away', async () => {
    const away = groupLags({ EVENT_BUS_URL: 'embedded:postgresql://nobody@127.0.0.1:9/backbone', KAFKA_PARTITIONS: 12 }, databases.url);
    const { route } = contextMetrics({ context: 'story', pool: databases.pool, lags: away, log: databases.log });
    const { body } = await (route as () => Promise<HttpAnswer>)();
    expect(body).toContain('storytelling_backlog_readable{what="event bus",service="story"} 0');
    expect(body).toContain('storytelling_outbox_events{service="story"} 0');
    await away.close();
  });
});
