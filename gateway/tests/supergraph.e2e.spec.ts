import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import type { RunningService } from '@storytelling/shared/infrastructure/run-service';
import { execute, parse } from 'graphql';
import { composeSupergraph } from '../../tools/compose.mjs';
import { nobody } from '../src/access/authenticate.js';
import { federation } from '../src/engine/federation.js';
import { connectSubgraph } from '../src/engine/subgraph.js';
import { gatewayMetrics } from '../src/observability/metrics.js';
import { operationWatches } from '../src/observability/watch.js';
import { pipeline } from '../src/pipeline.js';
import { startGateway } from '../src/service.js';

// The gateway alone, in front of subgraphs that are not ours, with a supergraph that changes while it serves.

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';
const edition = (more = '') => `${link} type Query { book: Book } type Book @key(fields: "id") { id: ID! title: String ${more} }`;
const supergraphOf = (sdl: string) => composeSupergraph([{ name: 'books', sdl }]).supergraph;

let server: Server;
let folder: string;
let gateway: RunningService;
const heard: (string | undefined)[] = [];
const file = () => join(folder, 'supergraph.graphql');

beforeAll(async () => {
  const schema = buildSubgraphSchema({ typeDefs: parse(edition('pages: Int isbn: String')) });
  server = createServer((request, response) => {
    void (async () => {
      heard.push(request.headers.authorization);
      const { query, variables } = JSON.parse(await text(request)) as { query: string; variables: Record<string, unknown> };
      const rootValue = { book: { __typename: 'Book', id: '1', title: 'Emma', pages: 474, isbn: '9780141439587' } };
      const answer = await execute({ schema, document: parse(query), variableValues: variables, rootValue });
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer));
    })();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  folder = await mkdtemp(join(tmpdir(), 'storytelling-supergraph-'));
  await writeFile(file(), supergraphOf(edition()));
  const operations = join(folder, 'operations');
  await mkdir(operations);
  await writeFile(join(operations, 'Titles.graphql'), 'query Titles { book { title } }');
  gateway = await start({ FORWARD_IDENTITY: 'authorization', SUPERGRAPH_FILE: file(), REGISTERED_OPERATIONS: operations });
});

afterAll(async () => {
  await gateway.stop();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

function start(environment: Record<string, string>): Promise<RunningService> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return startGateway({ PORT: '0', LOG_LEVEL: 'silent', SUBGRAPH_URL_BOOKS: `${url}/graphql`, ...environment });
}

async function ask(query: string, { url } = gateway, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return (await response.json()) as { data?: unknown; errors?: { message: string }[] };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('it did not come to pass');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('a gateway in front of others’ subgraphs', () => {
  it('hands on the client’s own header, unread', async () => {
    heard.length = 0;
    const { data } = await ask('{ book { title } }', gateway, { authorization: 'Basic c3RyYW5nZXI=' });
    expect([data, heard]).toEqual([{ book: { title: 'Emma' } }, ['Basic c3RyYW5nZXI=']]);
  });

  it('hands on nothing when told so', async () => {
    const silent = await start({ FORWARD_IDENTITY: 'none', SUPERGRAPH_FILE: file() });
    heard.length = 0;
    await ask('{ book { title } }', silent, { authorization: 'Basic c3RyYW5nZXI=' });
    await silent.stop();
    expect(heard).toEqual([undefined]);
  });

  it('says which setting is wrong', async () => {
    await expect(start({ SUPERGRAPH_FILE: file() })).rejects.toThrow('The setting IDENTITY_JWKS_URL is missing.');
    await expect(start({ FORWARD_IDENTITY: 'none', SUPERGRAPH_FILE: join(folder, 'gone') })).rejects.toThrow(
      'The supergraph of the setting SUPERGRAPH_FILE cannot be read',
    );
    await expect(start({ FORWARD_IDENTITY: 'maybe' })).rejects.toThrow(
      'The setting FORWARD_IDENTITY is wrong: tokens, authorization or none.',
    );
  });
});

describe('another supergraph', () => {
  it('is served without a request that fails meanwhile', async () => {
    let swapping = true;
    const failures: unknown[] = [];
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (swapping) {
          const { errors } = await ask('query Mine { book { id title } }');
          if (errors) failures.push(errors);
        }
      }),
    );
    for (const [fields, names] of [
      ['pages: Int', 'pages'],
      ['isbn: String', 'isbn'],
      ['pages: Int isbn: String', 'pages isbn'],
    ]) {
      await writeFile(file(), supergraphOf(edition(fields)));
      await until(async () => !(await ask(`{ book { ${names} } }`)).errors);
    }
    swapping = false;
    await load;
    expect(failures).toEqual([]);
  });

  // The file is looked at every second: a hundred changes without it.
  it('and another, a hundred times under load, fails no request', async () => {
    const log = createLogger('gateway', 'silent');
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`);
    const books = connectSubgraph({ name: 'books', url, authorize: async () => undefined, log, production: false });
    const federated = await federation({ supergraph: supergraphOf(edition()), subgraph: () => books, log, production: false });
    const apollo = pipeline({ gateway: federated, log, production: false });
    await apollo.start();
    const metrics = gatewayMetrics({ plansKept: () => 0, waiting: () => 0, registered: [] });
    const watchOperation = operationWatches({ metrics, tracing: undefined, slowAfter: 60_000, log });

    const editions = ['pages: Int', 'isbn: String'].map((field) => supergraphOf(edition(field)));
    let swapping = true;
    let answered = 0;
    const failures: unknown[] = [];
    const load = Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        while (swapping) {
          const { body } = await apollo.executeOperation(
            { query: `query Mine${index} { book { id title } }` },
            { contextValue: { client: nobody, clientAddress: String(index), correlationId: 'c', watch: watchOperation('c', undefined) } },
          );
          answered += 1;
          if (body.kind !== 'single' || body.singleResult.errors) failures.push(body);
        }
      }),
    );
    for (let swap = 1; swap <= 100; swap += 1) await federated.replace(editions[swap % 2] ?? '');
    swapping = false;
    await load;
    await Promise.all([apollo.stop(), books.close()]);
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(500);
  });

  it.each([
    ['that is none', 'type Query { book: Int'],
    [
      'on which a registered operation is not valid',
      supergraphOf(`${link} type Query { book: Book } type Book @key(fields: "id") { id: ID! }`),
    ],
    ['with a subgraph that nobody has named', supergraphOf(edition()).replaceAll('books', 'shelves').replace('http://shelves', '')],
  ])('%s is not taken, and the one before goes on', async (_, sdl) => {
    await writeFile(file(), sdl);
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // longer than between two looks at the file
    expect(await ask('{ book { title pages isbn } }')).toEqual({ data: { book: { title: 'Emma', pages: 474, isbn: '9780141439587' } } });
  });
});
