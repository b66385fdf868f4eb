import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool } from 'undici';
import { composeSupergraph } from '../../tools/compose.mjs';

// A gateway as a process of its own, in front of a subgraph that is well and one that fails in every way that there is. An error that nobody
// handles would end the process.

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';
const sdl = {
  books: `${link} type Query { book(id: ID!): Book } type Book @key(fields: "id") { id: ID! title: String }`,
  prices: `${link} type Query { price(id: ID!): Price } type Price { amount: Int } type Book @key(fields: "id") { id: ID! price: Price }`,
};

type Answer = (response: ServerResponse, good: string) => unknown;
const well: Answer = (response, good) => response.setHeader('content-type', 'application/json').end(good);
let answer: Answer = well;

interface Asked {
  query: string;
  variables: { id?: string; representations?: unknown[] };
}

/** What `data` says is handed to whoever may spoil it. */
async function subgraph(data: (asked: Asked) => unknown, spoil: () => Answer): Promise<Server> {
  const server = createServer((request, response) => {
    void text(request).then((body) => spoil()(response, JSON.stringify({ data: data(JSON.parse(body) as Asked) })));
  });
  // A server that ends idle connections races with who uses them; that is another test's affair.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const book = ({ variables: { id } }: Asked) => ({ book: { __typename: 'Book', id, title: `Book ${id}` } });
const price = ({ variables: { representations } }: Asked) =>
  representations ? { _entities: representations.map(() => ({ price: { amount: 7 } })) } : { price: { amount: 7 } };

const portOf = (server: Server) => (server.address() as AddressInfo).port;

let books: Server;
let prices: Server;
let folder: string;
let gateway: ChildProcess;
let ended: Promise<unknown>;
let clients: Pool;
let said = '';

beforeAll(async () => {
  books = await subgraph(book, () => well);
  prices = await subgraph(price, () => answer);
  folder = await mkdtemp(join(tmpdir(), 'storytelling-faults-'));
  const file = join(folder, 'supergraph.graphql');
  const { supergraph } = composeSupergraph(Object.entries(sdl).map(([name, text]) => ({ name, sdl: text })));
  await writeFile(file, supergraph);
  gateway = spawn(process.execPath, ['--max-old-space-size=128', join(import.meta.dirname, '../dist/main.js'), '--supergraph', file], {
    env: {
      ...process.env,
      FORWARD_IDENTITY: 'none',
      LOG_LEVEL: 'fatal',
      SUBGRAPH_URL_BOOKS: `http://127.0.0.1:${portOf(books)}/graphql`,
      SUBGRAPH_URL_PRICES: `http://127.0.0.1:${portOf(prices)}/graphql`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  ended = once(gateway, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [gateway.stdout, gateway.stderr])
      stream?.on('data', (chunk) => {
        said += String(chunk);
        const [found] = /http:\S+/.exec(said) ?? [];
        if (found) resolve(found);
      });
    gateway.once('exit', () => reject(new Error(`the gateway has ended: ${said}`)));
  });
  clients = new Pool(new URL(url).origin, { connections: 100 });
});

afterAll(async () => {
  gateway.kill();
  await ended;
  await clients.destroy();
  for (const server of [books, prices]) {
    server.closeAllConnections();
    server.close();
  }
  await rm(folder, { recursive: true });
});

interface Page {
  data: { book: { title: string; price: unknown } | null; price: unknown };
  errors?: { path?: (string | number)[]; extensions: { code: string } }[];
}

const query = 'query Page($id: ID!) { book(id: $id) { title price { amount } } price(id: $id) { amount } }';
let count = 0;
/** Each asks for a book of its own: equal ones would be fetched once. */
async function ask(): Promise<Page> {
  count += 1;
  const { body } = await clients.request({
    path: '/graphql',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { id: String(count) } }),
  });
  return (await body.json()) as Page;
}

