import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Caller } from '@storytelling/shared/graphql/caller';
import { readMails } from '@storytelling/shared/infrastructure/file-mailer';
import { gatewayTokens, newGatewayKey } from '@storytelling/shared/infrastructure/gateway-token';
import type { RunningService } from '@storytelling/shared/infrastructure/run-service';
import { type TestDatabase, testDatabase } from '@storytelling/shared/testing/database';
import { testObjectStore } from '@storytelling/shared/testing/object-store';
import { startIdentity } from '@storytelling/identity/service';
import { startNarration } from '@storytelling/narration/service';
import { startStory } from '@storytelling/story/service';
import { buildASTSchema, type GraphQLSchema, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { until } from '../running-platform.js';

export interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly path?: readonly (string | number)[]; readonly extensions: { readonly code: string } }[];
}
export type Ask = (context: Context, caller: Caller, source: string, variables?: object) => Promise<Answer>;

export const contexts = ['identity', 'story', 'narration'] as const;
export type Context = (typeof contexts)[number];

/** The subgraph as it is committed, with what federation adds to each. */
export function schemaOf(context: Context): GraphQLSchema {
  const sdl = readFileSync(join(import.meta.dirname, '../../schema', `${context}.graphql`), 'utf8');
  return buildASTSchema(parse(sdl), { assumeValidSDL: true });
}

/** Every context as a service of its own, asked as the gateway asks them: with a token of the gateway's that says who it is for. */
export async function startContexts() {
  const key = await newGatewayKey();
  const tokens = await gatewayTokens(key);
  const databases = new Map<string, TestDatabase>();
  for (const name of [...contexts, 'backbone']) databases.set(name, await testDatabase(name));
  const objects = testObjectStore();
  const settings = (name: string) => ({
    DATABASE_URL: databases.get(name)?.url,
    EVENT_BUS_URL: `embedded:${databases.get('backbone')?.url}`,
    GATEWAY_JWKS: JSON.stringify(tokens.jwks),
    LOG_LEVEL: 'silent',
    ...objects.settings,
  });
  const services: Record<Context, RunningService> = {
    identity: await startIdentity({
      ...settings('identity'),
      KEY_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      // Nobody is sent there.
      OIDC_PROVIDERS: 'example',
      OIDC_EXAMPLE_ISSUER: 'https://accounts.example',
      OIDC_EXAMPLE_CLIENT_ID: 'us',
      OIDC_EXAMPLE_CLIENT_SECRET: 'secret',
      OIDC_REDIRECT_URIS: 'https://stories.example/signed-in',
    }),
    story: await startStory(settings('story')),
    narration: await startNarration(settings('narration')),
  };
  const urlOf = (context: Context) => services[context].url;
  const credential = (caller: Caller) => caller.sessionId ?? caller.kind;

  const ask: Ask = async (context, caller, query, variables = {}) => {
    const response = await fetch(urlOf(context), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await tokens.issue(context, caller, credential(caller))}`,
        'x-client-address': '192.0.2.1',
      },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as Answer;
  };

  /** The first thing that a live field says: an update or an error. */
  const listen: Ask = async (context, caller, query, variables = {}) => {
    const authorization = `Bearer ${await tokens.issue(context, caller, credential(caller))}`;
    const gateway = `Bearer ${await tokens.issue(context, { kind: 'service', permissions: [] }, 'gateway')}`;
    const client = createClient({
      url: urlOf(context).replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: gateway },
      retryAttempts: 0,
    });
    try {
      return await new Promise<Answer>((resolve, reject) => {
        client.subscribe(
          { query, variables: { ...variables }, extensions: { authorization } },
          {
            next: (answer) => resolve(answer as Answer),
            error: (problem) => (Array.isArray(problem) ? resolve({ errors: problem }) : reject(problem as Error)),
            complete: () => reject(new Error('The live field ended without a word.')),
          },
        );
      });
    } finally {
      await client.dispose();
    }
  };

  return {
    ask,
    listen,
    /** The token of the mail that registering sends. */
    async tokenMailedTo(address: string): Promise<string> {
      let token: string | undefined;
      await until(async () => {
        const [mail] = await readMails(join(objects.folder, 'mail'), { to: address });
        token = /^[\w-]{43}$/m.exec(mail?.text ?? '')?.[0];
        return token !== undefined;
      });
      return token ?? '';
    },
    databaseUrl: (context: Context) => databases.get(context)?.url ?? '',
    async stop() {
      for (const service of Object.values(services)) await service.stop();
      for (const database of databases.values()) await database.drop();
      objects.drop();
    },
  };
}
