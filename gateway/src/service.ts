import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Environment } from '@storytelling/shared/infrastructure/environment';
import { gatewayTokens } from '@storytelling/shared/infrastructure/gateway-token';
import { startHttpServer } from '@storytelling/shared/infrastructure/http-server';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { processMetricsRoute } from '@storytelling/shared/infrastructure/metrics';
import { servedObjects } from '@storytelling/shared/infrastructure/open-object-store';
import type { RunningService } from '@storytelling/shared/infrastructure/run-service';
import { parse, valueFromASTUntyped } from 'graphql';
import { authenticator, clientAddress, userAgent } from './access/authenticate.js';
import { federation } from './engine/federation.js';
import { pipeline } from './engine/pipeline.js';
import { connectSubgraph, type RequestContext } from './engine/subgraph.js';
import { gatewayEnvironment, subgraphUrl } from './environment.js';
import { graphiql } from './graphiql.js';
import { inbox } from './inbox.js';
import { clientSockets } from './sockets.js';

/** From src/ and dist/ alike. */
const committedSupergraph = new URL('../../schema/supergraph.graphql', import.meta.url);

export interface Ports {
  /** The composed SDL; the committed one unless told. */
  readonly supergraph?: string;
}

/** The one endpoint. It listens when it can plan; whether contexts answer is told per answer, so that one that is down takes no other with it. */
export async function startGateway(
  environment: Environment,
  { supergraph = readFileSync(committedSupergraph, 'utf8') }: Ports = {},
): Promise<RunningService> {
  const settings = gatewayEnvironment(environment);
  const { PORT, HOST, LOG_LEVEL, NODE_ENV, IDENTITY_JWKS_URL, GATEWAY_PRIVATE_KEY, TRUST_PROXY, ALLOWED_ORIGINS, INBOX_DIR } = settings;
  const production = NODE_ENV === 'production';
  const log = createLogger('gateway', LOG_LEVEL);
  // @apollo/gateway ≥ 2.14 reports to its vendor unless this is set before it loads a schema.
  process.env.APOLLO_TELEMETRY_DISABLED = 'true';

  const folders = await servedObjects(settings.OBJECT_STORE_URL, settings.OBJECT_SIGNING_KEYS);
  const tokens = await gatewayTokens(GATEWAY_PRIVATE_KEY);
  const authenticate = authenticator(IDENTITY_JWKS_URL);
  const urls = subgraphNames(supergraph).map((name) => ({ name, url: subgraphUrl(environment, name) }));
  const subgraphs = new Map(urls.map(({ name, url }) => [name, connectSubgraph({ name, url, tokens, log, production })]));
  const server = pipeline({ gateway: federation({ supergraph, subgraphs, log }), log, production });
  await server.start();

  const allowOrigin = originRule(ALLOWED_ORIGINS, production);
  const sockets = clientSockets({ server, authenticate, proxies: TRUST_PROXY, allowOrigin, log });
  const close = async () => {
    await Promise.all(Array.from(subgraphs.values(), (subgraph) => subgraph.close()));
    await server.stop();
  };

  const http = await startHttpServer<RequestContext>({
    port: PORT,
    host: HOST,
    log,
    allowOrigin,
    routes: {
      'GET /metrics': processMetricsRoute(),
      ...(INBOX_DIR && !production && { 'GET /inbox': inbox(INBOX_DIR) }),
      'GET /.well-known/gateway-jwks.json': () => ({
        headers: { 'cache-control': 'public, max-age=300' },
        body: JSON.stringify(tokens.jwks),
      }),
    },
    folders,
    onUpgrade: (request, socket, head) => {
      if (request.url?.split('?')[0] === '/graphql') sockets.upgrade(request, socket, head);
      else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
    },
    onDrain: () => sockets.drain(),
    graphql: {
      server,
      ...(!production && { page: graphiql }),
      async open(request) {
        const client = await authenticate(request.headers.authorization);
        const correlationId = randomUUID();
        const { userId, kind } = client.caller;
        return {
          operation: { correlationId, actor: userId ? `user:${userId}` : kind },
          context: { client, correlationId, clientAddress: clientAddress(request, TRUST_PROXY), userAgent: userAgent(request) },
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
function originRule(listed: string | undefined, production: boolean): ((origin: string) => boolean) | undefined {
  if (listed === undefined) return production ? undefined : () => true;
  const origins = new Set(listed.split(',').map((origin) => origin.trim()));
  return (origin) => origins.has(origin);
}

/** The contexts by the names that the supergraph gives them: `enum join__Graph { IDENTITY @join__graph(name: "identity", url: "…") }`. */
function subgraphNames(supergraph: string): string[] {
  return parse(supergraph).definitions.flatMap((definition) =>
    definition.kind === 'EnumTypeDefinition' && definition.name.value === 'join__Graph'
      ? (definition.values ?? []).flatMap(({ directives = [] }) =>
          directives.flatMap(({ arguments: args = [] }) =>
            args.filter(({ name }) => name.value === 'name').map(({ value }) => String(valueFromASTUntyped(value))),
          ),
        )
      : [],
  );
}
