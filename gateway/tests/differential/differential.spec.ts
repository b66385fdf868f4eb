import { createRequire } from 'node:module';
import { ApolloGateway, buildOperationContext, executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway';
import type { QueryPlan } from '@apollo/query-planner';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { type DocumentNode, execute, type GraphQLFormattedError, parse, validate } from 'graphql';
import { composeSupergraph } from '../../../tools/compose.mjs';
import { createEngine } from '../../src/engine/engine.js';
import type { Json } from '../../src/engine/json.js';
import { loadPlanner } from '../../src/engine/planner.js';
import { randomOperation } from './operations.js';
import { subgraphSchema } from './subgraphs.js';
import { supergraphs } from './supergraphs.js';

// The same operations through the executor of @apollo/gateway and through ours, with the same plans and the same subgraphs. Where they
// differ on purpose is written here, and nowhere else:
// - Errors of one entity that stands in several places are told of each of them; the package counts places wrongly when an object has no
//   representation, and asks for equal ones again.
// - An alias such as `constructor` is a name like any other.
// - null from a subgraph does not take away what another has given, and the name of an interface (all that a subgraph with
//   @interfaceObject knows) does not replace that of the type.

jest.setTimeout(120_000);

// The package reports to its vendor unless told not to.
process.env.APOLLO_TELEMETRY_DISABLED = 'true';

// Others by SEED; without it the same each time, and new ones with each upgrade of the package.
const seed = process.env.SEED ?? (createRequire(import.meta.url)('@apollo/gateway/package.json') as { version: string }).version;
const operations = Number(process.env.OPERATIONS ?? 350);

/** mulberry32: the same numbers for the same seed. */
function randomFrom(text: string): () => number {
  let state = [...text].reduce((sum, letter) => Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0), 7) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class InvalidFetch extends Error {}

type Variables = Record<string, unknown>;
interface Result {
  readonly data?: unknown;
  readonly errors?: readonly (Error & { readonly path?: readonly (string | number)[]; readonly originalError?: unknown })[];
}
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

async function prepare(name: string) {
  const parts = Object.entries(supergraphs[name] ?? {});
  const { supergraph } = composeSupergraph(parts.map(([subgraph, sdl]) => ({ name: subgraph, sdl })));
  const gateway = new ApolloGateway({
    supergraphSdl: supergraph,
    buildService: () => ({ process: () => Promise.reject(new Error('not asked')) }),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const planner = await loadPlanner(supergraph);
  await gateway.load();
  const { queryPlanner } = gateway.__testing();
  if (!queryPlanner) throw new Error('a planner');
  const full = queryPlanner.supergraph.schema.toGraphQLJSSchema();
  const schemas = new Map(parts.map(([subgraph, sdl]) => [subgraph, subgraphSchema(subgraph, sdl, full, seed)]));

  async function answer(subgraph: string, query: string, variableValues: Record<string, unknown>) {
    const schema = schemas.get(subgraph);
    if (!schema) throw new Error(`there is no ${subgraph}`);
    const document = parse(query);
    const invalid = validate(schema, document);
    if (invalid.length > 0) throw new InvalidFetch(invalid[0]?.message);
    return plain(await execute({ schema, document, variableValues, rootValue: {} })) as { data?: Json; errors?: GraphQLFormattedError[] };
  }

  const plans = new WeakMap<DocumentNode, QueryPlan>();
  function planOf(document: DocumentNode): QueryPlan {
    const plan = plans.get(document) ?? planner.plan(document, undefined);
    plans.set(document, plan);
    return plan;
  }

  const engine = createEngine({ ...planner, plan: planOf });
  const ours = async (document: DocumentNode, variables: Variables, key: string): Promise<Result> => {
    const operation = document.definitions[0];
    if (operation?.kind !== 'OperationDefinition') throw new Error('an operation');
    return engine.execute(engine.prepare(key, document, operation), variables, {
      async send(subgraph, { body }) {
        const request = JSON.parse(body) as { query: string; variables: Record<string, unknown> };
        return answer(subgraph, request.query, request.variables);
      },
      broken: (subgraph, reason) => new Error(`${subgraph}: ${reason}`),
    });
  };

  const apiSchema = queryPlanner.supergraph.apiSchema();
  const stock = async (document: DocumentNode, variables: Variables): Promise<Result> => {
    const operationContext = buildOperationContext({ schema: planner.schema, operationDocument: document });
    const plan = planOf(document);
    const sources = Object.fromEntries(
      parts.map(([subgraph]) => [
        subgraph,
        {
          async process({ request }) {
            const { data, errors } = await answer(subgraph, request.query ?? '', plain(request.variables ?? {}) as Record<string, unknown>);
            for (const entity of (data?._entities ?? []) as (Json | null)[])
              if (entity && !planner.types.isConcrete(String(entity.__typename))) delete entity.__typename;
            return { data: data ?? null, ...(errors && { errors }) };
          },
        } satisfies GraphQLDataSource,
      ]),
    );
    const request = { request: { variables }, document, schema: planner.schema, context: {}, metrics: {}, logger: console };
    return (await executeQueryPlan(
      plan,
      sources,
      // eslint-disable-next-line no-restricted-syntax -- the package reads less of a request than its type says
      request as unknown as Parameters<typeof executeQueryPlan>[2],
      operationContext,
      full,
      apiSchema,
    )) as Result;
  };
  return { schema: planner.schema, ours, stock };
}

let errors = 0;
afterAll(() => expect(errors).toBeGreaterThan(operations / 10));

describe.each(Object.keys(supergraphs))('random operations on %s', (name) => {
  it(`answer as the package does (SEED=${seed})`, async () => {
    const { schema, ours, stock } = await prepare(name);
    const random = randomFrom(`${seed} ${name}`);
    let compared = 0;
    for (let tried = 0; compared < operations && tried < operations * 4; tried += 1) {
      const operation = randomOperation(schema, random);
      const document = parse(operation.query);
      if (validate(schema, document).length > 0) continue;
      const [our, theirs] = [await ours(document, operation.variables, String(tried)), await stock(document, operation.variables)];
      // The planner itself mistakes fields of an @interfaceObject that have different arguments for one.
      const isInvalid = (result: Result) => result.errors?.some((error) => (error.originalError ?? error) instanceof InvalidFetch);
      if (isInvalid(our) && isInvalid(theirs)) continue;
      compared += 1;
      const asked = JSON.stringify(operation, null, 1);
      expect({ asked, data: plain(our.data) }).toEqual({ asked, data: plain(theirs.data) });
      // Each error's message names its object: the same messages, whatever the places.
      const messages = (result: Result) => [...new Set(result.errors?.map(({ message }) => message) ?? [])].sort();
      const [ourMessages, theirMessages] = [messages(our), messages(theirs)];
      expect({
        asked,
        messages: ourMessages.filter((message) => !/^Cannot return null for the non-nullable field|^A subgraph gave/.test(message)),
      }).toEqual({
        asked,
        messages: theirMessages,
      });
      errors += ourMessages.length;
      for (const { path } of our.errors ?? [])
        expect({ asked, path, isNull: isNullAt(our.data, path ?? []) }).toEqual({ asked, path, isNull: true });
    }
    expect(compared).toBe(operations);
  });
});

/** Where an error is, there is nothing: there or above. */
function isNullAt(data: unknown, path: readonly (string | number)[]): boolean {
  let value = data;
  for (const step of path) {
    if (value === null || value === undefined) return true;
    value = Object.hasOwn(value, step) ? (value as Record<string | number, unknown>)[step] : undefined;
  }
  return value === null || value === undefined;
}
