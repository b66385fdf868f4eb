import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { admission } from './admission.js';

const burn = (milliseconds: number) => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};

describe('admission', () => {
  it('lets all in while the event loop has nothing to do: they wait for their subgraphs', async () => {
    const { admit } = admission();
    let begun = 0;
    let release: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      release = resolve;
    });
    // None ends before the last one has begun.
    await Promise.all(
      Array.from({ length: 50 }, () =>
        admit(async () => {
          begun += 1;
          if (begun === 50) release();
          await all;
        }),
      ),
    );
    expect(begun).toBe(50);
  });

  it('lets a few at once in while there is more than enough to do, in the order in which they came', async () => {
    const { admit } = admission();
    let [running, most] = [0, 0];
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        admit(async () => {
          order.push(index);
          most = Math.max(most, (running += 1));
          for (let step = 0; step < 3; step += 1) {
            burn(1);
            await turn();
          }
          running -= 1;
        }),
      ),
    );
    expect(most).toBeLessThanOrEqual(8);
    expect(order).toEqual(Array.from({ length: 40 }, (_, index) => index));
  });

  it('takes no short pause of a busy event loop for time to spare', async () => {
    const { admit } = admission();
    let [running, most] = [0, 0];
    await Promise.all(
      Array.from({ length: 60 }, () =>
        admit(async () => {
          most = Math.max(most, (running += 1));
          for (let step = 0; step < 2; step += 1) {
            burn(6);
            // All that run wait at the same time for a moment.
            await new Promise((resolve) => setTimeout(resolve, 2));
          }
          running -= 1;
        }),
      ),
    );
    expect(most).toBeLessThanOrEqual(8);
  });

  it('tells how many wait', async () => {
    const { admit, waiting } = admission();
    const all = Promise.all(Array.from({ length: 10 }, () => admit(async () => turn())));
    expect(waiting()).toBe(6);
    await all;
    expect(waiting()).toBe(0);
  });

  it('lets the next one in when one has failed, and leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const { admit } = admission();
    const failing = Array.from({ length: 6 }, () => admit(() => Promise.reject(new Error('gone'))).catch(() => 'failed'));
    expect(await Promise.all(failing)).toEqual(Array.from({ length: 6 }, () => 'failed'));
    expect(await admit(async () => 'done')).toBe('done');
    expect(timers()).toBeLessThanOrEqual(before);
  });
});
