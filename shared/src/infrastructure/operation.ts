import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** A repeated request: same actor, verb and key get the first outcome. `inputHash` tells a retry from another request under the same key. */
export interface Idempotency {
  readonly verb: string;
  readonly key: string;
  readonly inputHash: string;
}

/** Why something happens: it travels from the request through events and jobs, into every envelope and log line. */
export interface Operation {
  readonly correlationId: string;
  /** Id of the event or job that caused this one; none for a client's request. */
  readonly causationId?: string;
  /** `user:<id>`, `service:<context>` or `anonymous`. */
  readonly actor: string;
  readonly traceparent?: string;
  readonly idempotency?: Idempotency;
  /** The projection that is being written: it may be built again from the beginning, so nothing but its own tables may change. */
  readonly projecting?: string;
}

const storage = new AsyncLocalStorage<Operation>();

export function runOperation<T>(operation: Operation, work: () => T): T {
  return storage.run(operation, work);
}

/** The operation under way; outside of any (start-up, a sweep) a fresh one of the service itself. */
export function currentOperation(): Operation {
  return storage.getStore() ?? { correlationId: randomUUID(), actor: 'service' };
}

/** Keeps projections from doing what a rebuild would do again: `what` is "publish events", "enqueue jobs" … */
export function refuseInProjection(what: string): void {
  const { projecting } = currentOperation();
  if (projecting)
    throw new Error(`The projection ${projecting} may not ${what}: it would again with every rebuild. That is for a reaction.`);
}
