import { describe, expect, it } from '@jest/globals';
import { wakeUp } from './wake-up.js';

const never = new AbortController().signal;

describe('a wake-up', () => {
  it('given while nobody waits is not lost, and counts once', async () => {
    const wake = wakeUp();
    wake.signal();
    wake.signal();
    await wake.wait(60_000, never);
    const woken = await Promise.race([
      wake.wait(20, never).then(() => 'timeout'),
      new Promise((done) => setTimeout(() => done('still waiting'), 5)),
    ]);
    expect(woken).toBe('still waiting');
  });
  it('ends a wait, as does an abort', async () => {
    const wake = wakeUp();
    const waiting = wake.wait(60_000, never);
    wake.signal();
    await waiting;
    const stop = new AbortController();
    const aborted = wake.wait(60_000, stop.signal);
    stop.abort();
    await aborted;
    await wake.wait(60_000, stop.signal);
  });
});
