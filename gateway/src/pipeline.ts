import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { documentErrors, operationOf, variableErrors } from '@storytelling/shared/graphql/document';
import { publicError, refusalError } from '@storytelling/shared/graphql/errors';
import type { Logger } from '@storytelling/shared/infrastructure/logger';
import { type DocumentNode, type FormattedExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql';
import { beyondLimits, limits } from './access/limits.js';
import { refuse } from './access/refusals.js';
import type { Federation } from './engine/federation.js';
import type { RequestContext } from './engine/subgraph.js';
import { serverTiming } from './observability/watch.js';

/**
 * By GraphQL over HTTP, whoever names application/json alone reads 4xx as an answer of some proxy's and not of GraphQL: a request of the
 * right form has 200 then, whatever is wrong with its document. Whoever names nothing (curl, fetch) or the newer
 * application/graphql-response+json gets the status that says it.
 */
function namesJsonOnly(http: { headers: { get(name: string): string | undefined } } | undefined): boolean {
  const accept = http?.headers.get('accept');
  return accept !== undefined && /application\/json/i.test(accept) && !/application\/graphql-response\+json/i.test(accept);
}

/** Data that goes into one text: whoever keeps the answer any longer does not keep it. */
function once(data: Record<string, unknown>): Record<string, unknown> {
  let kept: unknown = data;
  return {
    toJSON() {
      const given = kept;
      kept = undefined;
      return given;
    },
  };
}

/**
 * Apollo Server with our checks between parsing and execution. HTTP and WebSocket both come through here, subscriptions included, so
 * that no transport can skip one: parse (tokens) → limits → validate → variables → execute.
 */
export function pipeline({ gateway, log, production }: { gateway: Federation; log: Logger; production: boolean }) {
  // Apollo Server keeps parsed documents; what is found in one is kept as long as it.
  const checked = new WeakMap<DocumentNode, { schema: GraphQLSchema; errors: readonly GraphQLError[] }>();

  function problems(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
    const known = checked.get(document);
    if (known?.schema === schema) return known.errors;
    const beyond = beyondLimits(document);
    const errors = beyond ? [refusalError(beyond)] : documentErrors(schema, document, production);
    checked.set(document, { schema, errors });
    return errors;
  }

  return new ApolloServer<RequestContext>({
    gateway,
    parseOptions: { maxTokens: limits.tokens },
    // Done below, after the limits: graphql-js compares fields pairwise, which is what the limits are there to bound.
    dangerouslyDisableValidation: true,
    formatError: (_, error) => publicError(error, log),
    includeStacktraceInErrorResponses: false,
    introspection: !production,
    // No cookie or other credential that a browser would send by itself is accepted here, so there is nothing to forge.
    csrfPrevention: false,
    persistedQueries: false,
    // Apollo Server's own appends a line break, for which the whole answer is copied once more.
    stringifyResult: (result) => JSON.stringify(result),
    stopOnTerminationSignals: false,
    logger: log,
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      {
        async requestDidStart({ contextValue: { watch } }) {
          watch.begun();
          return {
            async willSendResponse({ operationName, operation, document, queryHash, request, response }) {
              if (response.body.kind !== 'single') throw new Error('an answer in parts');
              const result = response.body.singleResult;
              const codes = (result.errors ?? []).map(({ extensions }) => String(extensions?.code));
              if (response.http.status === 400 && codes[0] !== 'BAD_REQUEST' && namesJsonOnly(request.http)) response.http.status = 200;
              const account = watch.ended({
                name: operationName?.slice(0, 64),
                type: operation?.operation,
                hash: queryHash,
                codes,
                refused: result.data === undefined,
              });
              if (production || !request.http?.headers.has('x-explain')) return;
              response.http.headers.set('server-timing', serverTiming(account));
              if (document && operation && result.data !== undefined)
                result.extensions = {
                  ...result.extensions,
                  explain: { ...account, steps: gateway.describe(document, operation).split('\n') },
                };
            },
            async responseForOperation({ schema, document, queryHash, request, response, contextValue: context }) {
              const answer = (singleResult: FormattedExecutionResult, status?: number) => {
                if (status) response.http.status = status;
                return { http: response.http, body: { kind: 'single' as const, singleResult } };
              };
              const refused = (errors: readonly GraphQLError[]) => answer({ errors: errors.map((error) => publicError(error, log)) }, 400);

              const found = problems(schema, document);
              if (found.length > 0) return refused(found);
              const operation = operationOf(document, request.operationName);
              if (operation instanceof GraphQLError) return refused([operation]);
              const variables = request.variables ?? {};
              const wrong = variableErrors(schema, operation, variables);
              if (wrong.length > 0) return refused(wrong);
              if (operation.operation === 'subscription' && !context.acceptSubscription)
                return refused([refusalError(refuse.SUBSCRIPTION_OVER_HTTP())]);
              try {
                const result = await gateway.execute({ schema, document, operation, queryHash, variables, context });
                const { data, errors } = result;
                delete result.data;
                return answer({ data: data && once(data), ...(errors && { errors: errors.map((error) => publicError(error, log)) }) });
              } catch (error) {
                return answer({ errors: [publicError(error, log)] }, 500);
              }
            },
          };
        },
      },
    ],
  });
}
