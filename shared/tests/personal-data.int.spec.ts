import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { catalogOf, defineEvent, type DomainEvent } from '../src/domain-events/event.js';
import { identityEvents, UserErased } from '../src/domain-events/identity.js';
import { erasureCompletedIn } from '../src/domain-events/personal-data.js';
import type { Consumer } from '../src/infrastructure/consumer.js';
import { inTransaction, openPool } from '../src/infrastructure/database.js';
import { type EventBus, topicOf } from '../src/infrastructure/event-bus.js';
import { appendEvents, type SqlTransaction } from '../src/infrastructure/event-store.js';
import { type Jobs, startJobs } from '../src/infrastructure/jobs.js';
import { runOperation } from '../src/infrastructure/operation.js';
import { personalDataQueues, startPersonalData } from '../src/infrastructure/personal-data.js';
import { type Relay, startRelay } from '../src/infrastructure/relay.js';
import { backboneDatabases, storedEvents, until } from './backbone-database.js';

const Told = defineEvent({
  type: 'Told',
  context: 'story',
  version: 1,
  reach: 'published',
  meaning: 'Somebody told something.',
  schema: z.object({
    by: z.string(),
    text: z.string().nullable(),
    people: z.array(z.object({ name: z.string().nullable(), age: z.int() })),
    place: z.object({ city: z.string().nullable() }).optional(),
  }),
  // `nickname` is as of an earlier version.
  personal: { text: 'by', 'people.*.name': 'by', 'place.city': 'by', nickname: 'by' },
});
const Kept = defineEvent({
  type: 'Kept',
  context: 'story',
  version: 1,
  reach: 'internal',
  meaning: 'A secret, by whom the stream is about.',
  schema: z.object({ secret: z.string().nullable() }),
  personal: { secret: 'stream' },
});
const catalog = catalogOf(Told, Kept, erasureCompletedIn('story'));

