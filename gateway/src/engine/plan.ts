import type { PlanNode } from '@apollo/query-planner';
import { GraphQLError, type GraphQLFormattedError, Kind, parse, type SelectionSetNode } from 'graphql';
import { type Combinations, type EntitiesAnswer, type Fetch, fetches, prepareFetch, type Transport } from './fetches.js';
import { isObject, type Json, merge } from './json.js';
import { objectsAt, type Place, placesOf } from './places.js';
import { representer } from './representations.js';
import { renamed, rewriter } from './rewrites.js';
import type { Types } from './types.js';

/** One request on its way through a plan. */
interface Run {
  /** All that is known so far, in the client's shape and more. */
  readonly data: Json;
  readonly errors: GraphQLError[];
  readonly send: ReturnType<typeof fetches>;
  condition(name: string): boolean;
}

/** Undefined where there was nothing to wait for. */
type Step = (run: Run) => Promise<void> | undefined;

/** A plan of the reference planner, made ready to be run many times. */
export interface Plan {
  run(input: {
    transport: Transport;
    /** As the client sent them; subgraphs read them themselves. */
    variables: Readonly<Record<string, unknown>>;
    condition(name: string): boolean;
    /** What is known already: the event of a subscription. */
    data?: Json;
  }): Promise<{ data: Json; errors: GraphQLError[] }>;
}

