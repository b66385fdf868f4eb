import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import { composeSupergraph } from '../../tools/compose.mjs';
import { createEngine, type Engine } from '../src/engine/engine.js';
import type { Json } from '../src/engine/json.js';
import { loadPlanner } from '../src/engine/planner.js';

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires"])\n';
const subgraphs = {
  people: `${link} type Query { me: Person others: [Person] } type Person @key(fields: "id") { id: ID! name: String price: Int }`,
  friends: `${link} type Query { slow: Person } type Person @key(fields: "id") { id: ID! best: Person mates: [Person] }`,
  posts: `${link} type Person @key(fields: "id") { id: ID! price: Int @external posts(first: Int): [Post] worth: Int @requires(fields: "price")
      score: Int } type Post { text: String }`,
};

interface Asked {
  readonly subgraph: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, readonly Json[]>>;
  readonly at: number;
}
type Answer = (asked: Asked) => Json | Promise<Json>;

let engine: Engine;
beforeAll(async () => {
  const { supergraph } = composeSupergraph(Object.entries(subgraphs).map(([name, sdl]) => ({ name, sdl })));
  engine = createEngine(await loadPlanner(supergraph));
});

/** What comes of an operation, and what its subgraphs were asked. */
async function run(query: string, answers: Readonly<Record<string, Answer>>) {
  const document = parse(query);
  const operation = document.definitions[0];
  if (operation?.kind !== 'OperationDefinition') throw new Error('an operation');
  const asked: Asked[] = [];
  const began = performance.now();
  const { data, errors } = await engine.execute(
    engine.prepare(query, document, operation),
    {},
    {
      async send(subgraph, { body }) {
        const request = JSON.parse(body) as Pick<Asked, 'query' | 'variables'>;
        const one = { subgraph, ...request, at: performance.now() - began };
        asked.push(one);
        return { data: (await answers[subgraph]?.(one)) ?? {} };
      },
      broken: (_, reason) => new Error(reason),
    },
  );
  return { data: JSON.parse(JSON.stringify(data)) as Json, errors: errors, asked };
}

const person = (id: string, more: Json = {}) => ({ __typename: 'Person', id, ...more });
/** One answer for each field of entities in a document, by the field's own text. */
const entities = ({ query, variables }: Asked, answer: (representation: Json, field: string) => Json): Json =>
  Object.fromEntries(
    [...query.matchAll(/(\w+)?:?_entities\(representations:\$(\w+)\)\{(.*?\}\}?)(?=\w*:?_entities|\}|$)/g)].map(
      ([, key = '_entities', name = '', field = '']) => [key, (variables[name] ?? []).map((one) => answer(one, field))],
    ),
  );

describe('the engine', () => {
  it('keeps apart what two fields ask of the same entity, although both came in one answer', async () => {
    const { data } = await run('{ me { best { posts(first: 1) { text } } } others { best { posts(first: 2) { text } } } }', {
      people: ({ query }) => (query.includes('me') ? { me: person('1'), others: [person('1'), person('2')] } : {}),
      friends: (asked) => entities(asked, () => ({ __typename: 'Person', best: person('9') })),
      posts: (asked) =>
        entities(asked, (_, field) => ({ __typename: 'Person', posts: [{ text: field.includes('first:2') ? 'two' : 'one' }] })),
    });
    const best = (text: string) => ({ best: { posts: [{ text }] } });
    expect(data).toEqual({ me: best('one'), others: [best('two'), best('two')] });
  });

  it('asks for an entity once, in however many places it stands', async () => {
    const people = Array.from({ length: 6 }, (_, index) => person(String(index % 2)));
    const { data, asked } = await run('{ others { name posts { text } } }', {
      people: () => ({ others: people.map((one) => ({ ...one, name: `name ${one.id}` })) }),
      posts: (one) => entities(one, ({ id }) => ({ __typename: 'Person', posts: [{ text: `post of ${String(id)}` }] })),
    });
    expect(asked.map(({ subgraph, variables }) => [subgraph, Object.values(variables).flat().length])).toEqual([
      ['people', 0],
      ['posts', 2],
    ]);
    expect(data).toEqual({
      others: people.map(({ id }) => ({ name: `name ${id}`, posts: [{ text: `post of ${id}` }] })),
    });
  });

  it('sends what nothing waits for with the last request to its subgraph', async () => {
    // `score` could go at once, `worth` needs the price first, of an entity that only friends knows.
    const { data, asked } = await run('{ slow { score worth } }', {
      friends: () => ({ slow: person('1') }),
      people: (one) => entities(one, () => ({ __typename: 'Person', price: 7 })),
      posts: (one) =>
        entities(one, ({ price }, field) => ({
          __typename: 'Person',
          ...(field.includes('worth') && { worth: Number(price) * 2 }),
          score: 3,
        })),
    });
    expect(data).toEqual({ slow: { score: 3, worth: 14 } });
    expect(asked.map(({ subgraph }) => subgraph)).toEqual(['friends', 'people', 'posts']);
  });

  it('does not wait for a slow subgraph elsewhere longer than it has taken to come so far', async () => {
    const { data, asked } = await run('{ me { posts { text } } slow { posts { text } } }', {
      people: () => ({ me: person('1') }),
      async friends() {
        await sleep(300);
        return { slow: person('2') };
      },
      posts: (one) => entities(one, ({ id }) => ({ __typename: 'Person', posts: [{ text: String(id) }] })),
    });
    expect(data).toEqual({ me: { posts: [{ text: '1' }] }, slow: { posts: [{ text: '2' }] } });
    const [first, second] = asked.filter(({ subgraph }) => subgraph === 'posts');
    // 20 ms at most, and what a busy machine adds.
    expect(first?.at).toBeLessThan(200);
    expect(second?.at).toBeGreaterThan(290);
  });

  it('tells where the client sees an entity whose subgraph failed, not where it was asked for', async () => {
    const { data, errors } = await run('{ mine: me { posts { text } } others { posts { text } } }', {
      people: () => ({ mine: person('1'), others: [person('1'), person('2')] }),
      posts: () => Promise.reject(new Error('down')),
    });
    expect(data).toEqual({ mine: { posts: null }, others: [{ posts: null }, { posts: null }] });
    expect(errors?.map(({ path }) => path)).toEqual([['mine'], ['others']]);
  });

  it('tells of each root field that is null because its subgraph failed, by the client’s name, and of none that was not asked for', async () => {
    const down = () => Promise.reject(new Error('down'));
    const query =
      'query ($no: Boolean = false) { mine: me { name } ...F slow { id } me @include(if: $no) { id } } fragment F on Query { others { id } }';
    const { data, errors } = await run(query, { people: down, friends: () => ({ slow: { id: '1' } }) });
    expect(data).toEqual({ mine: null, others: null, slow: { id: '1' } });
    expect(errors?.map(({ path }) => path?.join()).sort()).toEqual(['mine', 'others']);
  });
});
