import { describe, expect, it } from '@jest/globals';
import { SessionRevoked, UserDeactivated } from '@storytelling/shared/domain-events/identity';
import { SettingError } from '@storytelling/shared/infrastructure/environment';
import type { EventHandler } from '@storytelling/shared/infrastructure/event-bus';
import { endedSessions, listenForEndedSessions } from './ended-sessions.js';

const one = '018f3b6e-0000-7000-8000-000000000001';
const other = '018f3b6e-0000-7000-8000-000000000002';

async function listening() {
  const clock = { ms: 0 };
  const topics: string[] = [];
  let handle: EventHandler = () => Promise.reject(new Error('nobody listens'));
  const sessions = endedSessions(() => clock.ms);
  await sessions.hearFrom({
    async subscribeBroadcast(names, handler) {
      topics.push(...names);
      handle = handler;
      return { pause() {}, resume() {}, async close() {} };
    },
    health: () => ({ state: 'up' }),
    close: async () => undefined,
  });
  const hear = (type: string, version: number, data: unknown) =>
    handle({
      ...{ id: 'e', source: 'identity', type, subject: 'identity.User-1', time: '', version, sequence: 1, epoch: '' },
      ...{ correlationId: 'c', causationId: null, traceparent: null, actor: 'service', data },
    });
  const end = (sessionId: string) => hear(SessionRevoked.type, SessionRevoked.version, { userId: 'u', sessionId, reason: 'sign-out' });
  return { sessions, clock, topics, hear, end };
}

describe('ended sessions', () => {
  it('are those that identity has ended since', async () => {
    const { sessions, topics, hear, end } = await listening();
    const told: string[] = [];
    sessions.onEnd((session) => told.push(session));
    await end(one);
    await hear(UserDeactivated.type, 1, { userId: 'u' });
    expect([topics, told]).toEqual([['storytelling.identity'], [one]]);
    expect([sessions.has(one), sessions.has(other), sessions.has(undefined)]).toEqual([true, false, false]);
  });

  it('are remembered for as long as a token of them may live, and no longer', async () => {
    const { sessions, clock, end } = await listening();
    await end(one);
    clock.ms = 10 * 60_000;
    await end(other);
    expect(sessions.has(one)).toBe(true);
    clock.ms = 16 * 60_000;
    await end(other);
    expect([sessions.has(one), sessions.has(other)]).toEqual([false, true]);
  });
});

const listen = (error: Error) => {
  const lines: unknown[] = [];
  const line = (...said: unknown[]) => void lines.push(said);
  return { lines, news: listenForEndedSessions(endedSessions(), () => Promise.reject(error), { warn: line, error: line }) };
};

it('an event bus that is away is degraded, never down, and keeps nobody from stopping', async () => {
  const { lines, news } = listen(new Error('away'));
  await new Promise((resolve) => setImmediate(resolve));
  expect([news.health().state, lines.length]).toEqual(['degraded', 1]);
  const before = performance.now();
  await news.close();
  expect(performance.now() - before).toBeLessThan(500);
});

it('a wrong setting for it is told as it is, in the log and to whoever asks', async () => {
  const { lines, news } = listen(new SettingError('Set KAFKA_PARTITIONS to 4.'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines).toEqual([['Set KAFKA_PARTITIONS to 4.']]);
  expect(news.health()).toMatchObject({ state: 'degraded', detail: expect.stringContaining('Set KAFKA_PARTITIONS to 4.') });
  await news.close();
});
