// What nobody would maintain: one page, its six fetches and its merging written by hand, on nothing but node:http and undici. The floor for
// a gateway in JavaScript.
import { createServer } from 'node:http';
import { Pool } from 'undici';

const urls = JSON.parse(process.env.SUBGRAPHS);
const pools = Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, new Pool(new URL(url).origin, { connections: 64 })]));

async function ask(name, body, authorization) {
  const { body: answer } = await pools[name].request({
    path: '/graphql',
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body,
  });
  return JSON.parse(await answer.text()).data;
}
const query = (text, representations) => JSON.stringify({ query: text, variables: representations ? { r: representations } : {} });
const opinions = 'reviews { id body product { upc reviews { id body author { id reviews { id body product { upc } } } } } }';
const ofProducts = 'reviews { id body author { id reviews { id body product { upc } } } }';
const texts = {
  users: query('{ users { id } }'),
  topProducts: query('{ topProducts { upc } }'),
  reviews: `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { ${opinions} } ... on Product { ${ofProducts} } } }`,
  accounts: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { name username } } }',
  products: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Product { name price weight } } }',
  inventory: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Product { inStock shippingEstimate } } }',
};

async function page(authorization) {
  const [{ users }, { topProducts }] = await Promise.all([
    ask('accounts', texts.users, authorization),
    ask('products', texts.topProducts, authorization),
  ]);
  const roots = [...users.map(({ id }) => ({ __typename: 'User', id })), ...topProducts.map(({ upc }) => ({ __typename: 'Product', upc }))];
  const { _entities: found } = await ask('reviews', query(texts.reviews, roots), authorization);
  const people = new Map(users.map(({ id }) => [id, {}]));
  const things = new Map(topProducts.map(({ upc }) => [upc, {}]));
  for (const { reviews } of found)
    for (const { author, product, reviews: _ } of reviews) {
      if (author) people.set(author.id, {});
      if (product) things.set(product.upc, {});
      for (const inner of author?.reviews ?? []) things.set(inner.product.upc, {});
      for (const inner of product?.reviews ?? []) {
        people.set(inner.author.id, {});
        for (const innermost of inner.author.reviews) things.set(innermost.product.upc, {});
      }
    }
  const ids = [...people.keys()];
  const upcs = [...things.keys()];
  const byId = ids.map((id) => ({ __typename: 'User', id }));
  const byUpc = upcs.map((upc) => ({ __typename: 'Product', upc }));
  const [{ _entities: named }, priced] = await Promise.all([
    ask('accounts', query(texts.accounts, byId), authorization),
    ask('products', query(texts.products, byUpc), authorization).then(async ({ _entities: described }) => {
      const withPrice = described.map(({ price, weight }, index) => ({ ...byUpc[index], price, weight }));
      const { _entities: stocked } = await ask('inventory', query(texts.inventory, withPrice), authorization);
      return described.map((one, index) => ({ ...one, ...stocked[index] }));
    }),
  ]);
  for (const [index, { name, username }] of named.entries()) people.set(ids[index], { id: ids[index], name, username });
  for (const [index, { name, price, weight, inStock, shippingEstimate }] of priced.entries())
    things.set(upcs[index], { upc: upcs[index], name, price, weight, inStock, shippingEstimate });

  const innermost = ({ id, body, product }) => ({ id, body, product: things.get(product.upc) });
  const withAuthor = ({ id, body, author }) => ({
    id,
    body,
    author: { ...people.get(author.id), reviews: author.reviews.map(innermost) },
  });
  return {
    users: users.map(({ id }, index) => ({
      ...people.get(id),
      reviews: found[index].reviews.map(({ id: review, body, product }) => ({
        id: review,
        body,
        product: { ...things.get(product.upc), reviews: product.reviews.map(withAuthor) },
      })),
    })),
    topProducts: topProducts.map(({ upc }, index) => ({
      ...things.get(upc),
      reviews: found[users.length + index].reviews.map(withAuthor),
    })),
  };
}

createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => void answer().catch((error) => response.destroy(error)));
  const answer = async () => {
    JSON.parse(Buffer.concat(chunks).toString());
    const text = JSON.stringify({ data: await page(request.headers.authorization) });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  };
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listens'));
