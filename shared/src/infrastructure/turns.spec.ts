import { describe, expect, it } from '@jest/globals';
import { turns } from './turns.js';

const busy = () => new Error('busy');

describe('turns', () => {
  it('let so many work at once, some wait in line, and refuse the rest', async () => {
    const inTurn = turns(2, 3, busy);
    let running = 0;
    let most = 0;
    const work = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return 'done';
    };
    const results = await Promise.allSettled(Array.from({ length: 7 }, () => inTurn(work)));
    expect(most).toBe(2);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(5);
    expect(results.filter((result) => result.status === 'rejected').map((result) => result.reason.message)).toEqual(['busy', 'busy']);
    await expect(Promise.all([inTurn(work), inTurn(work), inTurn(work)])).resolves.toHaveLength(3);
    expect(most).toBe(2);
  });

  it('are given back when the work fails', async () => {
    const inTurn = turns(1, 0, busy);
    await expect(inTurn(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(inTurn(async () => 'next')).resolves.toBe('next');
  });
});
