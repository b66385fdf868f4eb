import { describe, expect, it } from '@jest/globals';
import type { StoredEvent } from '../domain-events/event.js';
import { historyLoader } from './updates.js';

describe('the history of many stories', () => {
  it('costs one statement, and another one when it is asked for again', async () => {
    const asked: number[] = [];
    const history = historyLoader({
      async read(from) {
        asked.push(from.length);
        return from.map(({ after }) => [{ sequence: after + 1 } as StoredEvent]);
      },
    });
    const all = () => Promise.all(Array.from({ length: 50 }, (_, index) => history(`story.Story-${index}`, index, 100)));
    expect((await all()).map(([event]) => event?.sequence)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(asked).toEqual([50]);
    await all();
    expect(asked).toEqual([50, 50]);
  });
});
