import { refusalError } from '@storytelling/shared/graphql/errors';
import type { Logger } from '@storytelling/shared/infrastructure/logger';
import { Refusal } from '@storytelling/shared/value-objects/refusal';
import { type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import { createClient, type FormattedExecutionResult, type Client as LiveClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Client } from '../access/authenticate.js';
import { refuse } from '../access/refusals.js';
import type { OperationWatch } from '../observability/watch.js';
import { breaker } from './breaker.js';
import type { SubgraphAnswer, SubgraphRequest } from './batches.js';
import { answerLimit, deadline, subgraphHttp } from './subgraph-http.js';

/** What one request or subscription of a client carries through the engine. */
export type RequestContext = {
  readonly client: Client;
  readonly clientAddress: string;
  /** The client's User-Agent, by which its owner recognises a session. */
  readonly userAgent?: string | undefined;
  readonly correlationId: string;
  /** Hears what is done for it. */
  readonly watch: OperationWatch;
  /** Set where a subscription can be served: takes its events instead of an answer. */
  readonly acceptSubscription?: (events: AsyncGenerator<ExecutionResult>) => void;
};

/** The authorization header for a subgraph; without a context, of the gateway itself. Undefined: none. */
export type Authorize = (subgraph: string, context: RequestContext | undefined) => Promise<string | undefined>;

export interface LiveRequest {
  readonly query: string;
  readonly operationName?: string;
  readonly variables: Record<string, unknown>;
}

export interface Subgraph {
  /** Rejects with SUBGRAPH_UNAVAILABLE, which is logged with its reason. */
  send(request: SubgraphRequest, context: RequestContext): Promise<SubgraphAnswer>;
  /** The same error for an answer that cannot be used. */
  broken(reason: string): GraphQLError;
  /** Ends by a thrown error, never silently, when the connection is lost. */
  subscribe(request: LiveRequest, context: RequestContext): Promise<AsyncIterator<FormattedExecutionResult>>;
  close(): Promise<void>;
}

/** Events that wait for a slow client before its subscription is ended. */
const waitingEvents = 256;

/** One subgraph: a pool of HTTP connections, and one WebSocket that all subscriptions of all clients share. */
export function connectSubgraph({
  name,
  url,
  authorize,
  log,
  production,
}: {
  name: string;
  url: URL;
  authorize: Authorize;
  log: Logger;
  production: boolean;
}): Subgraph {
  const http = subgraphHttp(url);
  const circuit = breaker();

  const unavailable = () => {
    const refusal = refuse.SUBGRAPH_UNAVAILABLE();
    return refusalError(
      production
        ? refusal
        : new Refusal(refusal.code, refusal.kind, `${refusal.message.replace(/\.$/, '')} (the context ${name} does not answer).`),
    );
  };

  /** A subscription that the subgraph did not open: its own refusal, unless that is about us. */
  const refused = ([error]: readonly GraphQLFormattedError[]) => {
    const { kind, code } = error?.extensions ?? {};
    if (error && typeof kind === 'string' && code !== 'GATEWAY_ONLY')
      return new GraphQLError(error.message, { path: error.path, extensions: error.extensions });
    log.error({ subgraph: name, code }, 'subgraph refused a planned subscription');
    return unavailable();
  };

  async function send({ body, isQuery }: SubgraphRequest, context: RequestContext): Promise<SubgraphAnswer> {
    const fetching = context.watch.fetching(name);
    if (!circuit.admits()) {
      fetching.ended('left alone');
      throw unavailable();
    }
    try {
      const authorization = await authorize(name, context);
      const { correlationId, clientAddress, userAgent } = context;
      const { traceparent } = fetching;
      const headers = {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(authorization !== undefined && { authorization }),
        'x-correlation-id': correlationId,
        ...(traceparent !== undefined && { traceparent }),
        'x-client-address': clientAddress,
        ...(userAgent && { 'x-client-agent': userAgent }),
      };
      const { status, answer } = await (isQuery
        ? http.shared(`${authorization} ${clientAddress}`, body, headers)
        : http.once(body, headers));
      circuit.succeeded();
      fetching.ended('answered', status);
      return answer;
    } catch (error) {
      circuit.failed();
      fetching.ended('failed');
      log.error({ err: error, subgraph: name }, 'subgraph request failed');
      throw unavailable();
    }
  }

  async function extensionsOf(context: RequestContext) {
    const authorization = await authorize(name, context);
    const { correlationId, clientAddress, watch } = context;
    const { traceparent } = watch;
    return { ...(authorization !== undefined && { authorization }), correlationId, clientAddress, ...(traceparent && { traceparent }) };
  }

  let silence: NodeJS.Timeout | undefined;
  const socket: LiveClient = createClient({
    url: Object.assign(new URL(url), { protocol: url.protocol === 'https:' ? 'wss:' : 'ws:' }).href,
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocols: string | string[]) {
        super(address, protocols, { perMessageDeflate: false, handshakeTimeout: deadline, maxPayload: answerLimit });
      }
    },
    connectionParams: async () => {
      const authorization = await authorize(name, undefined);
      return authorization === undefined ? {} : { authorization };
    },
    connectionAckWaitTimeout: deadline,
    // A lost connection ends the subscriptions on it: repeated as they were, they would begin at a cursor that the client has passed.
    retryAttempts: 0,
    keepAlive: 15_000,
    on: {
      ping: (received) => {
        if (!received) silence = setTimeout(() => socket.terminate(), deadline);
      },
      pong: () => clearTimeout(silence),
      closed: () => clearTimeout(silence),
    },
  });

  return {
    send,
    broken(reason) {
      log.error({ subgraph: name, reason }, 'subgraph answered in another shape than was asked for');
      return unavailable();
    },
    async subscribe({ query, operationName, variables }, context) {
      const waiting: FormattedExecutionResult[] = [];
      let end: { error?: unknown } | undefined;
      let wake: () => void = () => {};
      const finish = (how: { error?: unknown }) => {
        end ??= how;
        wake();
      };
      const unsubscribe = socket.subscribe<Record<string, unknown>, Record<string, unknown>>(
        { query, operationName, variables, extensions: await extensionsOf(context) },
        {
          next(event) {
            if (end) return;
            waiting.push(event);
            if (waiting.length > waitingEvents) {
              finish({ error: refusalError(refuse.SLOW_CONSUMER()) });
              unsubscribe();
            }
            wake();
          },
          error(error) {
            if (!Array.isArray(error)) {
              log.warn(
                { subgraph: name, closed: error instanceof Error ? error.message : (Object(error) as { code?: unknown }).code },
                'subscription lost',
              );
              finish({ error: refusalError(refuse.SUBSCRIPTION_INTERRUPTED()) });
            } else finish({ error: refused(error as readonly GraphQLFormattedError[]) });
          },
          complete: () => finish({}),
        },
      );
      return {
        async next() {
          for (;;) {
            const event = waiting.shift();
            if (event) return { done: false, value: event };
            if (end) {
              if ('error' in end) throw end.error;
              return { done: true, value: undefined };
            }
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        },
        async return() {
          waiting.length = 0;
          finish({});
          unsubscribe();
          return { done: true, value: undefined };
        },
      };
    },
    async close() {
      await socket.dispose();
      await http.close();
    },
  };
}
