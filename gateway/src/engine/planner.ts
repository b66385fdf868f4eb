import { operationFromDocument } from '@apollo/federation-internals';
import type { ApolloGateway } from '@apollo/gateway';
import type { QueryPlan } from '@apollo/query-planner';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { type Types, typesOf } from './types.js';

/** The reference planner for one supergraph. All that reaches into Apollo's packages is in this file. */
export interface Planner {
  /** What clients see. */
  readonly schema: GraphQLSchema;
  readonly types: Types;
  /** Only of a validated document. Takes 35–50 ms of this thread when it is new. */
  plan(document: DocumentNode, operationName: string | undefined): QueryPlan;
}

export function plannerOf(gateway: ApolloGateway): Planner {
  // The only way out of the package, which otherwise keeps its planner private. One of our own would be a second copy of it all.
  const { queryPlanner } = gateway.__testing();
  if (!queryPlanner) throw new Error('the supergraph is not loaded');
  const { supergraph } = queryPlanner;
  const apiSchema = supergraph.apiSchema();
  return {
    schema: apiSchema.toGraphQLJSSchema(),
    types: typesOf(supergraph.schema.toGraphQLJSSchema()),
    plan: (document, operationName) =>
      queryPlanner.buildQueryPlan(operationFromDocument(apiSchema, document, operationName === undefined ? {} : { operationName })),
  };
}
