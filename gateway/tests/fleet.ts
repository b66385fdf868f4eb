import { randomUUID } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { SessionRevoked } from '@storytelling/shared/domain-events/identity';
import type { Caller } from '@storytelling/shared/graphql/caller';
import type { EventHandler } from '@storytelling/shared/infrastructure/event-bus';
import { gatewayTokens, newGatewayKey } from '@storytelling/shared/infrastructure/gateway-token';
import { startHttpServer } from '@storytelling/shared/infrastructure/http-server';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { currentOperation } from '@storytelling/shared/infrastructure/operation';
import { startSubgraphServer } from '@storytelling/shared/infrastructure/subgraph-server';
import { defineRefusals } from '@storytelling/shared/value-objects/refusal';
import { parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { composeSupergraph } from '../../tools/compose.mjs';
import type { SessionNews } from '../src/access/ended-sessions.js';
import { startGateway } from '../src/service.js';

/** Two small contexts behind a real gateway: people are resolved in one, their tales in the other. */

const peopleSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Person @key(fields: "id") { id: ID! name: String! seen: Int! }
  enum Mood { CALM WILD }
  input RenameInput { id: ID! name: String! mood: Mood }
  type Query { me: Person person(id: ID!): Person asked: Asked boom: String slow: String }
  type Asked { kind: String! id: String address: String correlationId: String! traceparent: String }
  type Mutation { rename(input: RenameInput!): Person! }
`;

const talesSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Tale @key(fields: "id") { id: ID! title: String! author: Person }
  type Person @key(fields: "id") { id: ID! tales: [Tale!] }
  type Query { tale(id: ID!): Tale tales: [Tale!] }
  type Subscription { taleUpdated(id: ID!, after: String): TaleUpdate! }
  type TaleUpdate { cursor: String! tale: Tale note(fail: Boolean): String bulk(kilobytes: Int!): String }
`;

const refuse = defineRefusals({
  SIGN_IN_FIRST: { kind: 'UNAUTHENTICATED', sentence: 'Sign in first.' },
  NAME_TAKEN: { kind: 'CONFLICT', sentence: 'The name is taken; try {other}.', field: 'name' },
  RESUME_EXPIRED: { kind: 'CONFLICT', sentence: 'Updates cannot be resumed from this cursor.', field: 'after' },
});

interface Context {
  readonly caller: Caller;
  /** Counts what this context has loaded: 1 in every event if each event has its own context. */
  loads: number;
}

export const ada = 'person-ada-1';
const bob = 'person-bob-1';

export async function startFleet(settings: Record<string, string> = {}) {
  const log = createLogger('fleet', 'silent');
  const names = new Map([
    [ada, 'Ada'],
    [bob, 'Bob'],
  ]);
  const authors = new Map([
    ['t1', ada],
    ['t2', bob],
    ['t3', 'person-gone-1'],
  ]);
  let boom: unknown = new TypeError('row {"password":"hunter2"}');
  const requests = { people: 0, rename: 0 };

  // What identity does, as far as the gateway sees it.
  const identityKeys = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const identityJwk = await exportJWK(identityKeys.publicKey);
  const kid = await calculateJwkThumbprint(identityJwk);
  const identity = await startHttpServer({
    port: 0,
    host: '127.0.0.1',
    log,
    routes: { 'GET /.well-known/jwks.json': () => ({ body: JSON.stringify({ keys: [{ ...identityJwk, kid, alg: 'EdDSA' }] }) }) },
  });
  const accessToken = (claims: JWTPayload = {}, expires: number | string = '10m') =>
    new SignJWT({ sub: ada, role: 'member', permissions: [], sid: '018f3b6e-0000-7000-8000-000000000001', ...claims })
      .setProtectedHeader({ alg: 'EdDSA', kid })
      .setIssuer(claims.iss ?? 'identity')
      .setAudience(claims.aud ?? 'storytelling')
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(identityKeys.privateKey);

  const privateKey = await newGatewayKey();
  const tokens = await gatewayTokens(privateKey);
  const gatewayJwks = JSON.stringify(tokens.jwks);
  const makeContext = (caller: Caller): Context => ({ caller, loads: 0 });

  const people = await startSubgraphServer<Context>({
    context: 'people',
    port: 0,
    host: '127.0.0.1',
    gatewayJwks,
    makeContext,
    log,
    schema: subgraphSchema(peopleSdl, {
      Person: {
        __resolveReference({ id }: { id: string }, context: Context) {
          requests.people += 1;
          context.loads += 1;
          return names.has(id) ? { id } : null;
        },
        name: ({ id }: { id: string }) => names.get(id),
        seen: (_: unknown, _args: unknown, { loads }: Context) => loads,
      },
      Query: {
        me(_: unknown, _args: unknown, { caller }: Context) {
          if (!caller.userId) throw refuse.SIGN_IN_FIRST();
          return { id: caller.userId };
        },
        person: (_: unknown, { id }: { id: string }) => (names.has(id) ? { id } : null),
        asked: (_: unknown, _args: unknown, { caller }: Context) => ({
          kind: caller.kind,
          id: caller.userId,
          address: caller.clientAddress,
          correlationId: currentOperation().correlationId,
          traceparent: currentOperation().traceparent,
        }),
        boom() {
          throw boom;
        },
        slow: () => new Promise((resolve) => setTimeout(resolve, 300, 'at last')),
      },
      Mutation: {
        rename(_: unknown, { input }: { input: { id: string; name: string } }) {
          requests.rename += 1;
          if (input.name === 'Bob') throw refuse.NAME_TAKEN({ other: 'Bob2' });
          names.set(input.id, input.name);
          return { id: input.id };
        },
      },
    }),
  });

  const events: number[] = [];
  const listeners = new Set<() => void>();
  const open = { subscriptions: 0 };
  const emit = (count = 1) => {
    for (let index = 0; index < count; index += 1) events.push(events.length + 1);
    for (const wake of listeners) wake();
  };

  const tales = await startSubgraphServer<Context>({
    context: 'tales',
    port: 0,
    host: '127.0.0.1',
    gatewayJwks,
    makeContext,
    log,
    schema: subgraphSchema(talesSdl, {
      Tale: {
        __resolveReference: ({ id }: { id: string }) => ({ id }),
        title: ({ id }: { id: string }) => `Tale ${id}`,
        author: ({ id }: { id: string }) => ({ __typename: 'Person', id: authors.get(id) }),
      },
      Person: { tales: ({ id }: { id: string }) => [...authors].filter(([, author]) => author === id).map(([tale]) => ({ id: tale })) },
      Query: {
        tale: (_: unknown, { id }: { id: string }) => (authors.has(id) ? { id } : null),
        tales: () => [...authors.keys()].map((id) => ({ id })),
      },
      TaleUpdate: {
        note(_: unknown, { fail }: { fail?: boolean }) {
          if (fail) throw refuse.NAME_TAKEN({ other: 'x' });
          return 'fine';
        },
      },
      Subscription: {
        taleUpdated: {
          subscribe(_: unknown, { id, after }: { id: string; after?: string }, { caller }: Context) {
            if (!caller.userId) throw refuse.SIGN_IN_FIRST();
            if (after !== undefined && after !== null && !/^\d+$/.test(after)) throw refuse.RESUME_EXPIRED();
            return follow(id, after ? Number(after) : events.length);
          },
        },
      },
    }),
  });

  function follow(id: string, from: number): AsyncIterableIterator<unknown> {
    let next = from;
    let ended = false;
    let wake: () => void = () => {};
    const notify = () => wake();
    listeners.add(notify);
    open.subscriptions += 1;
    return {
      async next() {
        while (next >= events.length && !ended) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        if (ended) return { done: true, value: undefined };
        next += 1;
        return { done: false, value: { taleUpdated: { cursor: String(next), tale: { __typename: 'Tale', id } } } };
      },
      async return() {
        if (!ended) open.subscriptions -= 1;
        ended = true;
        listeners.delete(notify);
        wake();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  const [peopleThrough, talesThrough] = await Promise.all([brokenLine(people.port), brokenLine(tales.port)]);
  const { supergraph } = composeSupergraph([
    { name: 'people', sdl: peopleSdl },
    { name: 'tales', sdl: talesSdl },
  ]);
  const environment = {
    PORT: '0',
    LOG_LEVEL: 'silent',
    IDENTITY_JWKS_URL: `${identity.url}/.well-known/jwks.json`,
    GATEWAY_PRIVATE_KEY: JSON.stringify(privateKey),
    SUBGRAPH_URL_PEOPLE: peopleThrough.url,
    SUBGRAPH_URL_TALES: talesThrough.url,
    ...settings,
  };
  // The event bus, as far as the gateway sees it.
  const heard = new Set<EventHandler>();
  const news: SessionNews = {
    async subscribeBroadcast(_topics, handle) {
      heard.add(handle);
      return { pause() {}, resume() {}, close: async () => void heard.delete(handle) };
    },
    health: () => ({ state: 'up' }),
    close: async () => undefined,
  };
  async function endSession(sessionId: string) {
    const { type, version } = SessionRevoked;
    const event = {
      ...{
        id: randomUUID(),
        source: 'identity',
        type,
        subject: `identity.User-${ada}`,
        time: new Date().toISOString(),
        version,
        sequence: 1,
      },
      ...{ epoch: randomUUID(), correlationId: 'c', causationId: null, traceparent: null, actor: `user:${ada}` },
      data: { userId: ada, sessionId, reason: 'sign-out' },
    };
    for (const handle of heard) await handle(event);
  }
  const startAnother = (others: Record<string, string>) => startGateway({ ...environment, ...others }, { supergraph, news });
  const gateway = await startAnother({});

  async function ask(query: string, { variables, token, url = gateway.url }: { variables?: unknown; token?: string; url?: string } = {}) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    const body = (await response.json()) as Answer;
    return { status: response.status, headers: response.headers, ...body };
  }

  const liveClient = (token?: string, url = gateway.url) =>
    createClient({
      url: url.replace('http:', 'ws:'),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });

  return {
    gateway,
    people,
    tales,
    identity,
    tokens,
    privateKey,
    identityJwk,
    requests,
    open,
    upstreamSockets: talesThrough.upgrades,
    breakPeople: peopleThrough.breakNext,
    emit,
    ask,
    liveClient,
    startAnother,
    endSession,
    accessToken,
    throwInBoom(error: unknown) {
      boom = error;
    },
    async stop() {
      await gateway.stop();
      await Promise.all([people.stop(), tales.stop(), identity.close(), peopleThrough.close(), talesThrough.close()]);
    },
  };
}

type Resolvers = NonNullable<Extract<Parameters<typeof buildSubgraphSchema>[0], { resolvers?: object }>['resolvers']>;
type Resolve = (source: never, args: never, context: Context) => unknown;

/** Apollo's resolver map is typed for any context; ours is `Context`, as `makeContext` makes sure. */
function subgraphSchema(sdl: string, resolvers: Record<string, Record<string, Resolve | { subscribe: Resolve }>>) {
  return buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: Object.fromEntries(Object.entries(resolvers)) as Resolvers });
}

/** Passes bytes on, counts connections that became WebSockets, and cuts the line in the middle of as many requests as it is told. */
async function brokenLine(port: number) {
  let upgrades = 0;
  let toBreak = 0;
  let broken = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (/^upgrade: websocket/im.test(String(bytes))) upgrades += 1;
      if (toBreak > 0) {
        toBreak -= 1;
        broken += 1;
        client.destroy();
      } else upstream.write(bytes);
    });
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    upgrades: () => upgrades,
    /** Returns how many have been cut so far. */
    breakNext(count: number) {
      toBreak = count;
      return () => broken;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface PublicError {
  message: string;
  path?: (string | number)[];
  locations?: unknown;
  extensions: { code: string; kind: string; field?: string; params?: Record<string, unknown>; correlationId?: string };
}

export interface Answer {
  data?: Record<string, unknown> | null;
  errors?: PublicError[];
}

export type Fleet = Awaited<ReturnType<typeof startFleet>>;
