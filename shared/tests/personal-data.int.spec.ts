import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { catalogOf, defineEvent, type DomainEvent } from '../src/domain-events/event.js';
import { DataExportRequested, identityEvents, UserErased } from '../src/domain-events/identity.js';
import { erasureCompletedIn, personalDataExportedIn } from '../src/domain-events/personal-data.js';
import type { Consumer } from '../src/infrastructure/consumer.js';
import { inTransaction, openPool } from '../src/infrastructure/database.js';
import { type EventBus, topicOf } from '../src/infrastructure/event-bus.js';
import { appendEvents, type SqlTransaction } from '../src/infrastructure/event-store.js';
import { type Jobs, startJobs } from '../src/infrastructure/jobs.js';
import { runOperation } from '../src/infrastructure/operation.js';
import { fileObjects } from '../src/infrastructure/file-objects.js';
import { type ObjectStore, objectsOf, readClaim } from '../src/infrastructure/object-store.js';
import { type ExportedPerson, personalDataQueues, startPersonalData } from '../src/infrastructure/personal-data.js';
import { type Relay, startRelay } from '../src/infrastructure/relay.js';
import { signedClaims } from '../src/infrastructure/signed-claims.js';
import { unzipped } from '../src/infrastructure/zip-files.js';
import { type TestObjectStore, testObjectStore } from '../src/testing/object-store.js';
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
const catalog = catalogOf(Told, Kept, erasureCompletedIn('story'), personalDataExportedIn('story'));

describe('the personal data of an erased user', () => {
  let databases: Awaited<ReturnType<typeof backboneDatabases>>;
  let bus: EventBus;
  let relay: Relay;
  let jobs: Jobs;
  let consumer: Consumer;
  /** What the relay hands on arrives when this has resolved. */
  let delivery: Promise<void> = Promise.resolve();
  let erase: (userId: string) => Promise<readonly string[]> = async () => [];
  let exported: (userId: string) => Promise<ExportedPerson> = async () => ({ about: '', data: {}, files: {} });
  let folder: TestObjectStore;
  let all: ObjectStore;

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
    folder = testObjectStore();
    const claims = signedClaims([Buffer.alloc(32, 3)]);
    all = await fileObjects({ folder: folder.folder, claims, publicUrl: folder.settings.PUBLIC_URL });
    consumer = await startPersonalData({
      exportPersonalData: (userId) => exported(userId),
      ...{ objects: objectsOf('story', all), now: () => new Date() },
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
    folder.drop();
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

  describe('asked for by them', () => {
    const ask = async (userId: string): Promise<string> => {
      const exportId = randomUUID();
      const [event] = storedEvents(`identity.DataExport-${exportId}`, [1]);
      if (!event) throw new Error('no event');
      await bus.publish(topicOf('identity'), [
        { ...event, source: 'identity', type: DataExportRequested.type, data: { exportId, userId } },
      ]);
      return exportId;
    };
    const answers = async (exportId: string) =>
      (await dataOf(`story.DataExport-${exportId}`)) as { userId: string; object: { key: string; sha256: string; bytes: number } | null }[];
    const partsOf = async (userId: string) => {
      const keys: string[] = [];
      for await (const { key } of all.list(`story/export-parts/${userId}/`)) keys.push(key);
      return keys;
    };

    it('is gathered with its files, and announced once, however often the job dies on the way', async () => {
      const ada = person();
      const picture = `story/pictures/${ada}.webp`;
      await all.put(picture, Buffer.from('a picture'), { contentType: 'image/webp' });
      let tried = 0;
      exported = async (userId) => {
        tried += 1;
        if (tried < 2) throw new Error('killed');
        return {
          about: 'What she told.',
          data: { told: `what ${userId} said` },
          files: { 'pictures/a.webp': { key: picture }, 'pictures/gone.webp': { key: `story/pictures/${ada}-gone.webp` } },
        };
      };
      const exportId = await ask(ada);
      await until(async () => (await answers(exportId)).length > 0);
      expect(tried).toBe(2);
      const [answer, ...more] = await answers(exportId);
      expect(more).toEqual([]);
      if (!answer?.object) throw new Error('no part');
      const files = await unzipped((await readClaim(all, answer.object)) ?? Buffer.alloc(0));
      const texts = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString()]));
      expect(JSON.parse(texts['data.json'] ?? '')).toEqual({ told: `what ${ada} said` });
      expect(texts).toMatchObject({ 'README.txt': 'What she told.', 'pictures/a.webp': 'a picture' });
      expect(Object.keys(texts)).not.toContain('pictures/gone.webp');

      await eraseAndWait(ada);
      expect(await partsOf(ada)).toEqual([]);
      expect(await answers(exportId)).toEqual([{ exportId, userId: ada, object: null }]);
    });

    it('is neither stored nor announced when they are erased while it is gathered', async () => {
      const ada = person();
      let gathered: () => void = () => undefined;
      const gathering = new Promise<void>((resolve) => {
        exported = () =>
          new Promise((answer) => {
            gathered = () => answer({ about: '', data: { told: `what ${ada} said` }, files: {} });
            resolve();
          });
      });
      const exportId = await ask(ada);
      await gathering;
      await eraseAndWait(ada);
      gathered();
      // One at a time: the worker that woke late has come to its end when the next one answers.
      exported = async () => ({ about: '', data: {}, files: {} });
      const next = await ask(person());
      await until(async () => (await answers(next)).length > 0);
      expect(await partsOf(ada)).toEqual([]);
      expect(await answers(exportId)).toEqual([]);
    });
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
