import { openPool } from '@storytelling/shared/infrastructure/database';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EmailVerified, identityEvents, ProfileChanged, UserErased, UserRegistered } from '@storytelling/shared/domain-events/identity';
import { personalFields } from '@storytelling/shared/domain-events/event';
import { openEmbeddedLog } from '@storytelling/shared/infrastructure/embedded-log';
import type { EventBus } from '@storytelling/shared/infrastructure/event-bus';
import { appendEvents } from '@storytelling/shared/infrastructure/event-store';
import { gatewayTokens, newGatewayKey } from '@storytelling/shared/infrastructure/gateway-token';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { rebuildStatus, requestRebuild } from '@storytelling/shared/infrastructure/rebuild';
import { type Relay, startRelay } from '@storytelling/shared/infrastructure/relay';
import { startReplays } from '@storytelling/shared/infrastructure/replay';
import type { RunningService } from '@storytelling/shared/infrastructure/run-service';
import { type TestDatabase, testDatabase } from '@storytelling/shared/testing/database';
import { type TestObjectStore, testObjectStore } from '@storytelling/shared/testing/object-store';
import pg from 'pg';
import { startStory } from '../src/service.js';

const log = createLogger('test', 'silent');

describe('authors, story’s own record of identity’s users', () => {
  let databases: TestDatabase[];
  let pools: { identity: pg.Pool; story: pg.Pool };
  let bus: EventBus;
  let relay: Relay;
  let replays: ReturnType<typeof startReplays>;
  let story: RunningService;
  let objects: TestObjectStore;

  beforeAll(async () => {
    const [identityDatabase, storyDatabase, busDatabase] = await Promise.all(['identity', 'story', 'backbone'].map(testDatabase));
    if (!identityDatabase || !storyDatabase || !busDatabase) throw new Error('three databases');
    databases = [identityDatabase, storyDatabase, busDatabase];
    pools = {
      identity: openPool({ connectionString: identityDatabase.url, max: 5 }),
      story: openPool({ connectionString: storyDatabase.url, max: 5 }),
    };
    // What identity is to others: its event_store, and what hands it on.
    bus = await openEmbeddedLog({ url: busDatabase.url, log });
    const identity = { context: 'identity', databaseUrl: identityDatabase.url, bus, log };
    relay = startRelay(identity);
    replays = startReplays({ ...identity, pool: pools.identity });
    objects = testObjectStore();
    story = await startStory({
      DATABASE_URL: storyDatabase.url,
      EVENT_BUS_URL: `embedded:${busDatabase.url}`,
      GATEWAY_JWKS: JSON.stringify((await gatewayTokens(await newGatewayKey())).jwks),
      LOG_LEVEL: 'silent',
      ...objects.settings,
    });
  });
  afterAll(async () => {
    await story.stop();
    await replays.stop();
    await relay.stop();
    await bus.close();
    await Promise.all([pools.identity.end(), pools.story.end()]);
    await Promise.all(databases.map((database) => database.drop()));
    objects.drop();
  });

  const userOf = (index: number) => `user-000000${String(index).padStart(4, '0')}`;

  async function append(index: number, version: number, event: Parameters<typeof appendEvents>[3][number]): Promise<void> {
    await appendEvents(
      {
        $queryRawUnsafe: async <Rows>(sql: string, ...values: unknown[]) => (await pools.identity.query(sql, values)).rows as Rows,
        $executeRawUnsafe: async (sql, ...values) => (await pools.identity.query(sql, values)).rowCount ?? 0,
      },
      { id: `identity.User-${userOf(index)}`, type: 'User' },
      version,
      [event],
      identityEvents,
    );
    relay.nudge();
  }
  const register = (index: number) =>
    append(
      index,
      0,
      UserRegistered({
        userId: userOf(index),
        email: `${index}@example.org`,
        displayName: `Writer ${index}`,
        language: 'en',
        role: 'member',
      }),
    );
  const rename = (index: number, version: number, displayName: string) =>
    append(index, version, ProfileChanged({ userId: userOf(index), displayName, imageKey: null, language: 'en' }));

  const verify = (index: number, version: number) => append(index, version, EmailVerified({ userId: userOf(index) }));

  const authors = async () => {
    const { rows } = await pools.story.query<{ id: string; name: string }>(
      "SELECT id, display_name || CASE WHEN is_email_verified THEN ' (verified)' ELSE '' END AS name FROM authors ORDER BY id",
    );
    return rows.map(({ id, name }) => `${id} ${name}`);
  };
  const until = async (condition: () => Promise<boolean>) => {
    const end = Date.now() + 20_000;
    while (!(await condition())) {
      if (Date.now() > end) throw new Error('it did not come to pass');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  it('are rebuilt from identity’s event_store while story serves, when a bug or a hand has spoilt them', async () => {
    const count = 50;
    for (let index = 0; index < count; index += 1) await register(index);
    await verify(7, 1);
    await rename(7, 2, 'Ada');
    await until(async () => (await authors()).includes(`${userOf(7)} Ada (verified)`) && (await authors()).length === count);
    const right = await authors();

    await pools.story.query(`UPDATE authors SET display_name = 'spoilt', is_email_verified = NOT is_email_verified`);
    await pools.story.query('DELETE FROM authors WHERE id > $1', [userOf(30)]);
    // What the bus has kept is gone as well, as after its seven days: only identity's event_store still knows.
    const busDatabase = new pg.Client({ connectionString: databases[2]?.url });
    await busDatabase.connect();
    await busDatabase.query('DELETE FROM log');
    await busDatabase.end();

    const spoilt = await authors();
    const { id } = await requestRebuild((context) => (context === 'identity' ? pools.identity : pools.story), 'story.authors', {
      operator: 'ada',
      why: 'names are wrong since 1.3',
    });
    const seen = new Set<string>();
    const ready = new Set<number>();
    await rename(8, 1, 'Grace');
    await until(async () => {
      seen.add((await authors()).filter((author) => !author.startsWith(userOf(8))).join());
      ready.add((await fetch(new URL('/ready', story.url))).status);
      return (await rebuildStatus(pools.story, id)).finishedAt !== null;
    });
    expect(await rebuildStatus(pools.story, id)).toMatchObject({ state: 'done', error: null });
    const renamed = right.map((author) => (author.startsWith(userOf(8)) ? `${userOf(8)} Grace` : author));
    await until(async () => (await authors()).join() === renamed.join());
    // The old rows until the very moment of the new ones, nothing in between.
    const whole = (rows: string[]) => rows.filter((author) => !author.startsWith(userOf(8))).join();
    for (const rows of seen) expect([whole(spoilt), whole(right)]).toContain(rows);
    expect([...ready]).toEqual([200]);

    await rename(9, 1, 'Edsger');
    await until(async () => (await authors()).includes(`${userOf(9)} Edsger`));
  });

  it('have no name after they were erased, also in tables built anew, whether identity has blanked its history yet or not', async () => {
    const [gone, stays] = [100, 101];
    await register(gone);
    await register(stays);
    await rename(gone, 1, 'Barbara');
    await until(async () => (await authors()).includes(`${userOf(gone)} Barbara`));
    await append(gone, 2, UserErased({ userId: userOf(gone), stories: 'remove' }));
    const nameless = async () => (await authors()).filter((author) => author.startsWith(userOf(gone)) || author.startsWith(userOf(stays)));
    const right = [`${userOf(gone)} null`, `${userOf(stays)} Writer ${stays}`];
    await until(async () => (await nameless()).join() === right.join());
    const isCompleted = async () =>
      (await pools.story.query('SELECT 1 FROM backbone.event_store WHERE stream_id = $1', [`story.Erasure-${userOf(gone)}`])).rowCount ===
      1;
    await until(isCompleted);

    const rebuilt = async () => {
      const { id } = await requestRebuild((context) => (context === 'identity' ? pools.identity : pools.story), 'story.authors', {
        operator: 'ada',
        why: 'after an erasure',
      });
      await until(async () => (await rebuildStatus(pools.story, id)).finishedAt !== null);
      return rebuildStatus(pools.story, id);
    };
    expect(await rebuilt()).toMatchObject({ state: 'done' });
    expect(await nameless()).toEqual(right);
    await pools.identity.query('SELECT backbone.erase_personal($1, $2)', [[userOf(gone)], JSON.stringify(personalFields(identityEvents))]);
    expect(await rebuilt()).toMatchObject({ state: 'done' });
    expect(await nameless()).toEqual(right);
  });
});
