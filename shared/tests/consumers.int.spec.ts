import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { catalogOf, defineEvent, type EventCatalog, type StoredEvent } from '../src/domain-events/event.js';
import { DependencyDown, type Reaction, startConsumer } from '../src/infrastructure/consumer.js';
import { type EventBus, topicOf } from '../src/infrastructure/event-bus.js';
import type { SqlTransaction } from '../src/infrastructure/event-store.js';
import { listOperations } from '../src/infrastructure/operation-log.js';
import { discard, listParked, redrive, showParked } from '../src/infrastructure/parked.js';
import { backboneDatabases, Counted, counting, storedEvents, until } from './backbone-database.js';

describe('a consumer', () => {
  let databases: Awaited<ReturnType<typeof backboneDatabases>>;
  let bus: EventBus;
  const me = { operator: 'ada', why: 'fixed in 1.4' };

  beforeAll(async () => {
    databases = await backboneDatabases();
    await databases.pool.query('CREATE TABLE effect (consumer text, subject text, n int, at bigserial)');
    bus = await databases.openBus();
  });
  afterAll(async () => {
    await bus.close();
    await databases.close();
  });

  const effects = async (consumer: string, subject: string) => {
    const { rows } = await databases.pool.query<{ n: number }>('SELECT n FROM effect WHERE consumer = $1 AND subject = $2 ORDER BY at', [
      consumer,
      subject,
    ]);
    return rows.map(({ n }) => n);
  };
  const parkedAt = async (consumer: string) => (await listParked(databases.pool)).filter((stream) => stream.consumer === consumer);

  /** Each consumer listens to a context of its own, so that a test hears no other's events. */
  const contextOf = (consumer: string) => `of-${consumer}`;
  const subjectOf = (consumer: string, name: string | number = 1) => `${contextOf(consumer)}.Story-${name}`;
  const publish = (consumer: string, events: readonly StoredEvent[]) => bus.publish(topicOf(contextOf(consumer)), events);
  const languageOf = (consumer: string): EventCatalog => catalogOf(defineEvent({ ...Counted, context: contextOf(consumer) }));
  const newerLanguageOf = (consumer: string): EventCatalog =>
    catalogOf(
      defineEvent({
        type: 'Counted',
        context: contextOf(consumer),
        version: 2,
        reach: 'published',
        meaning: 'One more, by name.',
        schema: z.object({ n: z.int(), by: z.string() }),
        upcast: { 1: (old) => ({ ...old, by: 'nobody' }) },
      }),
    );

  /** Counts, after `first` has had a look. */
  const start = (consumer: string, first: (event: StoredEvent) => void = () => undefined, catalog = languageOf(consumer)) => {
    const { client, log } = databases;
    const count: Reaction<SqlTransaction> = async (event, tx) => {
      first(event);
      await tx.$executeRawUnsafe('INSERT INTO effect VALUES ($1, $2, $3)', consumer, event.subject, (event.data as { n: number }).n);
    };
    return startConsumer({ consumer, catalog, reactions: { Counted: count }, client, bus, log });
  };
  /** As after 24 attempts. */
  const giveUp = (consumer: string) =>
    databases.pool.query(
      `UPDATE backbone.parked p SET state = 'parked', attempts = 24 WHERE consumer = $1
         AND NOT EXISTS (SELECT 1 FROM backbone.parked e WHERE e.consumer = p.consumer AND e.stream_id = p.stream_id AND e.id < p.id)`,
      [consumer],
    );

  it('of a newer release reads what older ones have sent', async () => {
    const heard: StoredEvent[] = [];
    const consumer = await start('upcasting', (event) => void heard.push(event), newerLanguageOf('upcasting'));
    const subject = subjectOf('upcasting');
    await publish('upcasting', storedEvents(subject, [1]));
    await until(async () => (await effects('upcasting', subject)).length === 1);
    expect(heard.find((event) => event.subject === subject)).toMatchObject({ version: 2, data: { n: 1, by: 'nobody' } });
    await consumer.close();
  });

  it('parks what a newer release has sent, and applies it in order once it is deployed itself', async () => {
    const consumer = await start('behind');
    const subject = subjectOf('behind');
    const events = storedEvents(subject, [1, 2, 3]).map((event) => (event.sequence === 1 ? { ...event, version: 2 } : event));
    await publish('behind', events);
    await until(async () => (await parkedAt('behind'))[0]?.events === 3);
    const [stream] = await parkedAt('behind');
    expect(stream).toMatchObject({
      stream: subject,
      first: {
        type: 'Counted',
        sequence: 1,
        error: 'UnreadableEvent: Counted is of version 2, and 1 is the newest here: deploy this consumer before its producer.',
      },
    });
    await giveUp('behind');
    await consumer.close();
    // The first event lacks a field of version 2, so it is put right as well: what is parked stays as it was sent.
    await databases.pool.query(
      `UPDATE backbone.parked SET event = jsonb_set(event, '{data,by}', '"ada"') WHERE consumer = 'behind' AND event ->> 'sequence' = '1'`,
    );
    const deployed = await start('behind', undefined, newerLanguageOf('behind'));
    await redrive(databases.pool, { stream: subject }, me);
    await until(async () => (await effects('behind', subject)).length === 3);
    expect(await effects('behind', subject)).toEqual([1, 2, 3]);
    expect(await parkedAt('behind')).toEqual([]);
    await deployed.close();
  });

  it('takes a restored backup’s events for new and late ones of the lost timeline for nothing', async () => {
    const consumer = await start('restored');
    const [subject, unseen] = [subjectOf('restored'), subjectOf('restored', 2)];
    const at = (minute: number) => ({ time: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString() });
    const lost = storedEvents(subject, [1, 2, 3]).map((event) => ({ ...event, ...at(event.sequence) }));
    const epoch = randomUUID();
    // Restored to the second event; then another third one happens.
    const [third] = storedEvents(subject, [3]).map((event) => ({ ...event, epoch, ...at(30), data: { n: 33 } })) as [StoredEvent];
    const late = storedEvents(subject, [4]).map((event) => ({ ...event, ...at(29), data: { n: 40 } }));
    await publish('restored', [...lost, third, ...late, ...lost, { ...third, id: randomUUID(), sequence: 4, data: { n: 44 } }]);
    // A stream of which nothing was heard before the restore.
    const [anew, before] = storedEvents(unseen, [5, 4]) as [StoredEvent, StoredEvent];
    await publish('restored', [
      { ...anew, epoch, ...at(31) },
      { ...before, ...at(20) },
      { ...anew, id: randomUUID(), epoch, ...at(32), sequence: 6, data: { n: 6 } },
    ]);
    await until(async () => (await effects('restored', unseen)).includes(6));
    expect(await effects('restored', unseen)).toEqual([5, 6]);
    await until(async () => (await effects('restored', subject)).includes(44));
    expect(await effects('restored', subject)).toEqual([1, 2, 3, 33, 44]);
    await consumer.close();
  });

  it('rests while a dependency is down, parks nothing and goes on by itself', async () => {
    let down = true;
    let tries = 0;
    const subject = subjectOf('dependent');
    const consumer = await start('dependent', (event) => {
      if (event.subject !== subject || !down) return;
      tries += 1;
      throw new DependencyDown('the mail server does not answer');
    });
    await publish('dependent', storedEvents(subject, [1, 2, 3]));
    await until(() => consumer.pausedBy() === 'the mail server does not answer');
    await until(() => tries === 2);
    expect(await parkedAt('dependent')).toEqual([]);
    down = false;
    await until(async () => (await effects('dependent', subject)).length === 3);
    expect(await effects('dependent', subject)).toEqual([1, 2, 3]);
    expect(consumer.pausedBy()).toBeUndefined();
    await consumer.close();
  });

  it('does not count it against a parked event that a dependency is down', async () => {
    let fault: Error | undefined = new Error('of this event');
    const subject = subjectOf('parked-dependent');
    const consumer = await start('parked-dependent', (event) => {
      if (event.subject === subject && fault) throw fault;
    });
    await publish('parked-dependent', storedEvents(subject, [1]));
    await until(async () => (await parkedAt('parked-dependent')).length === 1);
    const before = (await parkedAt('parked-dependent'))[0]?.first.attempts;
    fault = new DependencyDown('the mail server does not answer');
    await until(() => consumer.pausedBy() !== undefined);
    expect((await parkedAt('parked-dependent'))[0]?.first.attempts).toBe(before);
    fault = undefined;
    await until(async () => (await parkedAt('parked-dependent')).length === 0);
    await consumer.close();
  });

  it('parks what is no event, until an operator discards it', async () => {
    const consumer = await start('unreadable');
    const [broken, good] = storedEvents(subjectOf('unreadable'), [1, 2]) as [StoredEvent, StoredEvent];
    await publish('unreadable', [{ ...broken, time: 'yesterday' }, good]);
    await until(async () => (await effects('unreadable', good.subject)).length === 1);
    const [stream] = await parkedAt('unreadable');
    expect(stream).toMatchObject({ events: 1, first: { type: null, state: 'parked', error: expect.stringContaining('time') } });
    const id = stream?.first.id ?? '';
    expect(JSON.stringify((await showParked(databases.pool, id)).event)).toContain('yesterday');

    // Tried again it is still none, and it comes to rest at once.
    await redrive(databases.pool, { id }, me);
    await until(async () => (await parkedAt('unreadable'))[0]?.first.state === 'parked');
    await discard(databases.pool, id, { operator: 'ada', why: 'sent by hand' });
    expect(await parkedAt('unreadable')).toEqual([]);
    await consumer.close();
  });

  describe('on a transport that others write to as well', () => {
    /** A consumer with the two handlers that a transport calls. */
    const startFed = async (consumer: string, reaction: Reaction<SqlTransaction>) => {
      const { client, log } = databases;
      const handlers: Parameters<EventBus['subscribe']>[] = [];
      const fedBus: EventBus = { ...bus, subscribe: (...subscription) => (handlers.push(subscription), bus.subscribe(...subscription)) };
      const started = await startConsumer({
        consumer,
        catalog: languageOf(consumer),
        reactions: { Counted: reaction },
        client,
        bus: fedBus,
        log,
      });
      const [, , handle, unreadable] = handlers[0] ?? [];
      if (!handle || !unreadable) throw new Error('nothing was subscribed to');
      return { ...started, handle, unreadable };
    };

    it('lets the events of a stream wait behind a message with its key that is none', async () => {
      const heard: number[] = [];
      const consumer = await startFed('keyed', async ({ sequence }) => void heard.push(sequence));
      const position = 'storytelling.story/0/17';
      const message = { position, reason: 'It is no event.', key: subjectOf('keyed'), headers: {}, body: '{', encoding: 'text' } as const;
      await consumer.unreadable(message);
      await consumer.unreadable(message);
      for (const event of storedEvents(subjectOf('keyed'), [2, 3])) await consumer.handle(event);
      const [stream] = await parkedAt('keyed');
      expect(stream).toMatchObject({ stream: subjectOf('keyed'), events: 3 });
      expect(heard).toEqual([]);
      await discard(databases.pool, stream?.first.id ?? '', me);
      await until(() => heard.length === 2);
      expect(heard).toEqual([2, 3]);
      await consumer.close();
    });

    it('parks also what PostgreSQL’s JSON cannot hold', async () => {
      const consumer = await startFed('nul', async () => Promise.reject(new Error('no')));
      const [event] = storedEvents(subjectOf('nul'), [1]) as [StoredEvent];
      await consumer.handle({ ...event, id: 'x'.repeat(200), data: { n: 1, text: 'a\0b\\u0000c\ud800d' } });
      const { rows } = await databases.pool.query<{ text: string }>(
        `SELECT event -> 'data' ->> 'text' AS text FROM backbone.parked WHERE consumer = 'nul'`,
      );
      expect(rows).toEqual([{ text: 'a\ufffdb\\u0000c\ufffdd' }]);
      await consumer.close();
    });
  });

  describe('whose event was given up', () => {
    const subject = subjectOf('given-up');
    let broken = true;

    it('is put right by redriving its sequence, in order, and the act is recorded', async () => {
      const consumer = await start('given-up', (event) => {
        if (broken && event.subject === subject && event.sequence === 1) throw new Error('no');
      });
      const events = storedEvents(subject, [1, 2, 3]);
      await publish('given-up', events);
      await until(async () => (await parkedAt('given-up'))[0]?.events === 3);
      await giveUp('given-up');
      broken = false;
      // It waits for a person now.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(await effects('given-up', subject)).toEqual([]);
      expect(await redrive(databases.pool, { stream: subject }, me)).toEqual([{ consumer: 'given-up', stream: subject, events: 3 }]);
      await until(async () => (await effects('given-up', subject)).length === 3);
      expect(await effects('given-up', subject)).toEqual([1, 2, 3]);
      await publish('given-up', events);
      await publish('given-up', storedEvents(subject, [4]));
      await until(async () => (await effects('given-up', subject)).includes(4));
      expect(await effects('given-up', subject)).toEqual([1, 2, 3, 4]);
      expect(await listOperations(databases.pool)).toContainEqual({
        at: expect.any(Date),
        action: 'redrive',
        target: `given-up ${subject}`,
        details: { events: 3 },
        ...me,
      });
      await consumer.close();
    });

    it('goes on without it when it is discarded, also when it is delivered again', async () => {
      const consumer = await start('discarding', (event) => {
        if (event.subject === subjectOf('discarding') && event.sequence === 2) throw new Error('no');
      });
      const events = storedEvents(subjectOf('discarding'), [1, 2]);
      await publish('discarding', events);
      await until(async () => (await parkedAt('discarding')).length === 1);
      const [stream] = await parkedAt('discarding');
      const id = stream?.first.id ?? '';
      await expect(discard(databases.pool, id, { operator: 'ada', why: ' ' })).rejects.toThrow('Say why');
      await discard(databases.pool, id, { operator: 'ada', why: 'a test event' });
      await publish('discarding', [...events, ...storedEvents(subjectOf('discarding'), [3])]);
      await until(async () => (await effects('discarding', subjectOf('discarding'))).includes(3));
      expect(await effects('discarding', subjectOf('discarding'))).toEqual([1, 3]);
      expect(await listOperations(databases.pool, 1)).toMatchObject([
        { action: 'discard', operator: 'ada', why: 'a test event', details: { type: 'Counted', sequence: 2, event: events[1]?.id } },
      ]);
      await consumer.close();
    });

    it('says so when there is nothing to be done', async () => {
      const { pool } = databases;
      await expect(redrive(pool, { stream: 'story.Story-none' }, me)).rejects.toThrow('Nothing is parked under story.Story-none.');
      await expect(redrive(pool, { id: '999999' }, me)).rejects.toThrow('Nothing is parked under 999999.');
      await expect(discard(pool, "1'; --", me)).rejects.toThrow('Nothing is parked under');
    });

    it('is not discarded from the middle of its sequence', async () => {
      const consumer = await start('middle', (event) => {
        if (event.subject === subjectOf('middle')) throw new Error('no');
      });
      await publish('middle', storedEvents(subjectOf('middle'), [1, 2]));
      await until(async () => (await parkedAt('middle'))[0]?.events === 2);
      const { rows } = await databases.pool.query<{ id: string }>(
        `SELECT id::text FROM backbone.parked WHERE consumer = 'middle' ORDER BY id DESC LIMIT 1`,
      );
      await expect(discard(databases.pool, rows[0]?.id ?? '', me)).rejects.toThrow('is not the first of the parked events');
      await consumer.close();
    });
  });

  it('cannot be started with a reaction to what never arrives', async () => {
    const { client, log } = databases;
    const reactTo = (type: string) =>
      startConsumer({ consumer: 'wrong', catalog: counting, reactions: { [type]: async () => undefined }, client, bus, log });
    await expect(reactTo('Forgotten')).rejects.toThrow('There is a handler of Forgotten, which no catalog defines.');
    await expect(reactTo('Whispered')).rejects.toThrow('internal to story and never sent');
  });
});