async function metric(name: string): Promise<number> {
  const { body } = await clients.request({ path: '/metrics', method: 'GET' });
  const lines = (await body.text()).split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
const memory = () => metric('process_resident_memory_bytes').then((bytes) => bytes / 1_048_576);

/** A thousand, a hundred at a time. */
async function askThousand(): Promise<Page[]> {
  const pages: Page[] = [];
  let left = 1_000;
  await Promise.all(
    Array.from({ length: 100 }, async () => {
      while (left > 0) {
        left -= 1;
        pages.push(await ask());
      }
    }),
  );
  return pages;
}

async function isWellAgain(): Promise<void> {
  const end = Date.now() + 15_000;
  while ((await ask()).errors) {
    if (Date.now() > end) throw new Error('it does not recover');
    await sleep(50);
  }
}

const megabyte = Buffer.alloc(1_048_576, 'x');
/** As much as the other side takes. */
function flood(response: ServerResponse): void {
  let sent = 0;
  const more = () => {
    while (sent < 100 && !response.destroyed) {
      sent += 1;
      if (!response.write(megabyte)) return void response.once('drain', more);
    }
    response.end('"}}');
  };
  response.on('error', () => undefined);
  response.setHeader('content-type', 'application/json');
  response.write('{"data":{"price":"');
  more();
}

const faults: Record<string, Answer> = {
  'cuts the connection in the middle of its answer': (response, good) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': good.length });
    response.write(good.slice(0, 10), () => response.destroy());
  },
  'ends the connection without an answer': (response) => response.destroy(),
  'answers with a page of HTML': (response) => response.setHeader('content-type', 'text/html').end('<html><body>Welcome!</body></html>'),
  'answers 502 with a page of HTML': (response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'),
  'answers 503 with JSON that is not GraphQL': (response) =>
    response.writeHead(503, { 'content-type': 'application/json' }).end('{"status":"starting"}'),
  'answers with half of its JSON': (response, good) => response.end(good.slice(0, -5)),
  'answers with nothing': (response) => response.end(),
  'answers in no shape of GraphQL': (response) => response.end('[{"data":{"price":{"amount":1}}}]'),
  'answers with 100 MB': flood,
  'does not answer': () => undefined,
};

describe('a subgraph that', () => {
  let quiet: number;
  beforeAll(async () => {
    await askThousand();
    quiet = await memory();
  });

  const leftAlone = () => metric('storytelling_fetch_seconds_count{service="gateway",subgraph="prices",outcome="left alone"}');

  /** The fields of the others come, those of this one are null with an error for each fetch. */
  function expectTheOthers(pages: readonly Page[], code: string): void {
    expect(pages).toHaveLength(1_000);
    // Plainly: a thousand expectations take longer than a thousand requests.
    const others = pages.filter(
      ({ data, errors = [] }) =>
        !(data.book?.title.startsWith('Book ') && data.book.price === null && data.price === null) ||
        errors.length < 2 ||
        errors.some(({ extensions }) => extensions.code !== code),
    );
    expect(others).toEqual([]);
  }

  async function askThousandWhile(fault: () => unknown, well: () => unknown) {
    const before = await leftAlone();
    let most = 0;
    const watching = setInterval(() => void memory().then((now) => (most = Math.max(most, now))), 100);
    await fault();
    const pages = await askThousand();
    await well();
    clearInterval(watching);
    // 64 answers are on their way at once, and are held up to 64 MB in all.
    expect(most - quiet).toBeLessThan(300);
    expect(gateway.exitCode).toBeNull();
    return { pages, leftAlone: (await leftAlone()) - before };
  }
  const spoil = (spoiled: Answer) =>
    askThousandWhile(
      () => (answer = spoiled),
      () => (answer = well),
    );

  it.each(Object.entries(faults))('%s costs its own fields only, is left alone, and is back when it is well', async (_, spoiled) => {
    const { pages, leftAlone } = await spoil(spoiled);
    expectTheOthers(pages, 'SUBGRAPH_UNAVAILABLE');
    expect(leftAlone).toBeGreaterThan(500);
    await isWellAgain();
  });

  it('is gone costs its own fields only, is left alone, and is back when it is well', async () => {
    const port = portOf(prices);
    const { pages, leftAlone } = await askThousandWhile(
      () => {
        prices.close();
        prices.closeAllConnections();
      },
      () => once(prices.listen(port, '127.0.0.1'), 'listening'),
    );
    expectTheOthers(pages, 'SUBGRAPH_UNAVAILABLE');
    expect(leftAlone).toBeGreaterThan(500);
    await isWellAgain();
  });

  it('answers with other things than it was asked for costs its own fields only', async () => {
    const { pages } = await spoil((response) => response.end('{"data":{"price":[[7]],"_entities":[{"price":true}]}}'));
    expectTheOthers(pages, 'INTERNAL');
    await isWellAgain();
  });

  it('is slow is waited for', async () => {
    const { pages, leftAlone } = await spoil((response, good) => setTimeout(() => response.end(good), 100));
    expect([pages.filter(({ errors }) => errors), leftAlone]).toEqual([[], 0]);
  });
});
