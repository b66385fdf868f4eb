import { describe, expect, it } from '@jest/globals';
import { mapEvents } from './map-events.js';

/** A source that hands out what it is given, and notes what is asked of it. */
function source(...events: number[]) {
  const asked: string[] = [];
  let end: () => void = () => {};
  const iterator: AsyncIterator<number> = {
    next() {
      asked.push('next');
      const value = events.shift();
      if (value !== undefined) return Promise.resolve({ done: false, value });
      return new Promise((resolve) => {
        end = () => resolve({ done: true, value: undefined });
      });
    },
    return() {
      asked.push('return');
      end();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  return { iterator, asked };
}

const double = (event: number) => Promise.resolve(event * 2);

describe('mapped events', () => {
  it('come one at a time: the next is asked for when the last was taken', async () => {
    const { iterator, asked } = source(1, 2, 3);
    const events = mapEvents(iterator, double);
    expect(await events.next()).toEqual({ done: false, value: 2 });
    expect(await events.next()).toEqual({ done: false, value: 4 });
    expect(asked).toEqual(['next', 'next']);
  });

  it('end at once while the source is waited for', async () => {
    const { iterator, asked } = source();
    const events = mapEvents(iterator, double);
    const waiting = events.next();
    await events.return(undefined);
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(asked).toEqual(['next', 'return']);
  });

  it('close the source when mapping fails', async () => {
    const { iterator, asked } = source(1);
    const events = mapEvents(iterator, () => Promise.reject(new Error('boom')));
    await expect(events.next()).rejects.toThrow('boom');
    expect(asked).toEqual(['next', 'return']);
  });
});
