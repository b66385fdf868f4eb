import { describe, expect, it } from '@jest/globals';
import { gatewayMetrics } from './metrics.js';
import { type EndedOperation, operationWatches, serverTiming } from './watch.js';

const operation: EndedOperation = { name: 'Mine', type: 'query', hash: 'abc', codes: [], refused: false };

function watching(slowAfter: number) {
  const lines: unknown[] = [];
  const log = {
    info: (...line: unknown[]) => void lines.push(['info', ...line]),
    warn: (...line: unknown[]) => void lines.push(['warn', ...line]),
  };
  const metrics = gatewayMetrics({ plansKept: () => 0, waiting: () => 0, registered: [] });
  const watch = operationWatches({ metrics, tracing: undefined, slowAfter, log });
  return { watch, lines };
}

describe('an operation', () => {
  it('is one line of the log: its name, its errors and its time', () => {
    const { watch, lines } = watching(60_000);
    watch('c-1', undefined).ended({ ...operation, codes: ['NAME_TAKEN'] });
    expect(lines).toEqual([['info', { operation: 'Mine', type: 'query', codes: ['NAME_TAKEN'], ms: expect.any(Number) }, 'operation']]);
  });

  it('that is slow says where its time went, and how much of it went by before it began', async () => {
    const { watch, lines } = watching(0);
    const slow = watch('c-1', undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
    slow.begun();
    slow.planning()(false);
    slow.fetching('people').ended('answered', 200);
    slow.fetching('tales').ended('failed');
    expect(slow.ended(operation).waited).toBeGreaterThan(15);
    expect(lines).toEqual([
      [
        'warn',
        {
          operation: 'Mine',
          type: 'query',
          ms: expect.any(Number),
          waited: expect.any(Number),
          hash: 'abc',
          plan: { ms: expect.any(Number), remembered: false },
          fetches: [
            { subgraph: 'people', at: expect.any(Number), ms: expect.any(Number), outcome: 'answered' },
            { subgraph: 'tales', at: expect.any(Number), ms: expect.any(Number), outcome: 'failed' },
          ],
        },
        'slow operation',
      ],
    ]);
  });

  it('remembers no fetch of what comes after its answer: a subscription may be open for days', () => {
    const { watch } = watching(60_000);
    const live = watch('c-1', undefined);
    const { fetches } = live.ended({ ...operation, type: 'subscription' });
    live.fetching('people').ended('answered', 200);
    expect(fetches).toEqual([]);
  });

  it.each([
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', true],
    ['00-00000000000000000000000000000000-00f067aa0ba902b7-01', false],
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01', false],
    ['ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', false],
    ['00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01', false],
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nx: y', false],
    [['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'], false],
    [undefined, false],
  ])('hands on a traceparent that is one: %p', (given, good) => {
    const { watch } = watching(60_000);
    expect(watch('c-1', given).fetching('people').traceparent).toBe(good ? given : undefined);
  });

  it('tells a browser its times', () => {
    const fetches = [{ subgraph: 'a "b"', at: 0.1, ms: 2, outcome: 'left alone' as const }];
    expect(serverTiming({ total: 3, waited: 0.2, plan: { ms: 1, remembered: true }, fetches })).toBe(
      'wait;dur=0.2, plan;dur=1;desc="remembered", a__b_;dur=2;desc="left alone at 0.1", total;dur=3',
    );
  });
});

describe('the metrics', () => {
  const metrics = gatewayMetrics({ plansKept: () => 3, waiting: () => 0, registered: [] });
  const count = (name: string | undefined, more: Partial<EndedOperation> = {}) => metrics.ended({ ...operation, name, ...more }, 1);

  it('name operations, but a client cannot make up more than a hundred names', () => {
    expect([count('Mine'), count(undefined)]).toEqual(['Mine', 'anonymous']);
    const counted = new Set(Array.from({ length: 200 }, (_, index) => count(`Made${index}`)));
    expect(counted.size).toBe(100);
    expect([count('Mine'), count('AndMore')]).toEqual(['Mine', 'other']);
  });

  it('name no operation that was refused before it ran', () => {
    const fresh = gatewayMetrics({ plansKept: () => 0, waiting: () => 0, registered: [] });
    expect(fresh.ended({ ...operation, name: 'Junk', refused: true }, 1)).toBe('other');
  });

  it('name those alone that are registered, where some are', () => {
    const closed = gatewayMetrics({ plansKept: () => 0, waiting: () => 0, registered: ['Screen'] });
    expect([closed.ended({ ...operation, name: 'Screen' }, 1), closed.ended(operation, 1)]).toEqual(['Screen', 'other']);
  });

  it('take codes that look like codes, and a hundred of them', async () => {
    count('Mine', { codes: ['NAME_TAKEN', 'not a "code"\n', ...Array.from({ length: 200 }, (_, index) => `CODE_${index}`)] });
    const { body } = await metrics.route({} as never);
    const codes = body.split('\n').filter((line) => line.startsWith('storytelling_operation_errors_total{'));
    expect(codes).toHaveLength(101);
    expect(codes).toContain('storytelling_operation_errors_total{code="NAME_TAKEN",service="gateway"} 1');
    expect(body).toContain('storytelling_plans_kept{service="gateway"} 3');
  });
});
