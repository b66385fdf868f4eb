// Four subgraphs of a shop in one process, each on a port of its own. An answer is made once per request's text and then repeated: what is
// measured is the gateway, not who answers it. Prints one line of JSON when it listens; DELAY adds so many milliseconds to each answer.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse } from 'graphql';
import { composeSupergraph } from '../../tools/compose.mjs';

const delay = Number(process.env.DELAY ?? 0);
const link = (...names) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: [${names.map((name) => `"@${name}"`).join(', ')}])\n`;
const range = (count) => Array.from({ length: count }, (_, index) => index);

// 8 users, 10 products, 24 reviews: each product has 2 or 3, each user 3.
const users = range(8).map((n) => ({ __typename: 'User', id: `user-${n}`, name: `Reader number ${n}`, username: `@reader${n}` }));
const products = range(10).map((n) => ({
  __typename: 'Product',
  upc: `upc-${n}`,
  name: `A product that is number ${n}`,
  price: 90 + n * 7,
  weight: 100 + n * 31,
  inStock: n % 3 !== 0,
}));
const reviews = range(24).map((n) => ({
  __typename: 'Review',
  id: `review-${n}`,
  body: `What the reader ${n % 8} has to say of the product ${n % 10}, in more than the few words that many need.`,
  author: users[n % 8],
  product: products[n % 10],
}));

const subgraphs = {
  accounts: {
    sdl: `${link('key')} type Query { me: User users: [User] } type User @key(fields: "id") { id: ID! name: String username: String }`,
    root: { me: users[0], users },
    entity: ({ id }) => users.find((user) => user.id === id),
  },
  products: {
    sdl: `${link('key')} type Query { topProducts: [Product] }
      type Product @key(fields: "upc") { upc: String! name: String price: Int weight: Int }`,
    root: { topProducts: products },
    entity: ({ upc }) => products.find((product) => product.upc === upc),
  },
  inventory: {
    sdl: `${link('key', 'external', 'requires')} type Product @key(fields: "upc") { upc: String! weight: Int @external price: Int @external
      inStock: Boolean shippingEstimate: Int @requires(fields: "price weight") }`,
    root: {},
    entity: ({ upc, price, weight }) => ({
      ...products.find((product) => product.upc === upc),
      shippingEstimate: price > 120 ? 0 : Math.round(weight / 2),
    }),
  },
  reviews: {
    sdl: `${link('key')} type Review @key(fields: "id") { id: ID! body: String author: User product: Product }
      type User @key(fields: "id") { id: ID! reviews: [Review] } type Product @key(fields: "upc") { upc: String! reviews: [Review] }`,
    root: {},
    entity: (representation) => representation,
    resolvers: {
      User: { reviews: ({ id }) => reviews.filter(({ author }) => author.id === id) },
      Product: { reviews: ({ upc }) => reviews.filter(({ product }) => product.upc === upc) },
    },
  },
};

const urls = {};
let fetches = 0;
for (const [name, { sdl, root, entity, resolvers = {} }] of Object.entries(subgraphs)) {
  const schema = buildSubgraphSchema({ typeDefs: parse(sdl) });
  const entities = schema.getQueryType()?.getFields()._entities;
  for (const [type, fields] of Object.entries(resolvers))
    for (const [field, resolve] of Object.entries(fields)) schema.getType(type).getFields()[field].resolve = resolve;
  if (entities) entities.resolve = (_, { representations }) => representations.map(entity);
  const known = new Map();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => void answer().catch((error) => response.destroy(error)));
    const answer = async () => {
      fetches += 1;
      if (!request.headers.authorization) return response.writeHead(401).end();
      const body = Buffer.concat(chunks).toString();
      let text = known.get(body);
      if (text === undefined) {
        const { query, variables } = JSON.parse(body);
        text = Buffer.from(JSON.stringify(await execute({ schema, document: parse(query), variableValues: variables, rootValue: root })));
        known.set(body, text);
      }
      if (delay) await sleep(delay);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
      response.end(text);
    };
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  urls[name] = `http://127.0.0.1:${server.address().port}/graphql`;
}
let { supergraph } = composeSupergraph(Object.entries(subgraphs).map(([name, { sdl }]) => ({ name, sdl })));
for (const [name, url] of Object.entries(urls)) supergraph = supergraph.replace(`"http://${name}"`, `"${url}"`);

/** The same for gateways that know only the first federation: whoever does not own a type extends it. */
const owners = { User: 'accounts', Product: 'products', Review: 'reviews' };
const first = (name, sdl) =>
  sdl
    .replace(/extend schema.*\n/, '')
    .replace('type Query', 'extend type Query')
    .replace(/type (\w+) @key\(fields: "(\w+)"\) \{ \2: (\w+!)/g, (whole, type, key, of) =>
      owners[type] === name ? whole : `extend type ${type} @key(fields: "${key}") { ${key}: ${of} @external`,
    );
const schemas = Object.fromEntries(Object.entries(subgraphs).map(([name, { sdl }]) => [name, first(name, sdl)]));

console.log(JSON.stringify({ urls, supergraph, schemas }));
// Whoever asks hears how many requests have come.
process.on('message', () => process.send(fetches));
process.on('disconnect', () => process.exit());
