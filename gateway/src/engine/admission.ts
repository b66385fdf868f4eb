import { performance } from 'node:perf_hooks';

/** So many at once keep one core busy: of more, each has its answers and half-made results in memory for longer, which the garbage collector pays for. */
const fewest = 4;
/** How often it is looked whether the event loop had nothing to do, in milliseconds. */
const lookEvery = 1;
/** What was longer ago than some of these counts little: within one millisecond even a loop that is nearly always busy may have nothing to do. */
const memory = 20;
/** So much has to be idle, now and on the whole, before more are let in. */
const idleShare = 0.35;

/** Runs `work` when its turn has come. */
export type Admit = <Result>(work: () => Promise<Result>) => Promise<Result>;

export interface Admission {
  readonly admit: Admit;
  /** How many wait. */
  waiting(): number;
}

/**
 * Lets operations begin, in the order in which they came: a few at once, and more as long as the event loop has little to do, because those that are under
 * way wait for their subgraphs. With 50 connections and quick subgraphs a page of 85 kB costs half as much CPU and a third of the memory of when all begin
 * at once; with slow ones all are in within some milliseconds.
 */
export function admission(): Admission {
  const waiting: (() => void)[] = [];
  let running = 0;
  let bound = fewest;
  let looking: NodeJS.Timeout | undefined;
  let before = performance.eventLoopUtilization();
  let idling = 1;

  function letIn() {
    while (running < bound && waiting.length > 0) {
      running += 1;
      waiting.shift()?.();
    }
    if (waiting.length === 0) {
      clearInterval(looking);
      looking = undefined;
      bound = fewest;
    } else looking ??= setInterval(look, lookEvery);
  }

  function look() {
    const now = performance.eventLoopUtilization();
    const { idle, active } = performance.eventLoopUtilization(now, before);
    const time = idle + active;
    if (time <= 0) return;
    before = now;
    const share = idle / time;
    idling += (1 - Math.exp(-time / memory)) * (share - idling);
    bound = Math.min(idling, share) > idleShare ? Math.max(running, fewest) * 2 : Math.max(fewest, bound - 1);
    letIn();
  }

  const admit: Admit = async (work) => {
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
  return { admit, waiting: () => waiting.length };
}
