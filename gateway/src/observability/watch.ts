import type { Logger } from '@storytelling/shared/infrastructure/logger';
import { traceparentIn } from '@storytelling/shared/infrastructure/trace-context';
import type { GatewayMetrics } from './metrics.js';
import type { Tracing } from './tracing.js';

/** answered: with something that can be used. left alone: not asked, because it had failed too often just before. */
export type FetchOutcome = 'answered' | 'failed' | 'left alone';

export interface FetchWatch {
  /** What goes along to the subgraph. */
  readonly traceparent: string | undefined;
  ended(outcome: FetchOutcome, status?: number): void;
}

/** What an operation was, when it has ended. */
export interface EndedOperation {
  readonly name: string | undefined;
  readonly type: string | undefined;
  /** SHA-256 of the document's text, which itself may hold what a person wrote. */
  readonly hash: string | undefined;
  /** Of its errors. */
  readonly codes: readonly string[];
  /** It was refused before anything was executed. */
  readonly refused: boolean;
}

export interface Account {
  readonly total: number;
  /** Of that, until its document was looked at: to know who asks, to read the body, and for its turn. */
  readonly waited: number;
  readonly plan: { readonly ms: number; readonly remembered: boolean } | undefined;
  /** In the order in which they began, `at` milliseconds after the request. */
  readonly fetches: readonly { readonly subgraph: string; readonly at: number; readonly ms: number; readonly outcome: FetchOutcome }[];
}

/** Follows one operation of a client through the gateway. All times are in milliseconds. */
export interface OperationWatch {
  /** Of this operation: our own span's where traces are made, else the one that came. */
  readonly traceparent: string | undefined;
  /** Its document is being looked at. */
  begun(): void;
  /** Planning begins; what is returned is called when the plan is there. */
  planning(): (remembered: boolean) => void;
  fetching(subgraph: string): FetchWatch;
  ended(operation: EndedOperation): Account;
}

/** Begins with a request, whose traceparent may be anything. */
export type WatchOperation = (correlationId: string, traceparent: unknown) => OperationWatch;

const rounded = (ms: number) => Math.round(ms * 100) / 100;

export function operationWatches({
  metrics,
  tracing,
  slowAfter,
  log,
}: {
  metrics: GatewayMetrics;
  tracing: Tracing | undefined;
  slowAfter: number;
  log: Pick<Logger, 'info' | 'warn'>;
}): WatchOperation {
  return (correlationId, given) => {
    const start = performance.now();
    const received = traceparentIn(given);
    const span = tracing?.operation(correlationId, received);
    const traceparent = span?.traceparent ?? received;
    const fetches: { subgraph: string; at: number; ms: number; outcome: FetchOutcome }[] = [];
    let plan: Account['plan'];
    let waited = 0;
    let over = false;

    return {
      traceparent,
      begun() {
        waited = rounded(performance.now() - start);
        metrics.begun();
      },
      planning() {
        const began = performance.now();
        const planSpan = span?.planning();
        return (remembered) => {
          plan = { ms: rounded(performance.now() - began), remembered };
          planSpan?.(remembered);
          metrics.planned(plan.ms, remembered);
        };
      },
      fetching(subgraph) {
        const began = performance.now();
        const fetchSpan = span?.fetching(subgraph);
        return {
          traceparent: fetchSpan?.traceparent ?? traceparent,
          ended(outcome, status) {
            const ms = rounded(performance.now() - began);
            // The events of a subscription bring fetches for as long as it is open.
            if (!over) fetches.push({ subgraph, at: rounded(began - start), ms, outcome });
            fetchSpan?.ended(outcome, status);
            metrics.fetched(subgraph, ms, outcome);
          },
        };
      },
      ended(operation) {
        over = true;
        const account: Account = { total: rounded(performance.now() - start), waited, plan, fetches };
        const { type, codes, hash } = operation;
        const name = metrics.ended(operation, account.total);
        span?.ended(name, operation);
        // One line per operation: what was asked by name, how it ended, how long it took. Never a variable, never an answer.
        const line = { operation: operation.name ?? null, type, ...(codes.length > 0 && { codes }), ms: Math.round(account.total) };
        if (account.total < slowAfter) log.info(line, 'operation');
        else log.warn({ ...line, waited, hash, plan, fetches }, 'slow operation');
        return account;
      },
    };
  };
}

/** For the header of that name: what took how long, as browsers show it. */
export function serverTiming({ total, waited, plan, fetches }: Account): string {
  return [
    `wait;dur=${waited}`,
    ...(plan ? [`plan;dur=${plan.ms};desc="${plan.remembered ? 'remembered' : 'made'}"`] : []),
    ...fetches.map(({ subgraph, at, ms, outcome }) => `${subgraph.replaceAll(/[^\w-]/g, '_')};dur=${ms};desc="${outcome} at ${at}"`),
    `total;dur=${total}`,
  ].join(', ');
}
