import type { HttpRoute } from '@storytelling/shared/infrastructure/http-server';
import { metricsRoute } from '@storytelling/shared/infrastructure/metrics-route';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EndedOperation, FetchOutcome } from './watch.js';

export interface GatewayMetrics {
  /** GET /metrics. */
  readonly route: HttpRoute;
  begun(): void;
  planned(ms: number, remembered: boolean): void;
  fetched(subgraph: string, ms: number, outcome: FetchOutcome): void;
  /** Returns the name under which it was counted. */
  ended(operation: EndedOperation, ms: number): string;
}

/** Names that clients choose, and codes that others' subgraphs choose: so many, and the rest is one. A label's values are kept for ever. */
const differentNames = 100;

export function gatewayMetrics({
  plansKept,
  waiting,
  registered,
}: {
  /** How many plans are remembered. */
  plansKept: () => number;
  /** How many operations wait for their turn. */
  waiting: () => number;
  /** The names of operations, if there are no others that matter. */
  registered: Iterable<string>;
}): GatewayMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service: 'gateway' });
  const registers = [registry];
  const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

  /** A number that is looked at when it is asked for. */
  const reading = (name: string, help: string, read: () => number) =>
    new Gauge({
      ...{ name: `storytelling_${name}`, help, registers },
      collect() {
        this.set(read());
      },
    });

  const operations = new Histogram({
    name: 'storytelling_operation_seconds',
    help: 'From the request to its answer. refused: before anything was executed. errors: the answer has some.',
    labelNames: ['operation', 'type', 'outcome'],
    buckets,
    registers,
  });
  const errors = new Counter({
    name: 'storytelling_operation_errors_total',
    help: 'Errors in answers, by code.',
    labelNames: ['code'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'storytelling_operations_in_flight',
    help: 'Operations that have begun and are not answered.',
    registers,
  });
  reading('operations_waiting', 'Operations that wait for their turn.', waiting);
  const fetches = new Histogram({
    name: 'storytelling_fetch_seconds',
    help: 'Fetches of subgraphs. left alone: not asked, because it had failed too often just before.',
    labelNames: ['subgraph', 'outcome'],
    buckets,
    registers,
  });
  const plans = new Counter({
    name: 'storytelling_plans_total',
    help: 'Plans that operations needed: remembered ones, and those that had to be made.',
    labelNames: ['plan'],
    registers,
  });
  const planning = new Histogram({ name: 'storytelling_plan_seconds', help: 'To make a plan.', buckets, registers });
  reading('plans_kept', 'Plans that are remembered.', plansKept);

  const names = new Set(registered);
  const open = names.size === 0;
  const codes = new Set<string>();
  /** Only what was valid may take one of the places. */
  const nameOf = ({ name, refused }: EndedOperation) => {
    if (name === undefined) return 'anonymous';
    if (open && !refused && names.size < differentNames) names.add(name);
    return names.has(name) ? name : 'other';
  };
  const codeOf = (code: string) => {
    if (codes.size < differentNames && /^[A-Z][A-Z\d_]{0,63}$/.test(code)) codes.add(code);
    return codes.has(code) ? code : 'other';
  };

  return {
    route: metricsRoute(registry),
    begun: () => inFlight.inc(),
    planned(ms, remembered) {
      plans.inc({ plan: remembered ? 'remembered' : 'made' });
      if (!remembered) planning.observe(ms / 1_000);
    },
    fetched: (subgraph, ms, outcome) => fetches.observe({ subgraph, outcome }, ms / 1_000),
    ended(operation, ms) {
      inFlight.dec();
      const name = nameOf(operation);
      const outcome = operation.refused ? 'refused' : operation.codes.length > 0 ? 'errors' : 'ok';
      operations.observe({ operation: name, type: operation.type ?? 'none', outcome }, ms / 1_000);
      for (const code of operation.codes) errors.inc({ code: codeOf(code) });
      return name;
    },
  };
}
