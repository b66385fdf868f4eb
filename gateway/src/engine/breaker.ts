/**
 * A subgraph that keeps failing is left alone for a while: its clients hear so at once instead of after a timeout each, and it is not kept
 * down by those who wait for it. Then one request tries, and the others follow when it succeeds.
 */
export interface Breaker {
  /** False: do not ask now. True claims the one try when it is time for one. */
  admits(): boolean;
  succeeded(): void;
  failed(): void;
}

/** As many in a row, without a success in between. */
const failuresToOpen = 5;
const firstPause = 500;
const longestPause = 10_000;

export function breaker(now: () => number = () => performance.now()): Breaker {
  let failures = 0;
  let pause = firstPause;
  let leftAloneUntil = 0;
  let trying = false;
  return {
    admits() {
      if (failures < failuresToOpen) return true;
      if (now() < leftAloneUntil) return false;
      leftAloneUntil = now() + pause;
      trying = true;
      return true;
    },
    succeeded() {
      failures = 0;
      pause = firstPause;
      trying = false;
    },
    failed() {
      failures += 1;
      if (failures === failuresToOpen) leftAloneUntil = now() + pause;
      // A hundred that were under way when it opened fail after that, and say nothing new.
      if (!trying) return;
      trying = false;
      pause = Math.min(pause * 2, longestPause);
      leftAloneUntil = now() + pause;
    },
  };
}
