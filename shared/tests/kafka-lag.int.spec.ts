import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startKafka } from '../../tools/kafka/broker.mjs';
import { kafkaCanRun } from '../../tools/kafka/for-tests.mjs';
import { groupLags } from '../src/infrastructure/group-lag.js';
import { openKafkaBus } from '../src/infrastructure/kafka-bus.js';
import { kafkaSettings } from '../src/infrastructure/kafka-settings.js';
import { createLogger } from '../src/infrastructure/logger.js';
import { storedEvents, subjectOf, until } from './backbone-database.js';

// The broker's jars are fetched the first time.
jest.setTimeout(120_000);

(kafkaCanRun() ? describe : describe.skip)('the lag of groups on Apache Kafka', () => {
  let kafka: Awaited<ReturnType<typeof startKafka>>;
  beforeAll(async () => {
    kafka = await startKafka();
  });
  afterAll(() => kafka.stop());

  it('is what a group has not read of a topic of ours, whoever asks', async () => {
    const settings = { EVENT_BUS_URL: kafka.url, KAFKA_PARTITIONS: 1 };
    const [topic, group] = [`storytelling.${randomUUID()}`, `story.${randomUUID()}`];
    const bus = await openKafkaBus({
      settings: kafkaSettings(settings),
      clientId: 'test',
      topics: [topic],
      log: createLogger('test', 'silent'),
    });
    const lags = groupLags(settings, '');
    const taken: number[] = [];
    const subscription = await bus.subscribe(group, [topic], async ({ sequence }) => void taken.push(sequence));
    await bus.publish(topic, storedEvents(subjectOf('a'), [1, 2, 3]));
    await until(async () => taken.length === 3 && (await lags.read()).some((lag) => lag.group === group && lag.events === 0));
    await subscription.close();
    await bus.publish(topic, storedEvents(subjectOf('a'), [4, 5]));
    expect((await lags.read()).filter((lag) => lag.group === group)).toEqual([{ group, topic, partition: 0, offset: '3', events: 2 }]);
    await bus.close();
    await lags.close();
  });
});
