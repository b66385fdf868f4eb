import { performance } from 'node:perf_hooks';

/** So many at once keep one core busy: of more, each has its answers and half-made results in memory for longer, which the garbage collector pays for. */
const fewest = 4;
/** How often it is looked whether the event loop had nothing to do. */
const lookEvery = 1;
/** Of that time, so much has to be idle before more are let in. */
const idleShare = 0.2;

/**
 * Lets operations begin, in the order in which they came: a few at once, and more as long as the event loop has nothing to do, because those that are under way
 * wait for their subgraphs. With 50 connections and quick subgraphs a page costs a quarter less CPU than when all begin at once; with slow ones all are in
 * within some milliseconds.
 */
export function admission() {
  const waiting: (() => void)[] = [];
  let running = 0;
  let bound = fewest;
  let looking: NodeJS.Timeout | undefined;
  let before = performance.eventLoopUtilization();

  function letIn() {
    while (running < bound && waiting.length > 0) {
      running += 1;
      waiting.shift()?.();
    }
    if (waiting.length === 0) {
      clearInterval(looking);
      looking = undefined;
      bound = fewest;
    } else if (!looking) {
      before = performance.eventLoopUtilization();
      looking = setInterval(look, lookEvery);
    }
  }

  function look() {
    const now = performance.eventLoopUtilization();
    const { idle, active } = performance.eventLoopUtilization(now, before);
    before = now;
    bound = idle > idleShare * (idle + active) ? Math.max(running, fewest) * 2 : Math.max(fewest, bound - 1);
    letIn();
  }

  /** Runs `work` when its turn has come. */
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running < bound && waiting.length === 0) running += 1;
    else
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        letIn();
      });
    try {
      return await work();
    } finally {
      running -= 1;
      letIn();
    }
  };
}
