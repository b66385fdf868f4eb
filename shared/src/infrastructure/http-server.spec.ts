import { afterEach, describe, expect, it } from '@jest/globals';
import { ApolloServer } from '@apollo/server';
import { buildSchema } from 'graphql';
import type { BusHealth } from './event-bus.js';
import { type HttpServer, startHttpServer } from './http-server.js';
import { createLogger } from './logger.js';

describe('what a service says of itself', () => {
  let server: HttpServer | undefined;
  afterEach(() => server?.close());

  async function ask(health?: BusHealth) {
    server = await startHttpServer({
      port: 0,
      host: '127.0.0.1',
      log: createLogger('test', 'silent'),
      ...(health && { health: () => health }),
    });
    const [alive, ready] = await Promise.all(['/health', '/ready'].map((path) => fetch(`${server?.url}${path}`)));
    return { alive: [alive?.status, await alive?.json()], ready: [ready?.status, await ready?.json()] };
  }

  it('is alive and ready without an event bus, and with one that is well', async () => {
    const well = { alive: [200, { status: 'alive' }], ready: [200, { status: 'ready' }] };
    expect(await ask()).toEqual(well);
    await server?.close();
    expect(await ask({ state: 'up' })).toEqual(well);
  });
  it('serves while the event bus is away, and says so', async () => {
    const detail = 'Events wait in the outbox.';
    expect(await ask({ state: 'degraded', detail })).toEqual({
      alive: [200, { status: 'alive' }],
      ready: [200, { status: 'degraded', detail }],
    });
  });
  it('is not alive when only another start helps', async () => {
    expect((await ask({ state: 'down', detail: 'It ended.' })).alive).toEqual([503, { status: 'down', detail: 'It ended.' }]);
  });
});

it('begins an operation when its turn has come, with its body read already', async () => {
  let begun = 0;
  const schema = buildSchema('type Query { answer: Int }');
  const graphql = new ApolloServer({
    schema,
    rootValue: () => ({ answer: () => (begun += 1) }),
  });
  await graphql.start();
  const turn = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const server = await startHttpServer({
    port: 0,
    host: '127.0.0.1',
    log: createLogger('test', 'silent'),
    graphql: {
      server: graphql,
      open: async () => ({ operation: { correlationId: 'one', actor: 'anonymous' }, context: {} }),
      async admit(work) {
        asked.resolve();
        await turn.promise;
        await work();
      },
    },
  });
  const answer = fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ answer }"}',
  });
  await asked.promise;
  expect(begun).toBe(0);
  turn.resolve();
  expect(await (await answer).json()).toEqual({ data: { answer: 1 } });
  await server.close();
});
