import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { ApolloServerOptions } from '@apollo/server';
import { documentErrors } from '@storytelling/shared/graphql/document';
import type { Logger } from '@storytelling/shared/infrastructure/logger';
import { mapEvents } from '@storytelling/shared/infrastructure/map-events';
import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
} from 'graphql';
import { createEngine, type Engine, type Prepared } from './engine.js';
import type { Transport } from './batches.js';
import { loadPlanner } from './planner.js';
import type { RequestContext, Subgraph } from './subgraph.js';

type GatewayInterface = NonNullable<ApolloServerOptions<RequestContext>['gateway']>;
type SchemaListener = Parameters<GatewayInterface['onSchemaLoadOrUpdate']>[0];

/** A valid operation of a client. */
interface Asked {
  /** On which it was validated. */
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** SHA-256 of the document's text. */
  readonly queryHash: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: RequestContext;
}

/** What Apollo Server stands in front of. */
export interface Federation extends GatewayInterface {
  /**
   * Not the executor that the interface has for it: of every request that goes there Apollo Server keeps everything, its answer included,
   * until the next full garbage collection. (makeGatewayGraphQLRequestContext writes an object with `get status()`, and V8 makes a hidden
   * class of its own for each such object.) It was a third of a page's cost.
   */
  execute(asked: Asked): Promise<ExecutionResult>;
  /**
   * Takes another supergraph between two requests, with the plans of what clients have asked lately already made. Rejects, and goes on
   * with the one that it has, when that is no supergraph or an operation that clients are registered with is not valid on it.
   */
  replace(supergraph: string): Promise<void>;
  /** The plan of a valid operation, for people. */
  describe(document: DocumentNode, operation: OperationDefinitionNode): string;
  /** How many plans are remembered. */
  plansKept(): number;
}

/** The texts of documents that clients rely on, by a name that says which. */
export type RegisteredOperations = ReadonlyMap<string, string>;

/** As Apollo Server hashes the text of a document (SHA-256). */
const keyOf = (queryHash: string, operation: OperationDefinitionNode) => `${queryHash} ${operation.name?.value ?? ''}`;

export async function federation({
  supergraph,
  registered = new Map(),
  subgraph,
  log,
  production,
}: {
  supergraph: string;
  registered?: RegisteredOperations;
  subgraph: (name: string) => Subgraph;
  log: Logger;
  production: boolean;
}): Promise<Federation> {
  // A request is executed on the schema on which it was validated, whatever has been taken since.
  const engines = new WeakMap<GraphQLSchema, Engine>();
  const listeners = new Set<SchemaListener>();
  let current = await prepare(supergraph);

  async function prepare(sdl: string): Promise<Engine> {
    const planner = await loadPlanner(sdl, log);
    const engine = createEngine(planner);
    for (const [name, text] of registered) {
      const [error] = documentErrors(planner.schema, parse(text), production);
      if (error) throw new Error(`the registered operation ${name} is not valid on it: ${error.message}`);
    }
    engines.set(planner.schema, engine);
    return engine;
  }

  /** One plan at a time: requests come in between. */
  async function warm(engine: Engine, previous: Engine | undefined): Promise<void> {
    await turn();
    for (const text of registered.values()) {
      const document = parse(text);
      const hash = createHash('sha256').update(text).digest('hex');
      for (const operation of document.definitions)
        if (operation.kind === Kind.OPERATION_DEFINITION) engine.prepare(keyOf(hash, operation), document, operation);
      await turn();
    }
    for (const { key, document, operation } of previous?.remembered() ?? []) {
      if (documentErrors(engine.planner.schema, document, production).length === 0) engine.prepare(key, document, operation);
      await turn();
    }
  }

  const announce = ({ planner }: Engine) => {
    for (const listener of listeners) listener({ apiSchema: planner.schema, coreSupergraphSdl: planner.supergraph });
  };

  const transportFor = (context: RequestContext): Transport => ({
    send: (name, request) => subgraph(name).send(request, context),
    broken: (name, reason) => subgraph(name).broken(reason),
  });

  async function subscribe(engine: Engine, prepared: Prepared, variables: Asked['variables'], context: RequestContext) {
    const { primary } = prepared;
    if (!primary) throw new Error('a subscription without a primary fetch');
    const transport = transportFor(context);
    const { query, operationName } = primary;
    const events = await subgraph(primary.subgraph).subscribe(
      { query, ...(operationName !== undefined && { operationName }), variables: primary.variables(variables) },
      context,
    );
    return mapEvents(events, async (event): Promise<ExecutionResult> => {
      // No data at all: the subgraph did not open the stream.
      const [refusal] = event.data == null ? (event.errors ?? []) : [];
      if (refusal) throw new GraphQLError(refusal.message, { path: refusal.path, extensions: refusal.extensions });
      return engine.mapEvent(prepared, variables, transport, event);
    });
  }

  return {
    onSchemaLoadOrUpdate(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async stop() {
      listeners.clear();
    },
    async load() {
      await warm(current, undefined);
      announce(current);
      return { executor: () => Promise.reject(new Error('operations are executed by execute()')) };
    },
    async execute({ schema, document, operation, queryHash, variables, context }) {
      const engine = engines.get(schema) ?? current;
      const key = keyOf(queryHash ?? print(document), operation);
      const planned = context.watch.planning();
      const remembered = engine.remembers(key);
      const prepared = engine.prepare(key, document, operation);
      planned(remembered);
      if (prepared.kind !== 'subscription') return engine.execute(prepared, variables, transportFor(context));
      if (!context.acceptSubscription) throw new Error('a subscription where none can be served');
      context.acceptSubscription(await subscribe(engine, prepared, variables, context));
      return { data: null };
    },
    describe: (document, operation) => current.planner.describe(document, operation.name?.value),
    plansKept: () => current.remembered().length,
    async replace(sdl) {
      if (sdl === current.planner.supergraph) return;
      const next = await prepare(sdl);
      await warm(next, current);
      current = next;
      announce(next);
    },
  };
}
