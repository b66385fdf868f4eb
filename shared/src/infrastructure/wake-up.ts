import { once } from 'node:events';

/** A latch between a producer that says "there is something" and a loop that looks: a signal given while the loop works is not lost. */
export interface WakeUp {
  signal(): void;
  /** Resolves at the next signal, at once if one came since the last wait, after `ms` at the latest, or when aborted. */
  wait(ms: number, aborted: AbortSignal): Promise<void>;
}

export function wakeUp(): WakeUp {
  const target = new EventTarget();
  let pending = false;
  return {
    signal() {
      pending = true;
      target.dispatchEvent(new Event('signal'));
    },
    async wait(ms, aborted) {
      if (!pending) await once(target, 'signal', { signal: AbortSignal.any([aborted, AbortSignal.timeout(ms)]) }).catch(() => undefined);
      pending = false;
    },
  };
}