export function preparePlan(root: PlanNode | undefined, types: Types): Plan {
  let fetchCount = 0;
  const combinations: Combinations = new Map();
  const sizes = new Map<string, number>();

  /** `step`: how many fetches come before, one after the other. `entityFetches` gets all fetches of entities in it. */
  function prepare(node: PlanNode, path: readonly string[], step: number, entityFetches: Fetch[]): Step {
    switch (node.kind) {
      case 'Sequence': {
        let next = step;
        const steps = node.nodes.map((inner) => {
          const prepared = prepare(inner, path, next, entityFetches);
          next += stepsOf(inner);
          return prepared;
        });
        return async (run) => {
          for (const step of steps) await step(run);
        };
      }
      case 'Parallel': {
        const steps = node.nodes.map((inner) => prepare(inner, path, step, entityFetches));
        return async (run) => void (await Promise.all(steps.flatMap((step) => step(run) ?? [])));
      }
      case 'Flatten':
        return prepare(node.node, [...path, ...node.path.map(String)], step, entityFetches);
      case 'Condition': {
        const { condition, ifClause, elseClause } = node;
        const [yes, no] = [ifClause, elseClause].map((clause) => {
          const inside: Fetch[] = [];
          const run = clause && prepare(clause, path, step, inside);
          entityFetches.push(...inside);
          return { run, inside };
        });
        return (run) => {
          const holds = run.condition(condition);
          for (const fetch of (holds ? no : yes)?.inside ?? []) run.send.skip(fetch);
          return (holds ? yes : no)?.run?.(run);
        };
      }
      case 'Defer':
        throw new Error('@defer is refused by validation and never planned');
      case 'Fetch': {
        const fetch = prepareFetch(fetchCount, step, node);
        fetchCount += 1;
        const rewrite = rewriter(node.outputRewrites, types);
        if (!node.requires) {
          return async (run) => {
            try {
              const answer = await run.send.root(fetch);
              for (const error of answer.errors ?? []) run.errors.push(errorAt(error, renamed(node.outputRewrites, error.path ?? [])));
              if (!isObject(answer.data)) return;
              rewrite?.(answer.data);
              for (const target of objectsAt(run.data, path)) merge(target, answer.data, types.isConcrete);
            } catch (error) {
              run.errors.push(asGraphQLError(error, path));
            }
          };
        }
        entityFetches.push(fetch);
        sizes.set(fetch.group, (sizes.get(fetch.group) ?? 0) + 1);
        const represent = representer(node.requires, node.inputRewrites, types);
        return (run) => {
          const targets = new Map<string, Json[]>();
          for (const object of objectsAt(run.data, path)) {
            const representation = represent(object);
            if (representation === undefined) continue;
            const equal = targets.get(representation);
            if (equal) equal.push(object);
            else targets.set(representation, [object]);
          }
          if (targets.size > 0) return fetchEntities(run, targets);
          run.send.skip(fetch);
          return undefined;
        };

        async function fetchEntities(run: Run, targets: ReadonlyMap<string, Json[]>): Promise<void> {
          try {
            const answer = await run.send.entities(fetch, [...targets.keys()]);
            const groups = [...targets.values()];
            for (const [index, entity] of answer.entities.entries()) {
              if (!entity) continue;
              const group = groups[index] ?? [];
              if (rewrite) {
                entity.__typename ??= group[0]?.__typename;
                rewrite(entity);
              }
              for (const target of group) merge(target, entity, types.isConcrete);
            }
            if (answer.errors.length > 0) run.errors.push(...entityErrors(run, answer, groups));
          } catch (error) {
            run.errors.push(asGraphQLError(error, path));
          }
        }

        /** An error of an entity is one wherever the client sees that entity. */
        function entityErrors(run: Run, { errors }: EntitiesAnswer, groups: readonly Json[][]): GraphQLError[] {
          const places = new Map<Json, Place[]>();
          placesOf(run.data, path, (object, place) => {
            const known = places.get(object);
            if (known) known.push(place);
            else places.set(object, [place]);
          });
          return errors.flatMap(({ error, index, rest }) => {
            if (index === undefined) return [errorAt(error, beginOf(path))];
            const inside = renamed(node.kind === 'Fetch' ? node.outputRewrites : undefined, rest);
            return (groups[index] ?? [])
              .flatMap((object) => places.get(object) ?? [])
              .map((place) => errorAt(error, [...place, ...inside]));
          });
        }
      }
    }
  }

  const whole = root && prepare(root, [], 0, []);
  return {
    async run({ transport, variables, condition, data = {} }) {
      const texts = new Map<string, string | undefined>();
      const variableText = (name: string) => {
        if (!texts.has(name)) texts.set(name, Object.hasOwn(variables, name) ? JSON.stringify(variables[name]) : undefined);
        return texts.get(name);
      };
      const run: Run = { data, errors: [], send: fetches(transport, variableText, combinations, sizes), condition };
      await whole?.(run);
      return { data, errors: run.errors };
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

/** The client's names of the root fields that a plan fetches. */
export function rootKeysOf(node: PlanNode): Set<string> {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel':
      return new Set(node.nodes.flatMap((inner) => [...rootKeysOf(inner)]));
    case 'Condition':
      return new Set([node.ifClause, node.elseClause].flatMap((clause) => (clause ? [...rootKeysOf(clause)] : [])));
    case 'Fetch': {
      if (node.requires) return new Set();
      const { definitions } = parse(node.operation, { noLocation: true });
      const keys = ({ selections }: SelectionSetNode): string[] =>
        selections.flatMap((selection) => {
          if (selection.kind === Kind.FIELD) return [(selection.alias ?? selection.name).value];
          if (selection.kind === Kind.INLINE_FRAGMENT) return keys(selection.selectionSet);
          const fragment = definitions.find(
            (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
          );
          return fragment && 'selectionSet' in fragment ? keys(fragment.selectionSet) : [];
        });
      const operation = definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
      return new Set(operation ? keys(operation.selectionSet).map((key) => String(renamed(node.outputRewrites, [key])[0])) : []);
    }
    case 'Flatten':
    case 'Defer':
      return new Set();
  }
}

/** As far as an error of a whole fetch can point: where the first list on its way begins. */
const beginOf = (path: readonly string[]) => path.slice(0, path.includes('@') ? path.indexOf('@') : path.length);

function errorAt({ message, extensions }: GraphQLFormattedError, path: Place): GraphQLError {
  return new GraphQLError(message, { ...(path.length > 0 && { path }), extensions: { ...extensions } });
}

function asGraphQLError(error: unknown, path: readonly string[]): GraphQLError {
  const begin = beginOf(path);
  if (error instanceof GraphQLError)
    return new GraphQLError(error.message, {
      path: begin.length > 0 ? begin : null,
      extensions: error.extensions,
      originalError: error.originalError ?? null,
    });
  return new GraphQLError('The fetch failed.', { path: begin.length > 0 ? begin : null, originalError: error as Error });
}
