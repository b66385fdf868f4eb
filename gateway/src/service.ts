import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, SettingError } from '@storytelling/shared/infrastructure/environment';
import { topicOf } from '@storytelling/shared/infrastructure/event-bus';
import { startHttpServer } from '@storytelling/shared/infrastructure/http-server';
import { createLogger, type Logger } from '@storytelling/shared/infrastructure/logger';
import { servedObjects } from '@storytelling/shared/infrastructure/open-object-store';
import type { RunningService } from '@storytelling/shared/infrastructure/run-service';
import { parse, valueFromASTUntyped } from 'graphql';
import { clientAddress, userAgent } from './access/authenticate.js';
import { endedSessions, listenForEndedSessions, type SessionNews } from './access/ended-sessions.js';
import { forwardIdentity } from './access/forward-identity.js';
import { admission } from './engine/admission.js';
import { federation, type RegisteredOperations } from './engine/federation.js';
import { connectSubgraph, type RequestContext, type Subgraph } from './engine/subgraph.js';
import { readSupergraph, type SupergraphSource, watchSupergraph } from './engine/supergraph-source.js';
import { asksForTraces, gatewayEnvironment, type GatewayEnvironment, subgraphUrl } from './environment.js';
import { graphiql } from './graphiql.js';
import { inbox } from './inbox.js';
import { gatewayMetrics } from './observability/metrics.js';
import { operationWatches } from './observability/watch.js';
import { pipeline } from './pipeline.js';
import { clientSockets } from './sockets.js';

/** From src/ and dist/ alike. It changes with the code only, so nobody watches it. */
const committed: SupergraphSource = { file: new URL('../../schema/supergraph.graphql', import.meta.url) };

export interface Ports {
  /** Instead of the event bus that the settings name. */
  readonly news?: SessionNews;
  /** The composed SDL instead of the one that the settings name. */
  readonly supergraph?: string;
}

/** The one endpoint. It listens when it can plan; whether contexts answer is told per answer, so that one that is down takes no other with it. */
export async function startGateway(environment: Environment, { supergraph: given, news: givenNews }: Ports = {}): Promise<RunningService> {
  const settings = gatewayEnvironment(environment);
  const { PORT, HOST, LOG_LEVEL, NODE_ENV, TRUST_PROXY, ALLOWED_ORIGINS, INBOX_DIR } = settings;
  const production = NODE_ENV === 'production';
  const log = createLogger('gateway', LOG_LEVEL);
  const folders = await servedObjects(settings.OBJECT_STORE_URL, settings.OBJECT_SIGNING_KEYS);
  const ended = endedSessions();
  const { authenticate, authorize, jwks } = await forwardIdentity(settings, ended);
  const source = sourceOf(settings);
  const supergraph = given ?? (await firstSupergraph(source));
  const registered = await registeredOperations(settings.REGISTERED_OPERATIONS);
  const subgraphs = new Map<string, Subgraph>();
  /** Connections of a supergraph: those that are there already go on. */
  const connect = (sdl: string) => {
    for (const { name, url } of subgraphsIn(sdl)) {
      const target = subgraphUrl(environment, name, settings.FORWARD_IDENTITY === 'tokens' ? undefined : url);
      if (!subgraphs.has(name)) subgraphs.set(name, connectSubgraph({ name, url: target, authorize, log, production }));
    }
  };
  connect(supergraph);
  const subgraph = (name: string): Subgraph => {
    const found = subgraphs.get(name);
    if (!found) throw new Error(`the plan names an unknown subgraph: ${name}`);
    return found;
  };
  const gateway = await federation({ supergraph, registered, subgraph, log, production }).catch((error: unknown) => {
    throw new SettingError(`The supergraph cannot be served: ${error instanceof Error ? error.message : String(error)}`);
  });
  const { admit, waiting } = admission();
  const metrics = gatewayMetrics({ plansKept: () => gateway.plansKept(), waiting, registered: operationNames(registered) });
  const tracing = asksForTraces(settings) ? (await import('./observability/tracing.js')).openTracing(environment, log) : undefined;
  const watchOperation = operationWatches({ metrics, tracing, slowAfter: settings.SLOW_OPERATION_MS, log });
  const server = pipeline({ gateway, log, production });
  await server.start();
  const take = async (sdl: string) => {
    connect(sdl);
    await gateway.replace(sdl);
  };
  const watching = given === undefined && source !== committed ? watchSupergraph(source, supergraph, take, log) : undefined;

  const openNews = givenNews ? async () => givenNews : await sessionNews(settings, log);
  const news = openNews && listenForEndedSessions(ended, openNews, log);
  const allowOrigin = originRule(ALLOWED_ORIGINS, production);
  const sockets = clientSockets({ server, admit, authenticate, ended, proxies: TRUST_PROXY, allowOrigin, watchOperation, log });
  const close = async () => {
    await watching?.stop();
    await Promise.all(Array.from(subgraphs.values(), (subgraph) => subgraph.close()));
    await server.stop();
    await news?.close();
    await tracing?.close();
  };

  const http = await startHttpServer<RequestContext>({
    port: PORT,
    host: HOST,
    log,
    allowOrigin,
    routes: {
      'GET /metrics': metrics.route,
      ...(INBOX_DIR && !production && { 'GET /inbox': inbox(INBOX_DIR) }),
      ...(jwks && {
        'GET /.well-known/gateway-jwks.json': () => ({
          headers: { 'cache-control': 'public, max-age=300' },
          body: JSON.stringify(jwks),
        }),
      }),
    },
    folders,
    ...(news && { health: () => news.health() }),
    onUpgrade: (request, socket, head) => {
      if (request.url?.split('?')[0] === '/graphql') sockets.upgrade(request, socket, head);
      else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
    },
    onDrain: () => sockets.drain(),
    graphql: {
      server,
      admit,
      ...(!production && { page: graphiql }),
      async open(request) {
        const client = await authenticate(request.headers.authorization);
        const correlationId = randomUUID();
        const { userId, kind } = client.caller;
        const watch = watchOperation(correlationId, request.headers.traceparent);
        return {
          operation: { correlationId, actor: userId ? `user:${userId}` : kind, traceparent: watch.traceparent },
          context: {
            client,
            correlationId,
            watch,
            clientAddress: clientAddress(request, TRUST_PROXY),
            userAgent: userAgent(request),
          },
        };
      },
    },
  }).catch(async (error: unknown) => {
    await close();
    throw error;
  });

  return {
    name: 'gateway',
    url: `${http.url}/graphql`,
    port: http.port,
    async stop() {
      await http.drain({ notice: 400 });
      await close();
    },
  };
}

