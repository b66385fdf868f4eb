import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway';
import type { ApolloServerOptions } from '@apollo/server';
import { operationOf } from '@storytelling/shared/graphql/document';
import { refusalError } from '@storytelling/shared/graphql/errors';
import { mapEvents } from '@storytelling/shared/infrastructure/map-events';
import type { Logger } from '@storytelling/shared/infrastructure/logger';
import { type ExecutionResult, GraphQLError } from 'graphql';
import { refuse } from '../access/refusals.js';
import { createEngine, type Engine, type Prepared } from './engine.js';
import type { Transport } from './fetches.js';
import { plannerOf } from './planner.js';
import type { RequestContext, Subgraph } from './subgraph.js';

type GatewayInterface = NonNullable<ApolloServerOptions<RequestContext>['gateway']>;

/** The package keeps the supergraph and the planner; nothing is ever sent by it. */
const neverAsked: GraphQLDataSource = {
  process: () => Promise.reject(new Error('operations are executed by the engine')),
};

/** What Apollo Server stands in front of: @apollo/gateway for the life cycle of the supergraph and for plans, our engine for everything else. */
export function federation({
  supergraph,
  subgraphs,
  log,
}: {
  supergraph: string;
  subgraphs: ReadonlyMap<string, Subgraph>;
  log: Logger;
}): GatewayInterface {
  const gateway = new ApolloGateway({
    supergraphSdl: supergraph,
    buildService: () => neverAsked,
    // Plans are made of documents from anywhere: a bound on the work for one, far above what any real document needs.
    queryPlannerConfig: { debug: { maxEvaluatedPlans: 1_000 } },
    logger: log,
  });
  let engine: Engine | undefined;

  const subgraph = (name: string): Subgraph => {
    const found = subgraphs.get(name);
    if (!found) throw new Error(`the plan names an unknown subgraph: ${name}`);
    return found;
  };
  const transportFor = (context: RequestContext): Transport => ({
    send: (name, request) => subgraph(name).send(request, context),
    broken: (name, reason) => subgraph(name).broken(reason),
  });

  async function subscribe(prepared: Prepared, variables: Record<string, unknown>, context: RequestContext, running: Engine) {
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
      return running.mapEvent(prepared, variables, transport, event);
    });
  }

  return {
    onSchemaLoadOrUpdate: (listener) => gateway.onSchemaLoadOrUpdate(listener),
    stop: () => gateway.stop(),
    async load(options) {
      await gateway.load(options);
      return {
        async executor({ document, request, queryHash, context: given }) {
          const context = given as RequestContext;
          engine ??= createEngine(plannerOf(gateway));
          const operation = operationOf(document, request.operationName);
          if (operation instanceof GraphQLError) throw operation;
          const prepared = engine.prepare(`${queryHash} ${request.operationName ?? ''}`, document, operation);
          const variables = request.variables ?? {};
          if (prepared.kind !== 'subscription') return engine.execute(prepared, variables, transportFor(context));
          if (!context.acceptSubscription) throw refusalError(refuse.SUBSCRIPTION_OVER_HTTP(), { status: 400 });
          context.acceptSubscription(await subscribe(prepared, variables, context, engine));
          return { data: null };
        },
      };
    },
  };
}
