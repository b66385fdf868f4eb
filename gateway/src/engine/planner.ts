import { operationFromDocument } from '@apollo/federation-internals';
import { ApolloGateway } from '@apollo/gateway';
import { prettyFormatQueryPlan, type QueryPlan } from '@apollo/query-planner';
import type { Logger } from '@storytelling/shared/infrastructure/logger';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { type Types, typesOf } from './types.js';

/** The reference planner for one supergraph. All that reaches into Apollo's packages is in this file. */
export interface Planner {
  readonly supergraph: string;
  /** What clients see. */
  readonly schema: GraphQLSchema;
  readonly types: Types;
  /** Only of a validated document. Takes 35–50 ms of this thread when it is new. */
  plan(document: DocumentNode, operationName: string | undefined): QueryPlan;
  /** The same for people. */
  describe(document: DocumentNode, operationName: string | undefined): string;
}

/** Rejects when the SDL is no supergraph. Takes 50–100 ms of this thread. */
export async function loadPlanner(supergraph: string, log?: Logger): Promise<Planner> {
  // It reports to its vendor unless this is set before it loads a schema.
  process.env.APOLLO_TELEMETRY_DISABLED = 'true';
  const gateway = new ApolloGateway({
    supergraphSdl: supergraph,
    // The package keeps the supergraph and the planner; nothing is ever sent by it.
    buildService: () => ({ process: () => Promise.reject(new Error('operations are executed by the engine')) }),
    // Plans are made of documents from anywhere: a bound on the work for one, far above what any real document needs.
    queryPlannerConfig: { debug: { maxEvaluatedPlans: 1_000 } },
    logger: log ?? { debug() {}, info() {}, warn() {}, error() {} },
  });
  await gateway.load();
  // The only way out of the package, which otherwise keeps its planner private. One of our own would be a second copy of it all.
  const { queryPlanner } = gateway.__testing();
  if (!queryPlanner) throw new Error('the supergraph is not loaded');
  const apiSchema = queryPlanner.supergraph.apiSchema();
  const plan = (document: DocumentNode, operationName: string | undefined) =>
    queryPlanner.buildQueryPlan(operationFromDocument(apiSchema, document, operationName === undefined ? {} : { operationName }));
  return {
    supergraph,
    schema: apiSchema.toGraphQLJSSchema(),
    types: typesOf(queryPlanner.supergraph.schema.toGraphQLJSSchema()),
    plan,
    describe: (document, operationName) => prettyFormatQueryPlan(plan(document, operationName)),
  };
}
