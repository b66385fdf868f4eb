import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LiveStreams, startLiveStreams } from '../src/infrastructure/live-streams.js';
import { startRelay } from '../src/infrastructure/relay.js';
import { backboneDatabases, subjectOf, until, Whispered } from './backbone-database.js';

describe('a live stream', () => {
  let databases: Awaited<ReturnType<typeof backboneDatabases>>;
  let streams: LiveStreams;
  beforeAll(async () => {
    databases = await backboneDatabases();
    streams = await startLiveStreams({ databaseUrl: databases.url, pool: databases.pool, log: databases.log });
  });
  afterAll(async () => {
    await streams.stop();
    await databases.close();
  });

  const collect = (subject: string, after: number) => {
    const seen: number[] = [];
    const events = streams.follow(subject, after);
    const done = (async () => {
      for await (const { sequence } of events) seen.push(sequence);
    })();
    return { seen, leave: async () => void (await events.return?.(), await done) };
  };

  it('begins after the cursor and follows on, in order, each once, internal events included', async () => {
    const subject = subjectOf('live');
    const bus = await databases.openBus();
    const relay = startRelay({ databaseUrl: databases.url, context: 'story', bus, log: databases.log });
    await databases.count(subject, [1, 2, 3], relay.nudge);
    const after = await streams.startFrom(subject, streams.cursorAt(subject, 1));
    const reader = collect(subject, after);
    await until(() => reader.seen.length === 2);
    await Promise.all(Array.from({ length: 20 }, (_, n) => databases.count(subject, [n], relay.nudge, Whispered)));
    await until(() => reader.seen.length === 22);
    expect(reader.seen).toEqual(Array.from({ length: 22 }, (_, index) => index + 2));
    await reader.leave();
    await relay.stop();
    await bus.close();
  });

  it('without any nudge is late by the re-read at most', async () => {
    const subject = subjectOf('unnudged');
    const reader = collect(subject, 0);
    await databases.count(subject, [1]);
    await until(() => reader.seen.length === 1, 6_000);
    await databases.count(subject, [2]);
    await until(() => reader.seen.length === 2, 6_000);
    await reader.leave();
  });

  it('without a cursor begins now', async () => {
    const subject = subjectOf('now');
    await databases.count(subject, [1, 2]);
    expect(await streams.startFrom(subject, undefined)).toBe(2);
  });

  it('is left at once, even while it waits', async () => {
    const reader = collect(subjectOf('left'), 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await reader.leave();
    expect(reader.seen).toEqual([]);
  });

  it('refuses a cursor that it cannot trust', async () => {
    await databases.count(subjectOf('trust'), [1]);
    const refused = expect.objectContaining({ code: 'RESUME_EXPIRED' });
    for (const cursor of ['x', streams.cursorAt(subjectOf('other'), 1), streams.cursorAt(subjectOf('trust'), 9)]) {
      await expect(streams.startFrom(subjectOf('trust'), cursor)).rejects.toEqual(refused);
    }
    await databases.pool.query('UPDATE backbone.epoch SET epoch = gen_random_uuid()');
    const restored = await startLiveStreams({ databaseUrl: databases.url, pool: databases.pool, log: databases.log });
    await expect(restored.startFrom(subjectOf('trust'), streams.cursorAt(subjectOf('trust'), 1))).rejects.toEqual(refused);
    await restored.stop();
  });
});
