import { withCode } from '@storytelling/shared/graphql/document';
import {
  type DefinitionNode,
  type DocumentNode,
  execute as executeGraphQL,
  type FieldNode,
  type ExecutionResult,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import type { SubgraphAnswer, Transport } from './batches.js';
import { type Condition, conditionsOf } from './conditions.js';
import { isObject, type Json } from './json.js';
import type { Planner } from './planner.js';
import { type Plan, preparePlan } from './plan.js';
import { rewriter } from './rewrites.js';
import { checkRootFields } from './root-fields.js';
import { type Shape, shapeOf } from './shape.js';

/** An operation, planned and compiled: what is left to do for a request is to send, to merge and to shape. */
export interface Prepared {
  readonly kind: OperationDefinitionNode['operation'];
  readonly plan: Plan;
  shape(variables: Variables): Shape;
  condition(variables: Variables): Condition;
  /** What is asked of the schema itself, which the gateway knows. */
  introspect(selections: readonly FieldNode[], variables: Variables): Json;
  /** Of a subscription: the fetch that opens it. `plan` is what is to be done for each of its events. */
  readonly primary?: Primary;
}

export interface Primary {
  readonly subgraph: string;
  readonly query: string;
  readonly operationName: string | undefined;
  variables(variables: Variables): Record<string, unknown>;
}

type Variables = Readonly<Record<string, unknown>>;

/** Operations that are remembered; also how many outcomes of their conditions each keeps. */
const rememberedOperations = 1_000;
const rememberedShapes = 16;

/** Runs operations on one supergraph. Knows nothing of HTTP, sockets or users. */
export interface Engine {
  readonly planner: Planner;
  /** What has been prepared and is still kept. */
  remembered(): readonly { readonly key: string; readonly document: DocumentNode; readonly operation: OperationDefinitionNode }[];
  /** Whether preparing that again costs nothing. */
  remembers(key: string): boolean;
  /** `key` names the document and the operation in it. Throws a GraphQLError when it cannot be planned. */
  prepare(key: string, document: DocumentNode, operation: OperationDefinitionNode): Prepared;
  execute(prepared: Prepared, variables: Variables, transport: Transport): Promise<ExecutionResult>;
  /** One event of a subscription, as its primary fetch gives it. */
  mapEvent(prepared: Prepared, variables: Variables, transport: Transport, event: SubgraphAnswer): Promise<ExecutionResult>;
}

export function createEngine(planner: Planner): Engine {
  const operations = new Map<string, { document: DocumentNode; operation: OperationDefinitionNode; prepared: Prepared }>();

  function prepare(key: string, document: DocumentNode, operation: OperationDefinitionNode): Prepared {
    const known = operations.get(key);
    if (known) {
      // Least recently used first.
      operations.delete(key);
      operations.set(key, known);
      return known.prepared;
    }
    const prepared = compile(document, operation);
    const [oldest] = operations.keys();
    if (operations.size >= rememberedOperations && oldest !== undefined) operations.delete(oldest);
    operations.set(key, { document, operation, prepared });
    return prepared;
  }

  function compile(document: DocumentNode, operation: OperationDefinitionNode): Prepared {
    const { node } = planner.plan(document, operation.name?.value);
    const conditions = conditionsOf(document, operation);
    const shapes = new Map<string, Shape>();
    const common = {
      kind: operation.operation,
      condition: (variables: Variables) => (name: string) =>
        (Object.hasOwn(variables, name) ? variables[name] : conditions.get(name)) === true,
      shape(variables: Variables) {
        const condition = common.condition(variables);
        const outcome = [...conditions.keys()].map((name) => (condition(name) ? '1' : '0')).join('');
        let shape = shapes.get(outcome);
        if (!shape) {
          shape = shapeOf(planner.schema, document, operation, condition);
          if (shapes.size >= rememberedShapes) shapes.clear();
          shapes.set(outcome, shape);
        }
        return shape;
      },
      introspect(selections: readonly FieldNode[], variables: Variables): Json {
        const definitions = document.definitions.flatMap((definition): DefinitionNode[] => {
          if (definition === operation) return [{ ...operation, selectionSet: { kind: Kind.SELECTION_SET, selections } }];
          return definition.kind === Kind.FRAGMENT_DEFINITION ? [definition] : [];
        });
        const result = executeGraphQL({
          schema: planner.schema,
          document: { kind: Kind.DOCUMENT, definitions },
          variableValues: variables,
        });
        return ('data' in result && result.data) || {};
      },
    };
    if (operation.operation !== 'subscription' && node?.kind !== 'Subscription') {
      checkRootFields(document, operation, node);
      return { ...common, plan: preparePlan(node, planner.types) };
    }
    // With @skip(if: true) at the root there is nothing to plan; graphql-js lets it pass.
    if (node?.kind !== 'Subscription')
      throw withCode(new GraphQLError('A subscription must select one field, without @skip or @include.'), 'GRAPHQL_VALIDATION_FAILED');
    const rest = preparePlan(node.rest, planner.types);
    const { primary } = node;
    const rewrite = rewriter(primary.outputRewrites, planner.types);
    return {
      ...common,
      primary: {
        subgraph: primary.serviceName,
        query: primary.operation,
        operationName: primary.operationName,
        variables: (variables) =>
          Object.fromEntries(
            (primary.variableUsages ?? []).flatMap((name) => (Object.hasOwn(variables, name) ? [[name, variables[name]]] : [])),
          ),
      },
      plan: {
        async run(input) {
          if (input.data) rewrite?.(input.data);
          return rest.run(input);
        },
      },
    };
  }

  async function run(prepared: Prepared, variables: Variables, transport: Transport, event?: SubgraphAnswer): Promise<ExecutionResult> {
    const { data, errors, letGo } = await prepared.plan.run({
      transport,
      variables,
      condition: prepared.condition(variables),
      ...(isObject(event?.data) && { data: event.data }),
    });
    const given = [
      ...(event?.errors ?? []).map(
        ({ message, path, extensions }) => new GraphQLError(message, { path: path ?? null, extensions: extensions ?? null }),
      ),
      ...errors,
    ];
    const shaped = prepared.shape(variables)(data, given, (selections) => prepared.introspect(selections, variables));
    letGo();
    const all = [...given, ...shaped.errors];
    return all.length > 0 ? { errors: all, data: shaped.data } : { data: shaped.data };
  }

  return {
    planner,
    remembered: () => Array.from(operations, ([key, { document, operation }]) => ({ key, document, operation })),
    remembers: (key) => operations.has(key),
    prepare,
    execute: (prepared, variables, transport) => run(prepared, variables, transport),
    mapEvent: run,
  };
}
