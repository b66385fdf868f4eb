import { randomUUID } from 'node:crypto';
import { ApolloServer, type BaseContext } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled, ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  parse,
} from 'graphql';
import { CloseCode } from 'graphql-ws';
import type { Caller } from '../graphql/caller.js';
import { documentErrors, operationOf, variableErrors, withCode } from '../graphql/document.js';
import { publicError, refusalError } from '../graphql/errors.js';
import { Refusal } from '../value-objects/refusal.js';
import type { BusHealth } from './event-bus.js';
import { bearer, gatewayTokenVerifier } from './gateway-token.js';
import { graphqlSockets } from './graphql-socket.js';
import { type HttpRoute, startHttpServer } from './http-server.js';
import type { Logger } from './logger.js';
import { mapEvents } from './map-events.js';
import { type Operation, runOperation } from './operation.js';
import type { RunningService } from './run-service.js';
import { traceparentIn } from './trace-context.js';

export interface SubgraphServerOptions<Context extends BaseContext> {
  /** The context's name, which is also the audience of the tokens that it takes. */
  readonly context: string;
  readonly schema: GraphQLSchema;
  readonly port: number;
  readonly host: string;
  /** The gateway's public keys: a JSON Web Key Set or its URL. */
  readonly gatewayJwks: string;
  /** Called per request, and per event of a subscription: what it caches (loaders) never outlives one answer. */
  makeContext(caller: Caller): Context;
  readonly log: Logger;
  /** Open to everybody, by method and path: `'GET /.well-known/jwks.json'`. */
  readonly routes?: Readonly<Record<string, HttpRoute>>;
  /** Whether it can serve now, for GET /ready. */
  readonly ready?: () => boolean | Promise<boolean>;
  /** Of the event bus, for GET /health and /ready. */
  readonly health?: () => BusHealth;
  readonly production?: boolean;
}

const actorOf = (caller: Caller) => (caller.userId ? `user:${caller.userId}` : caller.kind);

