import { setTimeout as sleep } from 'node:timers/promises';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { topicOf } from '@storytelling/shared/infrastructure/event-bus';
import { until } from '../running-platform.js';
import { allWell, startFleet } from './fleet.js';
import { embedded, kafka } from './transports.js';
import { write } from './processes/context.mjs';

// One fault at a time, each at its worst moment. Faults come from outside: signals, and what a database can be told to do.

const long = process.env.CHAOS === 'long';
// Far above what is needed: after a fault, a group of Kafka may wait a whole session timeout for a member that is gone.
jest.setTimeout(long ? 400_000 : 240_000);

describe.each([embedded, kafka].filter(({ canRun }) => canRun))('on $name, events survive', (transport) => {
  let fleet: Awaited<ReturnType<typeof startFleet>>;
  beforeAll(async () => {
    fleet = await startFleet(transport);
  });
  afterEach(async () => {
    await fleet.endMembers();
    // A test that has failed must not fail those behind it.
    await fleet.listener.query('DELETE FROM poison');
    await fleet.story.query('ALTER DATABASE story RESET search_path');
  });
  afterAll(() => fleet.stop());

  const subjectOf = (name: string | number) => `story.Story-${name}`;
  const versionsOf = async (subject: string) =>
    (await fleet.effects()).filter((effect) => effect.stream_id === subject).map(({ version }) => version);
  const sessions = async (pattern: string) => {
    const { rows } = await fleet.story.query<{ pid: number }>(
      'SELECT pid FROM pg_stat_activity WHERE query LIKE $1 AND pid <> pg_backend_pid()',
      [pattern],
    );
    return rows.map(({ pid }) => pid);
  };

  const idle = async (pid: number | undefined) =>
    (await fleet.story.query(`SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'idle'`, [pid])).rowCount === 1;

  it('a relay that is killed between acknowledgement and delete: sent twice, applied once', async () => {
    const subject = subjectOf('acknowledged');
    await fleet.story.query(`
      CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
      CREATE TRIGGER hang BEFORE DELETE ON backbone.outbox FOR EACH STATEMENT EXECUTE FUNCTION hang()`);
    const relay = await fleet.start('relay');
    await fleet.start('consumer');
    await write(fleet.client, subject, 3);
    await until(async () => (await versionsOf(subject)).length === 3);
    const before = fleet.sentAgain();
    await relay.kill();
    // PostgreSQL would finish the statement for a client that is no more: the machine is gone with it.
    for (const pid of await sessions('DELETE FROM backbone.outbox%'))
      await fleet.story.query('SELECT pg_terminate_backend($1, 5000)', [pid]);
    await fleet.story.query('DROP TRIGGER hang ON backbone.outbox');

    await fleet.start('relay');
    await write(fleet.client, subject, 1);
    await fleet.drained(100_000);
    await until(() => fleet.sentAgain() === before + 3);
    expect(await versionsOf(subject)).toEqual([1, 2, 3, 4]);
    expect(await fleet.account()).toEqual(allWell);
  });

  it('an event that cannot be handled: 99 other streams have theirs as soon as ever, its own in order once it can be', async () => {
    const poisoned = subjectOf('poisoned');
    const others = Array.from({ length: 99 }, (_, index) => subjectOf(`healthy-${index}`));
    await fleet.listener.query('INSERT INTO poison VALUES ($1, 1)', [poisoned]);
    /** One event for each of the others, and how long the slowest took from its commit to its effect. */
    const slowest = async (version: number) => {
      await Promise.all(others.map((subject) => write(fleet.client, subject, 1)));
      const theirs = async () =>
        (await fleet.effects()).filter((effect) => others.includes(effect.stream_id) && effect.version === version);
      await until(async () => (await theirs()).length === others.length);
      const committed = new Map((await fleet.storedEvents()).map(({ id, time }) => [id, Date.parse(time)]));
      return Math.max(...(await theirs()).map(({ event_id, at }) => at.getTime() - (committed.get(event_id) ?? 0)));
    };
    await Promise.all([fleet.start('relay'), fleet.start('consumer')]);
    // On Kafka a consumer that has started is still joining its group.
    await write(fleet.client, subjectOf('first'), 1);
    await until(async () => (await versionsOf(subjectOf('first'))).length === 1);
    const usual = await slowest(1);
    for (let n = 0; n < 3; n += 1) await write(fleet.client, poisoned, 1);
    // What one waits for the other is seconds at least: the first repetition comes after one. A busy machine is slow in both cases.
    expect(await slowest(2)).toBeLessThan(1_000 + 3 * usual);
    expect(await versionsOf(poisoned)).toEqual([]);

    await fleet.listener.query('DELETE FROM poison');
    await until(async () => (await versionsOf(poisoned)).length === 3);
    expect(await versionsOf(poisoned)).toEqual([1, 2, 3]);
    expect((await fleet.listener.query('SELECT 1 FROM backbone.parked')).rowCount).toBe(0);
    expect(await fleet.account()).toEqual(allWell);
  });

  it('a relay that is frozen, loses its shards, and sends late', async () => {
    const subject = subjectOf('frozen');
    // The relay’s own NOTIFY waits for a lock of this test: it has read its rows then, and sends them next.
    await fleet.story.query(`
      CREATE SCHEMA slow;
      CREATE FUNCTION slow.pg_notify(text, text) RETURNS void LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(4711); PERFORM pg_catalog.pg_notify($1, $2); END';
      ALTER DATABASE story SET search_path = slow, pg_catalog, public`);
    const gate = await fleet.story.connect();
    await gate.query('SELECT pg_advisory_lock(4711)');
    const frozen = await fleet.start('relay');
    await fleet.start('consumer');
    await write(fleet.client, subject, 3);
    await until(async () => (await sessions('SELECT pg_notify%')).length === 1);
    frozen.child.kill('SIGSTOP');
    const [session] = await sessions('SELECT pg_notify%');
    await gate.query('SELECT pg_advisory_unlock(4711)');
    gate.release();
    await until(() => idle(session));
    // As at the end of its lease, which the next test waits for.
    await fleet.story.query('SELECT pg_terminate_backend($1, 5000)', [session]);

    await fleet.start('relay');
    await write(fleet.client, subject, 2);
    await fleet.drained(100_000);
    expect(await versionsOf(subject)).toEqual([1, 2, 3, 4, 5]);
    const before = fleet.sentAgain();
    frozen.child.kill('SIGCONT');
    await until(() => fleet.sentAgain() === before + 3);
    await write(fleet.client, subject, 1);
    await fleet.drained(100_000);
    expect(await versionsOf(subject)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await fleet.account()).toEqual(allWell);
  });

  it('a relay and a consumer that are frozen while they work: others take over when their leases end', async () => {
    // On Kafka a frozen consumer keeps its partitions for 45 s: in the long form.
    const kinds = transport === kafka && !long ? (['relay'] as const) : (['relay', 'consumer'] as const);
    const frozen = await Promise.all(kinds.map((kind) => fleet.start(kind)));
    await Promise.all([fleet.start('relay'), fleet.start('consumer')]);
    const writers = await fleet.start('writers', { seed: 1, writers: 8, streams: 20, events: 400, durationMs: 1_500 });
    const done = once(writers.child, 'message');
    await sleep(800);
    for (const { child } of frozen) child.kill('SIGSTOP');
    await done;
    await fleet.drained(transport.sessionMs * 2 + 10_000);
    expect(await fleet.account()).toEqual(allWell);
    for (const { child } of frozen) child.kill('SIGCONT');
    for (let stream = 0; stream < 20; stream += 1) await write(fleet.client, subjectOf(stream), 1);
    await fleet.drained(100_000);
    expect(await fleet.account()).toEqual(allWell);
  });

  it('PostgreSQL that crashes and recovers twice under load: what was acknowledged is there', async () => {
    for (const kind of ['relay', 'relay', 'consumer', 'consumer'] as const) await fleet.start(kind);
    const writers = await fleet.start('writers', { seed: 2, writers: 16, streams: 30, events: 600, durationMs: 4_000 });
    const done = once(writers.child, 'message');
    for (let crash = 0; crash < 2; crash += 1) {
      await sleep(1_300);
      // One killed backend, and the server throws all others out and recovers from its log of writes.
      const [victim] = await sessions('%');
      if (victim) process.kill(victim, 'SIGKILL');
    }
    const [{ acknowledged, unknown }] = (await done) as [{ acknowledged: Record<string, number>; unknown: number }];
    await until(async () => Boolean(await fleet.story.query('SELECT 1').catch(() => false)));
    await fleet.drained(100_000);
    expect(unknown).toBeGreaterThan(0);
    const stored = Map.groupBy(await fleet.storedEvents(), ({ subject }) => subject);
    expect(Object.entries(acknowledged).filter(([subject, version]) => (stored.get(subject)?.length ?? 0) < version)).toEqual([]);
    expect(await fleet.account()).toEqual(allWell);
  });

  it('the whole event store published again: no effect twice', async () => {
    await Promise.all([fleet.start('relay'), fleet.start('consumer')]);
    const stored = await fleet.storedEvents();
    expect(stored.length).toBeGreaterThan(1_000);
    await fleet.bus.publish(topicOf('story'), stored);
    // New ones on every partition, behind the old: when these have their effect, those were seen.
    for (let stream = 0; stream < 40; stream += 1) await write(fleet.client, subjectOf(`after-${stream}`), 1);
    await fleet.drained(100_000);
    expect(await fleet.account()).toEqual(allWell);
  });

  if (transport === kafka)
    it('a broker that is killed under load: commands go on, and what they said arrives in order afterwards', async () => {
      for (const kind of ['relay', 'relay', 'consumer', 'consumer'] as const) await fleet.start(kind);
      const outageMs = long ? 60_000 : 5_000;
      const task = { seed: 3, writers: 16, streams: 30, events: outageMs / 5, durationMs: outageMs * 1.5 };
      const writers = await fleet.start('writers', task);
      const done = once(writers.child, 'message');
      await sleep(1_000);
      await fleet.broker?.kill();
      const before = (await fleet.storedEvents()).length;
      await sleep(outageMs);
      expect((await fleet.storedEvents()).length).toBeGreaterThan(before + outageMs / 20);
      await fleet.broker?.restart();
      const [{ unknown }] = (await done) as [{ unknown: number }];
      expect(unknown).toBe(0);
      await fleet.drained(100_000);
      expect(await fleet.account()).toEqual(allWell);
    });

  // Last: it takes the story's context back to an earlier time.
  it('a restored backup: nothing new is taken for old, nothing old for new', async () => {
    const subject = subjectOf('restored');
    const copy = async (from: string, to: string) => {
      await fleet.admin.query(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '${from}'`);
      await fleet.admin.query(`CREATE DATABASE ${to} TEMPLATE ${from}`);
    };
    const run = async () => {
      await Promise.all([fleet.start('relay'), fleet.start('consumer')]);
      await fleet.drained(100_000);
    };
    await write(fleet.client, subject, 3);
    await run();
    await fleet.endMembers();
    await copy('story', 'backup');
    // A timeline that is lost: the listener has had its effects, the story’s context will not remember them.
    await write(fleet.client, subject, 2);
    const lost = (await fleet.storedEvents()).slice(-2);
    await run();
    await fleet.endMembers();
    expect(await versionsOf(subject)).toEqual([1, 2, 3, 4, 5]);

    await fleet.admin.query('DROP DATABASE story WITH (FORCE)');
    await copy('backup', 'story');
    await fleet.story.query('UPDATE backbone.epoch SET epoch = gen_random_uuid()');
    await write(fleet.client, subject, 3);
    await run();
    await fleet.bus.publish(topicOf('story'), lost);
    await write(fleet.client, subject, 1);
    await until(async () => (await versionsOf(subject)).length === 9);
    expect(await versionsOf(subject)).toEqual([1, 2, 3, 4, 5, 4, 5, 6, 7]);
  });
});
