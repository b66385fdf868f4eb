// One entity type in fifty-one subgraphs: `list` knows which there are, each of the others one field of it. Answers are written by hand, so
// that they cost little. Prints one line of JSON when it listens.
import { createServer } from 'node:http';
import { composeSupergraph } from '../../tools/compose.mjs';

const count = 50;
const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n';
const range = (length) => Array.from({ length }, (_, index) => index);
const sdl = {
  list: `${link}type Query { item: Item items(first: Int!): [Item] } type Item @key(fields: "id") { id: ID! name: String }`,
  ...Object.fromEntries(range(count).map((index) => [`f${index}`, `${link}type Item @key(fields: "id") { id: ID! f${index}: Int }`])),
};

let fetches = 0;
const lists = new Map();
function listed(query, variables) {
  // Some gateways make a variable of it.
  const [, written, variable] = /first:\s*(?:(\d+)|\$(\w+))/.exec(query) ?? [];
  const first = Number(written ?? variables?.[variable] ?? 0);
  const item = (index) => ({ __typename: 'Item', id: `item-${index}`, name: `An item that is number ${index}` });
  if (!lists.has(first)) lists.set(first, JSON.stringify({ data: first ? { items: range(first).map(item) } : { item: item(0) } }));
  return lists.get(first);
}
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    fetches += 1;
    const name = request.url.slice(1);
    const { query, variables } = JSON.parse(Buffer.concat(chunks).toString());
    const key = /(\w+)\s*:\s*_entities/.exec(query)?.[1] ?? '_entities';
    const found = () => Object.values(variables)[0].map(({ __typename }, index) => ({ __typename, [name]: index }));
    const text = name === 'list' ? listed(query, variables) : JSON.stringify({ data: { [key]: found() } });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  });
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
let { supergraph } = composeSupergraph(Object.entries(sdl).map(([name, text]) => ({ name, sdl: text })));
for (const name of Object.keys(sdl))
  supergraph = supergraph.replace(`"http://${name}"`, `"http://127.0.0.1:${server.address().port}/${name}"`);
console.log(JSON.stringify({ supergraph }));
process.on('message', () => process.send(fetches));
process.on('disconnect', () => process.exit());