/** One context's graph over HTTP and WebSocket, for the gateway alone: whoever has no token of it gets 401 before anything is parsed. */
export async function startSubgraphServer<Context extends BaseContext>(options: SubgraphServerOptions<Context>): Promise<RunningService> {
  const {
    context: name,
    schema,
    port,
    host,
    gatewayJwks,
    makeContext,
    log,
    routes,
    ready,
    health,
    production = process.env.NODE_ENV === 'production',
  } = options;
  const verify = gatewayTokenVerifier(gatewayJwks, name);
  const format = (error: unknown) => publicError(error, log);

  const server = new ApolloServer<Context>({
    schema,
    formatError: (_, error) => format(error),
    includeStacktraceInErrorResponses: false,
    introspection: !production,
    // Only the gateway gets this far, with a header that no browser sends by itself.
    csrfPrevention: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    logger: log,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      // Traces that nobody reads would be made for each field.
      ApolloServerPluginInlineTraceDisabled(),
      {
        async requestDidStart() {
          return {
            async didResolveOperation({ operation, request }) {
              const [error] = operation ? variableErrors(schema, operation, request.variables ?? {}) : [];
              if (error) throw error;
            },
          };
        },
      },
    ],
  });
  await server.start();

  const sockets = graphqlSockets({
    log,
    maxPayload: 1024 * 1024,
    protocol: {
      async onConnect({ connectionParams, extra }) {
        try {
          const { kind } = await verify(bearer(connectionParams?.authorization));
          if (kind === 'service') return true;
        } catch (error) {
          if (error instanceof Refusal && error.kind === 'UNAVAILABLE') extra.close(1013, error.message);
        }
        extra.close(CloseCode.Unauthorized, 'GATEWAY_ONLY');
        return false;
      },
      // Throwing in here would end the socket that all clients of a gateway share.
      async onSubscribe(_connection, _id, { query, operationName, variables, extensions }) {
        try {
          const caller = withClient(await verify(bearer(extensions?.authorization)), { 'x-client-address': extensions?.clientAddress });
          const operation: Operation = {
            correlationId: correlationId(extensions?.correlationId),
            actor: actorOf(caller),
            traceparent: traceparentIn(extensions?.traceparent),
          };
          const document = parse(query);
          const invalid = documentErrors(schema, document, production);
          if (invalid.length > 0) return invalid;
          const definition = operationOf(document, operationName);
          if (definition instanceof GraphQLError) return [definition];
          const wrong = variableErrors(schema, definition, variables ?? {});
          if (wrong.length > 0) return wrong;
          return { schema, document, operationName, variableValues: variables, contextValue: { caller, operation } satisfies Opened };
        } catch (error) {
          return [
            error instanceof GraphQLError
              ? withCode(error, 'GRAPHQL_PARSE_FAILED')
              : error instanceof Refusal
                ? refusalError(error)
                : new GraphQLError('unexpected', { originalError: asError(error) }),
          ];
        }
      },
      subscribe: (args) => liveEvents(args, makeContext),
      execute: (args) => {
        const { caller, operation } = args.contextValue as Opened;
        return runOperation(operation, () => execute({ ...args, contextValue: makeContext(caller) }));
      },
      onNext: (_connection, _id, _payload, { contextValue }, result) =>
        runOperation((contextValue as Opened).operation, () => formatted(result, format)),
      onError: (_connection, _id, { extensions }, errors) =>
        runOperation({ correlationId: correlationId(extensions?.correlationId), actor: 'gateway' }, () => errors.map(format)),
    },
  });

  const http = await startHttpServer<Context>({
    port,
    host,
    log,
    routes,
    ready,
    ...(health && { health }),
    onUpgrade: sockets.upgrade,
    onDrain: () => sockets.drain(),
    // What clients send is limited at the gateway; a batch of entity representations is larger than what asked for it.
    bodyLimit: 4 * 1024 * 1024,
    graphql: {
      server,
      async open(request) {
        const caller = withClient(await verify(bearer(request.headers.authorization)), request.headers);
        return {
          operation: {
            correlationId: correlationId(request.headers['x-correlation-id']),
            actor: actorOf(caller),
            traceparent: traceparentIn(request.headers.traceparent),
          },
          context: makeContext(caller),
        };
      },
    },
  });

  return {
    name,
    url: `${http.url}/graphql`,
    port: http.port,
    async stop() {
      await http.drain();
      await server.stop();
    },
  };
}

interface Opened {
  readonly caller: Caller;
  readonly operation: Operation;
}

/** What the gateway says of the client beside its token. */
function withClient(caller: Caller, { 'x-client-address': clientAddress, 'x-client-agent': userAgent }: Record<string, unknown>): Caller {
  return {
    ...caller,
    ...(typeof clientAddress === 'string' && { clientAddress }),
    ...(typeof userAgent === 'string' && { userAgent }),
  };
}

/** The gateway's id of a request, if it has the form of one: it goes into logs and envelopes. */
function correlationId(given: unknown): string {
  return typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));

function formatted(result: ExecutionResult, format: (error: unknown) => ReturnType<typeof publicError>): FormattedExecutionResult {
  return result.errors ? { ...result, errors: result.errors.map(format) } : result;
}

/**
 * graphql-js's subscribe() resolves every event with one context, so that a loader would answer the second event from what it read for
 * the first. Here each event has its own.
 */
async function liveEvents<Context>(
  args: ExecutionArgs,
  makeContext: (caller: Caller) => Context,
): Promise<AsyncGenerator<ExecutionResult> | ExecutionResult> {
  const { caller, operation } = args.contextValue as Opened;
  const source = await runOperation(operation, () => createSourceEventStream({ ...args, contextValue: makeContext(caller) }));
  if (!(Symbol.asyncIterator in source)) return source;
  // The source's own code runs inside `next`: it, too, belongs to this operation.
  const events = source[Symbol.asyncIterator]();
  const inOperation: AsyncIterator<unknown> = {
    next: () => runOperation(operation, () => events.next()),
    return: async () => (await events.return?.()) ?? { done: true, value: undefined },
  };
  return mapEvents(inOperation, (rootValue) =>
    runOperation(operation, async () => execute({ ...args, rootValue, contextValue: makeContext(caller) })),
  );
}
