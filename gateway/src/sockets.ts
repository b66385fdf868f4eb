import { randomUUID } from 'node:crypto';
import type { ApolloServer } from '@apollo/server';
import { publicError } from '@storytelling/shared/graphql/errors';
import { type Connection, type GraphQLSockets, graphqlSockets } from '@storytelling/shared/infrastructure/graphql-socket';
import type { Logger } from '@storytelling/shared/infrastructure/logger';
import { mapEvents } from '@storytelling/shared/infrastructure/map-events';
import { runOperation } from '@storytelling/shared/infrastructure/operation';
import { Refusal } from '@storytelling/shared/value-objects/refusal';
import { buildSchema, type ExecutionResult, type FormattedExecutionResult, GraphQLError, type GraphQLFormattedError, parse } from 'graphql';
import { CloseCode } from 'graphql-ws';
import { type Authenticate, authorizationIn, type Client, clientAddress, userAgent } from './access/authenticate.js';
import type { EndedSessions } from './access/ended-sessions.js';
import { refuse } from './access/refusals.js';
import type { Admit } from './engine/admission.js';
import type { RequestContext } from './engine/subgraph.js';
import type { WatchOperation } from './observability/watch.js';

/** Operations that one socket may have open. */
const openOperations = 50;

/** What the pipeline made of an operation: graphql-ws takes it from here. The documents only tell it which of the two it is. */
type Outcome = { readonly answer: FormattedExecutionResult } | { readonly events: AsyncGenerator<FormattedExecutionResult> };
const schema = buildSchema('type Query { answer: Int } type Subscription { events: Int }');
const single = parse('{ answer }');
const live = parse('subscription { events }');

/** Already what the client shall see. */
class PublicError extends GraphQLError {
  constructor(readonly formatted: GraphQLFormattedError) {
    super(formatted.message);
  }
}

const publicOf = (error: unknown) => (error instanceof PublicError ? error.formatted : undefined);

function formatted(
  events: AsyncGenerator<ExecutionResult>,
  format: (error: unknown) => PublicError,
): AsyncGenerator<FormattedExecutionResult> {
  const source: AsyncIterator<ExecutionResult> = {
    // What is thrown here ends the subscription, never the socket.
    next: () =>
      events.next().catch((error: unknown) => {
        throw format(error);
      }),
    return: () => events.return(undefined),
  };
  return mapEvents(source, async ({ errors, ...result }) => ({
    ...result,
    ...(errors && { errors: errors.map((error) => format(error).formatted) }),
  }));
}

export function clientSockets({
  server,
  admit,
  authenticate,
  ended,
  proxies,
  allowOrigin,
  watchOperation,
  log,
}: {
  server: ApolloServer<RequestContext>;
  admit: Admit;
  authenticate: Authenticate;
  ended: EndedSessions;
  proxies: number;
  allowOrigin?: (origin: string) => boolean;
  watchOperation: WatchOperation;
  log: Logger;
}): GraphQLSockets {
  const clients = new WeakMap<Connection, Client>();
  const ends = new Map<Connection, { at: number; timer: NodeJS.Timeout }>();

  const sessions = new Map<Connection, Set<string>>();
  ended.onEnd((session) => {
    for (const [connection, its] of sessions) if (its.has(session)) connection.close(CloseCode.Forbidden, 'ACCESS_TOKEN_EXPIRED');
  });

  /** The socket ends when the first credential that it carries does; the client comes back with a fresh one. */
  function endWith(connection: Connection, { caller }: Client) {
    if (caller.sessionId !== undefined) sessions.set(connection, (sessions.get(connection) ?? new Set()).add(caller.sessionId));
    const at = caller.expiresAt?.getTime();
    const known = ends.get(connection);
    if (at === undefined || (known && known.at <= at)) return;
    clearTimeout(known?.timer);
    const timer = setTimeout(() => connection.close(CloseCode.Forbidden, 'ACCESS_TOKEN_EXPIRED'), Math.max(0, at - Date.now()));
    timer.unref();
    ends.set(connection, { at, timer });
  }

  return graphqlSockets({
    log,
    allowOrigin,
    protocol: {
      connectionInitWaitTimeout: 3_000,
      async onConnect({ connectionParams, extra: connection }) {
        try {
          const client = await authenticate(authorizationIn(connectionParams));
          clients.set(connection, client);
          endWith(connection, client);
          return true;
        } catch (error) {
          const unchecked = error instanceof Refusal && error.kind === 'UNAVAILABLE';
          if (!(error instanceof Refusal)) log.error({ err: error }, 'unexpected error');
          // 1013: try again later. Of the others, 4403 is the one that clients answer with a fresh token.
          connection.close(unchecked ? 1013 : CloseCode.Forbidden, error instanceof Refusal ? error.code : 'INTERNAL');
          return false;
        }
      },
      async onSubscribe({ extra: connection, subscriptions }, _id, { query, operationName, variables, extensions }) {
        const correlationId = randomUUID();
        const watch = watchOperation(correlationId, extensions?.traceparent);
        const operation = { correlationId, actor: 'anonymous', traceparent: watch.traceparent };
        const format = (error: unknown) => new PublicError(runOperation(operation, () => publicError(error, log)));
        try {
          if (Object.keys(subscriptions).length > openOperations) throw refuse.TOO_MANY_SUBSCRIPTIONS({ limit: openOperations });
          // GraphiQL sends its header editor with each operation instead of with connection_init.
          const own = authorizationIn(extensions) ?? authorizationIn(extensions?.headers);
          const client = own === undefined ? clients.get(connection) : await authenticate(own);
          if (!client) throw refuse.ACCESS_TOKEN_INVALID();
          endWith(connection, client);

          let events: AsyncGenerator<ExecutionResult> | undefined;
          const { body } = await runOperation(operation, () =>
            admit(() =>
              server.executeOperation(
                { query, operationName: operationName ?? undefined, variables: variables ?? undefined },
                {
                  contextValue: {
                    client,
                    correlationId,
                    watch,
                    clientAddress: clientAddress(connection.request, proxies),
                    userAgent: userAgent(connection.request),
                    acceptSubscription: (opened) => {
                      events = opened;
                    },
                  },
                },
              ),
            ),
          );
          if (events) return { schema, document: live, contextValue: { events: formatted(events, format) } satisfies Outcome };
          if (body.kind !== 'single') throw new Error('an answer in parts');
          const { data, errors } = body.singleResult;
          // Refused as a whole, before or instead of any data: an `error` message, which ends the operation.
          if (data === undefined && errors) return errors.map((error) => new PublicError(error));
          return { schema, document: single, contextValue: { answer: body.singleResult } satisfies Outcome };
        } catch (error) {
          return [format(error)];
        }
      },
      execute: ({ contextValue }) => (contextValue as { answer: ExecutionResult }).answer,
      subscribe: ({ contextValue }) => (contextValue as { events: AsyncGenerator<ExecutionResult> }).events,
      onNext: (_context, _id, _payload, _args, result) => result,
      onError: (_context, _id, _payload, errors) =>
        errors.map((error) => publicOf(error) ?? publicOf(error.originalError) ?? publicError(error, log)),
      onClose: ({ extra: connection }) => {
        clearTimeout(ends.get(connection)?.timer);
        ends.delete(connection);
        sessions.delete(connection);
      },
    },
  });
}
