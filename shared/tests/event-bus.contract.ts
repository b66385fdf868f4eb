import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StoredEvent } from '../src/domain-events/event.js';
import type { EventBus } from '../src/infrastructure/event-bus.js';
import { storedEvents, subjectOf, until } from './backbone-database.js';

/** What every transport promises. Topics are fresh in each test. */
export function eventBusContract(name: string, open: () => Promise<{ openBus(): Promise<EventBus>; close(): Promise<void> }>) {
  describe(`the event bus on ${name}`, () => {
    let opened: Awaited<ReturnType<typeof open>>;
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

    it('hands every event to every group, in order per subject, whoever subscribes when', async () => {
      const early: StoredEvent[] = [];
      const late: StoredEvent[] = [];
      await bus.subscribe('early', ['orders'], async (event) => void early.push(event));
      for (let n = 1; n <= 20; n += 1) {
        await bus.publish(
          'orders',
          ['a', 'b', 'c'].flatMap((subject) => storedEvents(subjectOf(subject), [n])),
        );
      }
      await bus.subscribe('late', ['orders'], async (event) => void late.push(event));
      await until(() => early.length === 60 && late.length === 60);
      for (const heard of [early, late]) {
        for (const subject of ['a', 'b', 'c'])
          expect(numbersOf(heard, subjectOf(subject))).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      }
    });

    it('gives the events back as they were', async () => {
      const [event] = storedEvents(subjectOf('whole'), [1]) as [StoredEvent];
      const heard: StoredEvent[] = [];
      await bus.subscribe('whole', ['whole'], async (one) => void heard.push(one));
      await bus.publish('whole', [event]);
      await until(() => heard.length === 1);
      expect(heard).toEqual([event]);
    });

    it('goes on from where a group was when it comes back', async () => {
      const first: number[] = [];
      const second: number[] = [];
      const subscription = await bus.subscribe('returning', ['returns'], async ({ sequence }) => void first.push(sequence));
      await bus.publish('returns', storedEvents(subjectOf('r'), [1, 2]));
      await until(() => first.length === 2);
      await subscription.close();
      await bus.publish('returns', storedEvents(subjectOf('r'), [3]));
      await bus.subscribe('returning', ['returns'], async ({ sequence }) => void second.push(sequence));
      await until(() => second.length === 1);
      expect(second).toEqual([3]);
    });

    it('of two members of one group, one hears an event', async () => {
      const other = await opened.openBus();
      const heard: number[] = [];
      await bus.subscribe('pair', ['pairs'], async ({ sequence }) => void heard.push(sequence));
      await other.subscribe('pair', ['pairs'], async ({ sequence }) => void heard.push(sequence));
      await bus.publish('pairs', storedEvents(subjectOf('p'), [1, 2, 3]));
      await until(() => heard.length >= 3);
      await other.close();
      expect(heard).toEqual([1, 2, 3]);
    });

    it('a paused group hears nothing and holds up nobody', async () => {
      const paused: number[] = [];
      const free: number[] = [];
      const subscription = await bus.subscribe('paused', ['pauses'], async ({ sequence }) => void paused.push(sequence));
      await bus.subscribe('free', ['pauses'], async ({ sequence }) => void free.push(sequence));
      subscription.pause();
      await bus.publish('pauses', storedEvents(subjectOf('z'), [1]));
      await until(() => free.length === 1);
      expect(paused).toEqual([]);
      subscription.resume();
      await until(() => paused.length === 1);
    });

    it('hands an event over again whose handler failed', async () => {
      const heard: number[] = [];
      await bus.subscribe('failing', ['fails'], async ({ sequence }) => {
        heard.push(sequence);
        if (heard.length === 1) throw new Error('not yet');
      });
      await bus.publish('fails', storedEvents(subjectOf('f'), [1, 2]));
      await until(() => heard.length === 3);
      expect(heard).toEqual([1, 1, 2]);
    });
  });
}