/** Which pages may read answers and open sockets. There is no credential that a browser sends by itself, so this is a second fence. */
function originRule(listed: readonly string[] | undefined, production: boolean): ((origin: string) => boolean) | undefined {
  if (listed === undefined) return production ? undefined : () => true;
  return (origin) => listed.includes(origin);
}

/** The drivers of both transports are loaded where one is named only. */
async function sessionNews(
  { EVENT_BUS_URL, ...settings }: GatewayEnvironment,
  log: Logger,
): Promise<(() => Promise<SessionNews>) | undefined> {
  if (EVENT_BUS_URL === undefined) return undefined;
  const { eventBusOf } = await import('@storytelling/shared/infrastructure/open-event-bus');
  const open = eventBusOf({ ...settings, EVENT_BUS_URL });
  return () => open({ context: 'gateway', databaseUrl: '', topics: [topicOf('identity')], log });
}

function sourceOf({ SUPERGRAPH_FILE: file, SUPERGRAPH_URL: url }: GatewayEnvironment): SupergraphSource {
  if (file && url) throw new SettingError('The settings SUPERGRAPH_FILE and SUPERGRAPH_URL contradict each other: set one.');
  return url ? { url } : file ? { file } : committed;
}

async function firstSupergraph(source: SupergraphSource): Promise<string> {
  try {
    return await readSupergraph(source);
  } catch (error) {
    const setting = 'url' in source ? 'SUPERGRAPH_URL' : 'SUPERGRAPH_FILE';
    throw new SettingError(
      `The supergraph of the setting ${setting} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

/** The documents of a folder (*.graphql), by their files' names. */
async function registeredOperations(folder: string | undefined): Promise<RegisteredOperations> {
  if (folder === undefined) return new Map();
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.graphql')).sort();
    return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)));
  } catch (error) {
    throw new SettingError(
      `The folder of the setting REGISTERED_OPERATIONS cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

function operationNames(registered: RegisteredOperations): string[] {
  return Array.from(registered.values()).flatMap((text) =>
    parse(text).definitions.flatMap((definition) => (definition.kind === 'OperationDefinition' && definition.name?.value) || []),
  );
}

/** The contexts by the names that the supergraph gives them: `enum join__Graph { IDENTITY @join__graph(name: "identity", url: "…") }`. */
function subgraphsIn(supergraph: string): { name: string; url: string | undefined }[] {
  return parse(supergraph).definitions.flatMap((definition) =>
    definition.kind === 'EnumTypeDefinition' && definition.name.value === 'join__Graph'
      ? (definition.values ?? []).flatMap(({ directives = [] }) => {
          const given = new Map(
            directives.flatMap(({ arguments: args = [] }) =>
              args.map(({ name, value }) => [name.value, String(valueFromASTUntyped(value))]),
            ),
          );
          const name = given.get('name');
          return name === undefined ? [] : [{ name, url: given.get('url') || undefined }];
        })
      : [],
  );
}
