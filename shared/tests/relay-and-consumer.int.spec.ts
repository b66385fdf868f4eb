import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StoredEvent } from '../src/domain-events/event.js';
import { startConsumer } from '../src/infrastructure/consumer.js';
import { type EventBus, topicOf } from '../src/infrastructure/event-bus.js';
import type { SqlTransaction } from '../src/infrastructure/event-store.js';
import { currentOperation, runOperation } from '../src/infrastructure/operation.js';
import { type Relay, startRelay } from '../src/infrastructure/relay.js';
import { backboneDatabases, counting, storedEvents, subjectOf, until, Whispered } from './backbone-database.js';

describe('events between contexts', () => {
  let databases: Awaited<ReturnType<typeof backboneDatabases>>;
  let bus: EventBus;
  let relay: Relay;
  const heard: StoredEvent[] = [];

  beforeAll(async () => {
    databases = await backboneDatabases();
    const { url, pool, log } = databases;
    await pool.query('CREATE TABLE effect (subject text, n int)');
    bus = await databases.openBus();
    relay = startRelay({ databaseUrl: url, context: 'story', bus, log });
    await bus.subscribe('listener', [topicOf('story')], async (event) => void heard.push(event));
  });
  afterAll(async () => {
    await relay.stop();
    await bus.close();
    await databases.close();
  });

  const effects = async (subject: string) =>
    (await databases.pool.query<{ n: number }>('SELECT n FROM effect WHERE subject = $1', [subject])).rows.map(({ n }) => n);
  const effect = async (event: StoredEvent, tx: SqlTransaction) => {
    await tx.$executeRawUnsafe('INSERT INTO effect VALUES ($1, $2)', event.subject, (event.data as { n: number }).n);
  };
  const nudge = () => relay.nudge();

  it('arrive with the whole envelope, in order, and leave the outbox empty', async () => {
    await runOperation({ correlationId: 'c-1', actor: 'user:1', causationId: 'cause' }, () =>
      databases.count(subjectOf('env'), [1, 2], nudge),
    );
    await until(() => heard.filter(({ subject }) => subject === subjectOf('env')).length === 2);
    expect(heard.find(({ subject }) => subject === subjectOf('env'))).toMatchObject({
      source: 'story',
      type: 'Counted',
      version: 1,
      sequence: 1,
      epoch: expect.stringMatching(/^[0-9a-f-]{36}$/),
      correlationId: 'c-1',
      causationId: 'cause',
      actor: 'user:1',
      data: { n: 1 },
    });
    await until(async () => (await databases.pool.query('SELECT 1 FROM backbone.outbox')).rowCount === 0);
  });

  it('that are internal are not sent', async () => {
    await databases.count(subjectOf('quiet'), [1], nudge, Whispered);
    await databases.count(subjectOf('quiet'), [2], nudge);
    await until(() => heard.some(({ subject }) => subject === subjectOf('quiet')));
    expect(heard.filter(({ subject }) => subject === subjectOf('quiet')).map(({ sequence }) => sequence)).toEqual([2]);
  });

  it('of a rolled-back transaction never happened', async () => {
    await expect(
      databases.client.$transaction(async (tx) => {
        await tx.$executeRawUnsafe(
          `INSERT INTO backbone.outbox (shard, stream_id, event_id, published) VALUES (0, 'x', gen_random_uuid(), true)`,
        );
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect((await databases.pool.query(`SELECT 1 FROM backbone.outbox WHERE stream_id = 'x'`)).rowCount).toBe(0);
  });

  it('written at once by many arrive in order per stream, whoever commits first', async () => {
    const subjects = Array.from({ length: 8 }, (_, index) => subjectOf(`many-${index}`));
    await Promise.all(subjects.flatMap((subject) => Array.from({ length: 10 }, (_, n) => databases.count(subject, [n], nudge))));
    const of = (subject: string) => heard.filter((event) => event.subject === subject).map(({ sequence }) => sequence);
    await until(() => subjects.every((subject) => of(subject).length === 10));
    for (const subject of subjects) expect(of(subject)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('have their effect once, however often they are delivered; a new epoch starts afresh', async () => {
    const { client, log } = databases;
    const consumer = await startConsumer({ consumer: 'once', catalog: counting, reactions: { Counted: effect }, client, bus, log });
    const subject = subjectOf('once');
    const events = storedEvents(subject, [1, 2, 3]);
    await bus.publish(topicOf('story'), events);
    await bus.publish(topicOf('story'), events);
    await bus.publish(topicOf('story'), storedEvents(subject, [4]));
    await until(async () => (await effects(subject)).length >= 4);
    expect(await effects(subject)).toEqual([1, 2, 3, 4]);
    const restored = storedEvents(subject, [3]).map((event) => ({ ...event, epoch: '11111111-1111-4111-8111-111111111111' }));
    await bus.publish(topicOf('story'), restored);
    await until(async () => (await effects(subject)).length === 5);
    await consumer.close();
  });

  it('carry the correlation on, with the event as the cause', async () => {
    const { client, log } = databases;
    const operations: ReturnType<typeof currentOperation>[] = [];
    const reactions = { Counted: async () => void operations.push(currentOperation()) };
    const consumer = await startConsumer({ consumer: 'tracing', catalog: counting, reactions, client, bus, log });
    const [event] = storedEvents(subjectOf('traced'), [1]) as [StoredEvent];
    await bus.publish(topicOf('story'), [{ ...event, correlationId: 'c-9' }]);
    await until(() => operations.some(({ causationId }) => causationId === event.id));
    expect(operations.find(({ causationId }) => causationId === event.id)).toMatchObject({
      correlationId: 'c-9',
      actor: 'service:tracing',
    });
    await consumer.close();
  });

  it('that cannot be handled stop only their own stream, and are applied in order once they can be', async () => {
    const { client, log, pool } = databases;
    let poisoned = true;
    const reactions = {
      Counted: async (event: StoredEvent, tx: SqlTransaction) => {
        if (poisoned && event.subject === subjectOf('poison') && event.sequence === 1)
          throw new Error('value that must not be kept: hunter2');
        await effect(event, tx);
      },
    };
    const consumer = await startConsumer({ consumer: 'poison', catalog: counting, reactions, client, bus, log });
    const healthy = Array.from({ length: 20 }, (_, index) => subjectOf(`healthy-${index}`));
    await bus.publish(topicOf('story'), storedEvents(subjectOf('poison'), [1, 2, 3]));
    await bus.publish(
      topicOf('story'),
      healthy.flatMap((subject) => storedEvents(subject, [1, 2])),
    );
    await until(async () => (await Promise.all(healthy.map(effects))).every((numbers) => numbers.length === 2));
    expect(await effects(subjectOf('poison'))).toEqual([]);
    const { rows } = await pool.query<{ error: string | null }>(
      `SELECT state, error FROM backbone.parked WHERE consumer = 'poison' ORDER BY id`,
    );
    expect(rows).toHaveLength(3);
    expect(JSON.stringify(rows)).not.toContain('hunter2');
    poisoned = false;
    await until(async () => (await effects(subjectOf('poison'))).length === 3);
    expect(await effects(subjectOf('poison'))).toEqual([1, 2, 3]);
    await until(async () => (await pool.query(`SELECT 1 FROM backbone.parked WHERE consumer = 'poison'`)).rowCount === 0);
    await consumer.close();
  });

  it('that do not fit their schema are put aside too, never dropped', async () => {
    const { client, log, pool } = databases;
    const consumer = await startConsumer({ consumer: 'schema', catalog: counting, reactions: { Counted: effect }, client, bus, log });
    const [event] = storedEvents(subjectOf('misfit'), [1]) as [StoredEvent];
    await bus.publish(topicOf('story'), [{ ...event, data: { n: 'one' } }]);
    await until(async () => (await pool.query(`SELECT 1 FROM backbone.parked WHERE consumer = 'schema'`)).rowCount === 1);
    await consumer.close();
  });
});
