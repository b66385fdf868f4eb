import { type ApolloGateway, buildOperationContext, executeQueryPlan, type ServiceMap } from '@apollo/gateway';
import { operationFromDocument, type Schema } from '@apollo/federation-internals';
import type { QueryPlan, QueryPlanner, SubscriptionNode } from '@apollo/query-planner';
import { withCode } from '@storytelling/shared/graphql/document';
import { mapEvents } from '@storytelling/shared/infrastructure/map-events';
import { type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql';
import type { FormattedExecutionResult } from 'graphql-ws';
import type { RequestContext, Subgraph } from './subgraph.js';

export type EngineRequest = Parameters<typeof executeQueryPlan>[2] & { readonly context: RequestContext };

const rememberedPlans = 500;

/**
 * The package plans subscriptions (`{ kind: 'Subscription', primary, rest }`) and refuses to execute them. So the primary fetch is opened
 * upstream, and for each event the plan runs as a query whose primary fetch is answered by that event: joins, errors and shaping are the
 * package's own.
 */
export function subscriptions(gateway: ApolloGateway, subgraphs: ReadonlyMap<string, Subgraph>) {
  const plans = new Map<string, SubscriptionNode>();
  const schemas = new WeakMap<QueryPlanner, { apiSchema: Schema; supergraphSchema: GraphQLSchema }>();

  function loaded() {
    // The planner's only way out of the package, which otherwise keeps it private. A planner of our own would be a second copy of it all.
    const { queryPlanner } = gateway.__testing();
    if (!queryPlanner) throw new Error('the supergraph is not loaded');
    const { supergraph } = queryPlanner;
    const known = schemas.get(queryPlanner) ?? {
      apiSchema: supergraph.apiSchema(),
      supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    };
    schemas.set(queryPlanner, known);
    return { queryPlanner, ...known };
  }

  function plan({ document, queryHash, request }: EngineRequest): SubscriptionNode {
    const key = `${queryHash} ${request.operationName ?? ''}`;
    const known = plans.get(key);
    if (known) return known;
    const { apiSchema, queryPlanner } = loaded();
    const { node } = queryPlanner.buildQueryPlan(operationFromDocument(apiSchema, document, { operationName: request.operationName }));
    // With @skip(if: true) at the root there is nothing to plan; graphql-js lets it pass.
    if (node?.kind !== 'Subscription')
      throw withCode(new GraphQLError('A subscription must select one field, without @skip or @include.'), 'GRAPHQL_VALIDATION_FAILED');
    const [oldest] = plans.keys();
    if (plans.size >= rememberedPlans && oldest !== undefined) plans.delete(oldest);
    plans.set(key, node);
    return node;
  }

  return async function open(request: EngineRequest): Promise<AsyncGenerator<ExecutionResult>> {
    const { primary, rest } = plan(request);
    const { apiSchema, supergraphSchema } = loaded();
    const variables = request.request.variables ?? {};
    const operation = buildOperationContext({
      schema: request.schema,
      operationDocument: request.document,
      operationName: request.request.operationName,
    });
    const perEvent: QueryPlan = { kind: 'QueryPlan', node: { kind: 'Sequence', nodes: rest ? [primary, rest] : [primary] } };
    const sources: ServiceMap = Object.fromEntries(Array.from(subgraphs, ([name, { source }]) => [name, source]));

    const upstream = subgraphs.get(primary.serviceName);
    if (!upstream) throw new Error(`the plan names an unknown subgraph: ${primary.serviceName}`);
    const used = Object.fromEntries(Object.entries(variables).filter(([name]) => primary.variableUsages?.includes(name)));
    const events = await upstream.subscribe(
      { query: primary.operation, operationName: primary.operationName, variables: used },
      request.context,
    );

    return mapEvents(events, async (event) => {
      // No data at all: the subgraph did not open the stream.
      const [refusal] = event.data == null ? (event.errors ?? []) : [];
      if (refusal) throw new GraphQLError(refusal.message, { path: refusal.path, extensions: refusal.extensions });
      const { data, errors } = await executeQueryPlan(
        perEvent,
        { ...sources, [primary.serviceName]: answeredFirst(event, sources[primary.serviceName]) },
        // The package notes errors in the metrics of the request; a stream has no end.
        { ...request, metrics: {} },
        operation,
        supergraphSchema,
        apiSchema,
      );
      return { data, errors };
    });
  };
}

type Source = ServiceMap[string];

/** The plan's first fetch is the primary; later ones to the same subgraph are real. */
function answeredFirst(event: FormattedExecutionResult, source: Source | undefined): Source {
  let answered = false;
  return {
    process(options) {
      if (answered && source) return source.process(options);
      answered = true;
      return Promise.resolve({ data: event.data, errors: event.errors });
    },
  };
}
