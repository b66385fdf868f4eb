import type { SqlTransaction } from './event-store.js';
import { claimIdempotencyKey } from './idempotency.js';

/** What a context's Prisma client offers here. */
interface TransactionalClient<Tx> {
  $transaction<T>(work: (tx: Tx) => Promise<T>, options: { timeout: number; maxWait: number }): Promise<T>;
}

/**
 * One transaction per verb: rows, events, outbox, jobs and the idempotency key commit together or not at all. `work` returns the id of the
 * aggregate it changed, which is the verb's outcome. After the commit the relay is nudged.
 */
export type UnitOfWork<Tx> = (work: (tx: Tx) => Promise<string>) => Promise<string>;

export function unitOfWork<Tx extends SqlTransaction>(client: TransactionalClient<Tx>, nudge: () => void): UnitOfWork<Tx> {
  return async (work) => {
    const outcome = await client.$transaction(
      async (tx) => {
        const settle = await claimIdempotencyKey(tx);
        const id = await work(tx);
        await settle?.(id);
        return id;
      },
      // A verb takes milliseconds; what takes longer is stuck and must not hold its row lock.
      { timeout: 10_000, maxWait: 5_000 },
    );
    nudge();
    return outcome;
  };
}
