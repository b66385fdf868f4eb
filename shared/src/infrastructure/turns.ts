/**
 * Runs at most `concurrent` pieces of work at a time and lets `waiting` more wait in line: for what holds much memory or a thread that others need.
 * Whoever finds the line full gets the error that `busy` makes.
 */
export function turns(concurrent: number, waiting: number, busy: () => Error): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const line: (() => void)[] = [];
  return async (work) => {
    if (running >= concurrent) {
      if (line.length >= waiting) throw busy();
      // The one that finishes hands its turn on, so `running` stays as it is.
      await new Promise<void>((resolve) => line.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
