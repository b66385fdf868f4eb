import { describe, expect, it } from '@jest/globals';
import { breaker } from './breaker.js';

describe('a breaker', () => {
  const start = () => {
    const clock = { ms: 0 };
    const subject = breaker(() => clock.ms);
    const fail = (times: number) => {
      for (let index = 0; index < times; index += 1) subject.failed();
    };
    return { clock, subject, fail };
  };

  it('lets single failures pass', () => {
    const { subject, fail } = start();
    for (let round = 0; round < 10; round += 1) {
      fail(4);
      expect(subject.admits()).toBe(true);
      subject.succeeded();
    }
  });

  it('leaves a subgraph alone after five failures in a row, then lets one request try', () => {
    const { clock, subject, fail } = start();
    fail(5);
    expect(subject.admits()).toBe(false);
    clock.ms = 500;
    expect([subject.admits(), subject.admits()]).toEqual([true, false]);
  });

  it('closes when the try succeeds', () => {
    const { clock, subject, fail } = start();
    fail(5);
    clock.ms = 500;
    expect(subject.admits()).toBe(true);
    subject.succeeded();
    expect([subject.admits(), subject.admits()]).toEqual([true, true]);
  });

  it('waits longer after each try that fails, at most ten seconds', () => {
    const { clock, subject, fail } = start();
    fail(5);
    const pauses: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const before = clock.ms;
      while (!subject.admits()) clock.ms += 100;
      pauses.push(clock.ms - before);
      subject.failed();
    }
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
  });

  it('waits no longer because of those that were under way when it opened', () => {
    const { clock, subject, fail } = start();
    fail(100);
    clock.ms = 500;
    expect(subject.admits()).toBe(true);
  });

  it('tries again when the one that tried was never heard of', () => {
    const { clock, subject, fail } = start();
    fail(5);
    clock.ms = 500;
    expect(subject.admits()).toBe(true);
    clock.ms = 1_000;
    expect(subject.admits()).toBe(true);
  });
});