describe('the personal data of an erased user', () => {
  let databases: Awaited<ReturnType<typeof backboneDatabases>>;
  let bus: EventBus;
  let relay: Relay;
  let jobs: Jobs;
  let consumer: Consumer;
  /** What the relay hands on arrives when this has resolved. */
  let delivery: Promise<void> = Promise.resolve();
  let erase: (userId: string) => Promise<readonly string[]> = async () => [];

  beforeAll(async () => {
    databases = await backboneDatabases();
    const { url, pool, log, client } = databases;
    bus = await databases.openBus();
    const slow: EventBus = {
      ...bus,
      async publish(topic, events) {
        await delivery;
        await bus.publish(topic, events);
      },
    };
    relay = startRelay({ databaseUrl: url, context: 'story', bus: slow, log });
    jobs = await startJobs({ databaseUrl: url, queues: [...personalDataQueues, 'mail'], log });
    const transact = async (work: (tx: SqlTransaction) => Promise<string>) => {
      const outcome = await client.$transaction(work);
      relay.nudge();
      return outcome;
    };
    consumer = await startPersonalData({
      ...{ context: 'story', catalog, heard: identityEvents, erase: ({ userId }) => erase(userId) },
      ...{ client, transact, pool, jobs, bus, log },
    });
  });
  afterAll(async () => {
    await consumer.close();
    await jobs.stop();
    await relay.stop();
    await bus.close();
    await databases.close();
  });

  const person = () => `user-${randomUUID()}`;
  const append = (streamId: string, event: DomainEvent, version = 0) =>
    databases.client.$transaction((tx) => appendEvents(tx, { id: streamId, type: 'Story' }, version, [event], catalog));
  const told = (by: string, text = `what ${by} said`) =>
    Told({
      by,
      text,
      people: [
        { name: text, age: 7 },
        { name: text, age: 8 },
      ],
      place: { city: text },
    });
  async function announce(userId: string): Promise<void> {
    const [event] = storedEvents(`identity.User-${userId}`, [9]);
    if (!event) throw new Error('no event');
    await bus.publish(topicOf('identity'), [{ ...event, source: 'identity', type: UserErased.type, data: { userId, stories: 'remove' } }]);
  }
  const isErased = async (userId: string) =>
    (await databases.pool.query('SELECT 1 FROM backbone.event_store WHERE stream_id = $1', [`story.Erasure-${userId}`])).rowCount === 1;
  async function eraseAndWait(userId: string): Promise<void> {
    await announce(userId);
    await until(() => isErased(userId));
  }
  const dataOf = async (streamId: string) =>
    (
      await databases.pool.query<{ event_data: object }>('SELECT event_data FROM backbone.event_store WHERE stream_id = $1', [streamId])
    ).rows.map((row) => row.event_data);
  /** Every row of every table of the context's database and the bus's, as text. */
  async function dump(): Promise<string> {
    const busSession = busDatabase();
    try {
      const parts = await Promise.all(
        [databases.pool, busSession].map(async (database) => {
          const { rows } = await database.query<{ name: string }>(
            `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
          );
          const texts = [];
          for (const { name } of rows) texts.push(JSON.stringify((await database.query(`SELECT * FROM ${name}`)).rows));
          return texts.join('\n');
        }),
      );
      return parts.join('\n');
    } finally {
      await busSession.end();
    }
  }
  const busDatabase = () => openPool({ connectionString: databases.busUrl, max: 1 });

  it('is null in every declared field of every event, deep and in lists, and nobody else’s is', async () => {
    const [ada, bob] = [person(), person()];
    await append('story.Story-a1', told(ada));
    await append('story.Story-b1', told(bob));
    await append(`story.Story-${ada}`, Kept({ secret: `secret of ${ada}` }));
    await databases.pool.query(
      `INSERT INTO backbone.event_store (stream_id, stream_type, event_type, event_data, event_metadata, event_version)
       VALUES ('story.Story-a0', 'Story', 'Told', $1, '{"schemaVersion": 0}', 1)`,
      [{ by: ada, nickname: `what ${ada} said` }],
    );
    await eraseAndWait(ada);
    expect(await dataOf('story.Story-a1')).toEqual([
      {
        by: ada,
        text: null,
        people: [
          { name: null, age: 7 },
          { name: null, age: 8 },
        ],
        place: { city: null },
      },
    ]);
    expect(await dataOf('story.Story-a0')).toEqual([{ by: ada, nickname: null }]);
    expect(await dataOf(`story.Story-${ada}`)).toEqual([{ secret: null }]);
    expect(await dataOf('story.Story-b1')).toEqual([told(bob).data]);
  });

  it('is in no parked event, job, remembered request or kept message either', async () => {
    const ada = person();
    const canary = `canary of ${ada}`;
    let deliver: () => void = () => undefined;
    delivery = new Promise((resolve) => {
      deliver = resolve;
    });
    await append('story.Story-a2', told(ada, canary));
    const parked = (event: object) =>
      databases.pool.query(
        `INSERT INTO backbone.parked (consumer, stream_id, event_id, event, state) VALUES ('story.authors', $1, $2, $3, 'parked')`,
        [`identity.User-${ada}`, randomUUID(), event],
      );
    await parked({ type: 'UserRegistered', data: { userId: ada, email: canary, displayName: [canary], language: 'en', role: 'member' } });
    await parked({ position: 'storytelling.identity/1/1', body: `{"userId":"${ada}","email":"${canary}"}` });
    const enqueue = (actor: string, data: object) =>
      runOperation({ correlationId: 'c', actor }, () =>
        databases.client.$transaction((tx) => jobs.enqueue(tx, 'mail', data, randomUUID())),
      );
    await enqueue('service', { userId: ada, to: canary });
    await enqueue(`user:${ada}`, { about: 'somebody else' });
    await databases.pool.query(
      `INSERT INTO backbone.idempotency (actor, verb, key, input_hash, outcome) VALUES ($1, 'edit', $2, 'hash of canary', 'x'), ('anonymous', 'register', $2, 'hash of canary', $3)`,
      [`user:${ada}`, randomUUID(), ada],
    );
    await announce(ada);
    // The relay is late: what it has in its hands, as it was, is not yet in the log.
    await until(async () => JSON.stringify(await dataOf('story.Story-a2')).includes('"text":null'));
    deliver();
    await until(() => isErased(ada));
    const left = await dump();
    expect(left).not.toContain('canary');
    expect(left).toContain('somebody else');
  });

  it('is not added to any more, not even by who was about to', async () => {
    const ada = person();
    await append('story.Story-a3', told(ada));
    let commit: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => {
      commit = resolve;
    });
    let appended: () => void = () => undefined;
    const underWay = new Promise<void>((resolve) => {
      appended = resolve;
    });
    const late = databases.client.$transaction(async (tx) => {
      await appendEvents(tx, { id: 'story.Story-late', type: 'Story' }, 0, [told(ada, 'written before the erasure committed')], catalog);
      appended();
      await waiting;
    });
    await underWay;
    await announce(ada);
    await until(async () => (await databases.pool.query('SELECT 1 FROM backbone.erased WHERE subject = $1', [ada])).rowCount === 1);
    const later = append('story.Story-later', told(ada));
    commit();
    const [, refused] = await Promise.allSettled([late, later]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'PERSON_ERASED' } });
    await until(() => isErased(ada));
    expect(await dataOf('story.Story-late')).toMatchObject([{ text: null }]);
    expect(await dataOf('story.Story-later')).toEqual([]);
  });

  it('is erased in the end, however often the job dies on the way', async () => {
    const ada = person();
    await append('story.Story-a4', told(ada));
    let tried = 0;
    erase = async () => {
      tried += 1;
      if (tried < 3) throw new Error('killed');
      return [];
    };
    await eraseAndWait(ada);
    expect(tried).toBe(3);
    expect(await dataOf('story.Story-a4')).toMatchObject([{ text: null }]);
  });

  it('is the only thing of history that can change, and by that function only', async () => {
    await append('story.Story-h', told(person()));
    const changes = [
      `UPDATE backbone.event_store SET event_data = '{}'`,
      `UPDATE backbone.event_store SET event_type = 'Other', event_data = '{}'`,
      `DELETE FROM backbone.event_store`,
      `TRUNCATE backbone.event_store`,
    ];
    for (const change of changes)
      await expect(databases.pool.query(change)).rejects.toThrow('backbone.event_store is insert and select only');
    // Whatever else is said in the session, facts stay.
    for (const change of changes.slice(1))
      await expect(
        inTransaction(databases.pool, async (session) => {
          await session.query(`SET LOCAL backbone.erasing = 'on'`);
          await session.query(change);
        }),
      ).rejects.toThrow('backbone.event_store is insert and select only');
  });
});
