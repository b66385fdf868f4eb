import { ApolloGateway } from '@apollo/gateway';
import type { ApolloServerOptions } from '@apollo/server';
import { refusalError } from '@storytelling/shared/graphql/errors';
import type { Logger } from '@storytelling/shared/infrastructure/logger';
import { GraphQLError } from 'graphql';
import { refuse } from '../access/refusals.js';
import type { RequestContext, Subgraph } from './subgraph.js';
import { type EngineRequest, subscriptions } from './subscriptions.js';

type GatewayInterface = NonNullable<ApolloServerOptions<RequestContext>['gateway']>;
type Executor = NonNullable<Awaited<ReturnType<GatewayInterface['load']>>['executor']>;

/** @apollo/gateway for queries and mutations, and subscriptions beside it, as the one engine behind Apollo Server. */
export function engine({
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
    buildService({ name }) {
      const subgraph = subgraphs.get(name);
      if (!subgraph) throw new Error(`the supergraph names an unknown subgraph: ${name}`);
      return subgraph.source;
    },
    // Plans are made of documents from anywhere: a bound on the work for one, far above what any real document needs.
    queryPlannerConfig: { debug: { maxEvaluatedPlans: 1_000 } },
    logger: log,
  });
  const open = subscriptions(gateway, subgraphs);

  return {
    onSchemaLoadOrUpdate: (listener) => gateway.onSchemaLoadOrUpdate(listener),
    stop: () => gateway.stop(),
    async load(options) {
      const { executor } = await gateway.load(options);
      const execute: Executor = async (request) => {
        const { operation, context } = request as EngineRequest;
        if (operation.operation === 'subscription') {
          if (!context.acceptSubscription) throw refusalError(refuse.SUBSCRIPTION_OVER_HTTP(), { status: 400 });
          context.acceptSubscription(await open(request as EngineRequest));
          return { data: null };
        }
        const { data, errors, extensions } = await executor(request);
        if (errors || !extensions?.valueCompletion) return { data, errors };
        // A subgraph broke its own schema (null where it promised a value). The package hides that in an extension; clients hear it as an error.
        log.error({ completion: String(extensions.valueCompletion) }, 'a subgraph answered against its schema');
        return { data, errors: [new GraphQLError('a subgraph answered against its schema')] };
      };
      return { executor: execute };
    },
  };
}
