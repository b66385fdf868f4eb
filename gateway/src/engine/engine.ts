import { ApolloGateway } from '@apollo/gateway';
import type { ApolloServerOptions } from '@apollo/server';
import { refusalError } from '@storytelling/shared/graphql/errors';
import type { Logger } from '@storytelling/shared/infrastructure/logger';
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
        // Its extensions tell of references that led to nothing. That is no error here: a story that may not be seen is null.
        const { data, errors } = await executor(request);
        return { data, errors };
      };
      return { executor: execute };
    },
  };
}
