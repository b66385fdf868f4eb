import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StoredEvent } from '../src/domain-events/event.js';
import type { EventBus, UnreadableMessage } from '../src/infrastructure/event-bus.js';
import { storedEvents, subjectOf, until } from './backbone-database.js';

export interface Transport {
  openBus(): Promise<EventBus>;
  /** Puts something that is no event where an event of this subject would go. */
  publishRubbish(topic: string, subject: string): Promise<void>;
  close(): Promise<void>;
}

/** What every transport promises. Topics and groups are fresh in each test, and in each run: a broker may outlive it. */
export function eventBusContract(name: string, open: () => Promise<Transport>) {
  describe(`the event bus on ${name}`, () => {
    const fresh = (word: string) => `${word}-${randomUUID().slice(0, 8)}`;
    let opened: Transport;
    let bus: EventBus;
    beforeAll(async () => {
      opened = await open();
      bus = await opened.openBus();
    });
    afterAll(async () => {
      await bus.close();
      await opened.close();
    });

    const numbersOf = (events: StoredEvent[], subject: string) =>
      events.filter((event) => event.subject === subject).map(({ sequence }) => sequence);
    const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

    it('hands every event to every group, in order per subject, whoever subscribes when', async () => {
      const topic = fresh('orders');
      const early: StoredEvent[] = [];
      const late: StoredEvent[] = [];
      const first = await bus.subscribe(fresh('early'), [topic], async (event) => void early.push(event));
      for (const n of upTo(20)) {
        await bus.publish(
          topic,
          ['a', 'b', 'c'].flatMap((subject) => storedEvents(subjectOf(subject), [n])),
        );
      }
      const second = await bus.subscribe(fresh('late'), [topic], async (event) => void late.push(event));
      await until(() => early.length >= 60 && late.length >= 60);
      for (const heard of [early, late]) {
        expect(heard).toHaveLength(60);
        for (const subject of ['a', 'b', 'c']) expect(numbersOf(heard, subjectOf(subject))).toEqual(upTo(20));
      }
      await Promise.all([first.close(), second.close()]);
    });

    it('gives the events back as they were', async () => {
      const topic = fresh('whole');
      const [event, other] = storedEvents(subjectOf('whole'), [1, 2]) as [StoredEvent, StoredEvent];
      const full = {
        ...other,
        causationId: 'ü',
        traceparent: '00-1-2-01',
        data: { text: 'Ää 🜁 \\u0000 "', nothing: null, deep: [{ n: 1.5 }] },
      };
      const heard: StoredEvent[] = [];
      const subscription = await bus.subscribe(fresh('whole'), [topic], async (one) => void heard.push(one));
      await bus.publish(topic, [event, full]);
      await until(() => heard.length === 2);
      expect(heard).toEqual([event, full]);
      await subscription.close();
    });

    it('takes more at once than its batches hold', async () => {
      const topic = fresh('large');
      const heard: StoredEvent[] = [];
      const subscription = await bus.subscribe(fresh('large'), [topic], async (one) => void heard.push(one));
      const large = storedEvents(subjectOf('large'), upTo(12)).map((event) => ({ ...event, data: { text: 'x'.repeat(200_000) } }));
      await bus.publish(topic, large);
      await until(() => heard.length === 12);
      expect(heard).toEqual(large);
      await subscription.close();
    });

    it('goes on from where a group was when it comes back', async () => {
      const [topic, group] = [fresh('returns'), fresh('returning')];
      const first: number[] = [];
      const second: number[] = [];
      const subscription = await bus.subscribe(group, [topic], async ({ sequence }) => void first.push(sequence));
      await bus.publish(topic, storedEvents(subjectOf('r'), [1, 2]));
      await until(() => first.length === 2);
      await subscription.close();
      await bus.publish(topic, storedEvents(subjectOf('r'), [3]));
      const again = await bus.subscribe(group, [topic], async ({ sequence }) => void second.push(sequence));
      await until(() => second.length === 1);
      expect(second).toEqual([3]);
      await again.close();
    });

    it('a group that is forgotten was never there: another of its name begins with the oldest event', async () => {
      const [topic, group] = [fresh('forgets'), fresh('forgotten')];
      const heard: number[] = [];
      await bus.publish(topic, storedEvents(subjectOf('f'), [1]));
      for (const times of [1, 2]) {
        const subscription = await bus.subscribe(group, [topic], async ({ sequence }) => void heard.push(sequence));
        await until(() => heard.length === times);
        await subscription.close();
        await bus.forgetGroup(group);
      }
      await bus.forgetGroup(group);
      expect(heard).toEqual([1, 1]);
    });

    it('of two members of one group, one hears an event; when it leaves, the other does', async () => {
      const [topic, group] = [fresh('pairs'), fresh('pair')];
      const other = await opened.openBus();
      const heard: number[] = [];
      const hear = async ({ sequence }: StoredEvent) => void heard.push(sequence);
      const here = await bus.subscribe(group, [topic], hear);
      const there = await other.subscribe(group, [topic], hear);
      await bus.publish(topic, storedEvents(subjectOf('p'), [1, 2, 3]));
      await until(() => heard.length >= 3);
      await here.close();
      await bus.publish(topic, storedEvents(subjectOf('p'), [4]));
      await until(() => heard.length >= 4);
      expect(heard).toEqual([1, 2, 3, 4]);
      await there.close();
      await other.close();
    });

    it('a member that does not let go of an event keeps no other from subscribing, as little as one that was killed', async () => {
      const [topic, group] = [fresh('held'), fresh('holding')];
      const other = await opened.openBus();
      const held = Promise.withResolvers<void>();
      const heard: number[] = [];
      const here = await bus.subscribe(group, [topic], async ({ sequence }) => {
        heard.push(sequence);
        await held.promise;
      });
      await bus.publish(topic, storedEvents(subjectOf('h'), [1]));
      await until(() => heard.length === 1);
      const there = await other.subscribe(group, [topic], async ({ sequence }) => void heard.push(sequence));
      expect(heard).toEqual([1]);
      held.resolve();
      await here.close();
      await bus.publish(topic, storedEvents(subjectOf('h'), [2]));
      await until(() => heard.includes(2));
      await there.close();
      await other.close();
    });

    it('a member that leaves before its group has taken it in is not waited for', async () => {
      const [topic, group] = [fresh('early'), fresh('leaving')];
      const other = await opened.openBus();
      const held = Promise.withResolvers<void>();
      const heard = new Set<string>();
      const here = await bus.subscribe(group, [topic], async ({ subject }) => {
        heard.add(subject);
        await held.promise;
      });
      await bus.publish(topic, storedEvents(subjectOf('first'), [1]));
      await until(() => heard.size === 1);
      // On Kafka the group is not whole before the one that holds an event has come back to it.
      await other.subscribe(group, [topic], async () => undefined);
      await sleep(300);
      await other.close();
      held.resolve();
      const subjects = upTo(20).map(subjectOf);
      for (const subject of subjects) await bus.publish(topic, storedEvents(subject, [1]));
      await until(() => subjects.every((subject) => heard.has(subject)), 15_000);
      await here.close();
    });

    it('a paused group hears nothing and holds up nobody', async () => {
      const topic = fresh('pauses');
      const paused: number[] = [];
      const free: number[] = [];
      const resting = await bus.subscribe(fresh('paused'), [topic], async ({ sequence }) => void paused.push(sequence));
      const flowing = await bus.subscribe(fresh('free'), [topic], async ({ sequence }) => void free.push(sequence));
      resting.pause();
      await bus.publish(topic, storedEvents(subjectOf('z'), [1, 2]));
      await until(() => free.length === 2);
      expect(paused).toEqual([]);
      resting.resume();
      await until(() => paused.length === 2);
      expect(paused).toEqual([1, 2]);
      await Promise.all([resting.close(), flowing.close()]);
    });

    // A TypeError, because kafkajs takes one that it sees for a reason never to start again.
    it('hands an event over again whose handler failed, and meanwhile what is in other partitions', async () => {
      const topic = fresh('fails');
      const heard: string[] = [];
      let fails = true;
      const subscription = await bus.subscribe(fresh('failing'), [topic], async ({ subject, sequence }) => {
        if (subject === subjectOf('bad') && sequence === 1 && fails) throw new TypeError('not yet');
        heard.push(`${subject} ${sequence}`);
      });
      await bus.publish(topic, storedEvents(subjectOf('bad'), [1, 2]));
      const others = Array.from({ length: 20 }, (_, index) => subjectOf(`good-${index}`));
      await bus.publish(
        topic,
        others.flatMap((subject) => storedEvents(subject, [1])),
      );
      // Some of 20 subjects are in its partition, by the hash of their names; most are not.
      await until(() => heard.length >= 10);
      expect(heard.join()).not.toContain(subjectOf('bad'));
      fails = false;
      await until(() => heard.length === 22);
      expect(heard.filter((one) => one.startsWith(subjectOf('bad')))).toEqual([1, 2].map((n) => `${subjectOf('bad')} ${n}`));
      await subscription.close();
    });

    it('hands what is no event to whom it may concern, once, and goes on', async () => {
      const topic = fresh('rubbish');
      const heard: number[] = [];
      const unreadable: UnreadableMessage[] = [];
      const subscription = await bus.subscribe(
        fresh('reader'),
        [topic],
        async ({ sequence }) => void heard.push(sequence),
        async (message) => void unreadable.push(message),
      );
      await bus.publish(topic, storedEvents(subjectOf('s'), [1]));
      await opened.publishRubbish(topic, subjectOf('s'));
      await bus.publish(topic, storedEvents(subjectOf('s'), [2]));
      await until(() => heard.length === 2);
      expect(unreadable).toEqual([
        expect.objectContaining({
          position: expect.stringMatching(new RegExp(`^${topic}/\\d+/1$`)),
          reason: expect.stringMatching(/^It is no event: /),
          body: expect.stringContaining('rubbish'),
        }),
      ]);
      await subscription.close();
    });

    it('a broadcast reaches every subscriber, from when it subscribed', async () => {
      const topic = fresh('news');
      const other = await opened.openBus();
      await bus.publish(topic, storedEvents(subjectOf('n'), [1]));
      const here: number[] = [];
      const there: number[] = [];
      const subscriptions = [
        await bus.subscribeBroadcast([topic], async ({ sequence }) => {
          here.push(sequence);
          throw new Error('a broadcast does not come again');
        }),
        await other.subscribeBroadcast([topic], async ({ sequence }) => void there.push(sequence)),
      ];
      await bus.publish(topic, storedEvents(subjectOf('n'), [2]));
      await bus.publish(topic, storedEvents(subjectOf('m'), [3]));
      await until(() => here.length === 2 && there.length === 2);
      expect([here.sort(), there.sort()]).toEqual([
        [2, 3],
        [2, 3],
      ]);
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
      await other.close();
    });

    it('says that it is well', () => {
      expect(bus.health()).toEqual({ state: 'up' });
    });
  });
}
