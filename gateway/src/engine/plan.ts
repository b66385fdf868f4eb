import type { PlanNode } from '@apollo/query-planner';
import type { GraphQLError } from 'graphql';
import { batches, type BatchPlan, type PlacedFetch, planBatches, type Transport } from './batches.js';
import type { Condition } from './conditions.js';
import { entityStep, rootStep, type Run, type Step } from './fetch-steps.js';
import type { Json } from './json.js';
import { findings, paths } from './places.js';

import type { Types } from './types.js';

/** A plan of the reference planner, made ready to be run many times. */
export interface Plan {
  run(input: {
    transport: Transport;
    /** As the client sent them; subgraphs read them themselves. */
    variables: Readonly<Record<string, unknown>>;
    condition: Condition;
    /** What is known already: the event of a subscription. */
    data?: Json;
  }): Promise<{ data: Json; errors: GraphQLError[]; letGo: () => void }>;
}

/** Where in the plan a node stands. */
interface Position {
  readonly names: readonly string[];
  /** How many fetches come before, one after the other. */
  readonly step: number;
  /** Nothing comes after it. */
  readonly isLast: boolean;
}

export function preparePlan(root: PlanNode | undefined, types: Types): Plan {
  let fetches = 0;
  const placed: PlacedFetch[] = [];
  const pathOf = paths();

  function prepare(node: PlanNode, at: Position): Step {
    switch (node.kind) {
      case 'Sequence': {
        let { step } = at;
        const steps = node.nodes.map((inner, index) => {
          const prepared = prepare(inner, { ...at, step, isLast: at.isLast && index === node.nodes.length - 1 });
          step += stepsOf(inner);
          return prepared;
        });
        return async (run) => {
          for (const step of steps) await step(run);
        };
      }
      case 'Parallel': {
        const steps = node.nodes.map((inner) => prepare(inner, at));
        return async (run) => void (await Promise.all(steps.flatMap((step) => step(run) ?? [])));
      }
      case 'Flatten':
        return prepare(node.node, { ...at, names: [...at.names, ...node.path.map(String)] });
      case 'Condition': {
        const { condition, ifClause, elseClause } = node;
        const [yes, no] = [ifClause, elseClause].map((clause) => {
          const before = placed.length;
          const step = clause && prepare(clause, at);
          return { step, inside: placed.slice(before) };
        });
        return (run) => {
          const holds = run.condition(condition);
          for (const { fetch } of (holds ? no : yes)?.inside ?? []) run.send.skip(fetch);
          return (holds ? yes : no)?.step?.(run);
        };
      }
      case 'Defer':
        throw new Error('@defer is refused by validation and never planned');
      case 'Fetch': {
        fetches += 1;
        const path = pathOf(at.names);
        if (!node.requires) return rootStep(fetches, node, path, types);
        const { fetch, step } = entityStep(fetches, node, path, types);
        placed.push({ fetch, step: at.step, isLast: at.isLast });
        return step;
      }
    }
  }

  const whole = root && prepare(root, { names: [], step: 0, isLast: true });
  const batchPlan: BatchPlan = planBatches(placed);
  return {
    async run({ transport, variables, condition, data = {} }) {
      const texts = new Map<string, string | undefined>();
      const variableText = (name: string) => {
        if (!texts.has(name)) texts.set(name, Object.hasOwn(variables, name) ? JSON.stringify(variables[name]) : undefined);
        return texts.get(name);
      };
      const found = findings(data);
      const run: Run = { found, errors: [], send: batches(transport, variableText, batchPlan), condition };
      await whole?.(run);
      return { data, errors: run.errors, letGo: () => found.letGo() };
    },
  };
}

/** How many fetches come one after the other. */
function stepsOf(node: PlanNode): number {
  switch (node.kind) {
    case 'Sequence':
      return node.nodes.reduce((sum, inner) => sum + stepsOf(inner), 0);
    case 'Parallel':
      return Math.max(0, ...node.nodes.map(stepsOf));
    case 'Flatten':
      return stepsOf(node.node);
    case 'Condition':
      return Math.max(0, ...[node.ifClause, node.elseClause].map((clause) => (clause ? stepsOf(clause) : 0)));
    case 'Fetch':
      return 1;
    case 'Defer':
      return 0;
  }
}
