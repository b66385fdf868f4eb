import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { nobody } from '../src/access/authenticate.js';
import { type Federation, federation } from '../src/engine/federation.js';
import { gatewayMetrics } from '../src/observability/metrics.js';
import { operationWatches } from '../src/observability/watch.js';
import { pipeline } from '../src/pipeline.js';

// What a stranger may send to keep the gateway busy, on our own supergraph and through all that an operation passes: refused with a code
// that says why, at the price of next to nothing. CPU and not time, because the machine does other things, too.

const supergraph = readFileSync(new URL('../../schema/supergraph.graphql', import.meta.url), 'utf8');
const log = createLogger('gateway', 'silent');
const watchOperation = operationWatches({
  metrics: gatewayMetrics({ plansKept: () => 0, waiting: () => 0, registered: [] }),
  tracing: undefined,
  slowAfter: 60_000,
  log,
});
const asksNobody = () => {
  throw new Error('there are no subgraphs here');
};

let gateway: Federation;
let server: ReturnType<typeof pipeline>;
beforeAll(async () => {
  gateway = await federation({ supergraph, subgraph: asksNobody, log, production: true });
  server = pipeline({ gateway, log, production: true });
  await server.start();
});
afterAll(() => server.stop());

/** Milliseconds of CPU, and the code. */
async function send(query: string): Promise<{ ms: number; code: unknown }> {
  const before = process.cpuUsage();
  const { body } = await server.executeOperation(
    { query },
    { contextValue: { client: nobody, clientAddress: 'x', correlationId: 'c', watch: watchOperation('c', undefined) } },
  );
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1_000, code: body.kind === 'single' && body.singleResult.errors?.[0]?.extensions?.code };
}

const many = (count: number, part: (index: number) => string) => Array.from({ length: count }, (_, index) => part(index)).join(' ');
const deep = (levels: number) => `{ me { ${'stories { edges { node { author { '.repeat(levels / 4)} id ${'} } } }'.repeat(levels / 4)} } }`;
const fragments = (count: number, part: (index: number) => string) =>
  many(count, (index) => `fragment f${index} on User { ${part(index)} }`);

const hostile: [string, string, string][] = [
  ['10,000 aliases', 'QUERY_TOO_LARGE', `{ ${many(10_000, (index) => `a${index}: me { id }`)} }`],
  ['31 aliases', 'QUERY_TOO_MANY_ALIASES', `{ me { ${many(31, (index) => `a${index}: id`)} } }`],
  ['100 levels', 'QUERY_TOO_DEEP', deep(100)],
  ['fragments in a circle', 'FRAGMENT_CYCLE', '{ me { ...a } } fragment a on User { ...b } fragment b on User { ...a }'],
  ['fragments in a long circle', 'FRAGMENT_CYCLE', `{ me { ...f0 } } ${fragments(100, (index) => `...f${(index + 1) % 100}`)}`],
  [
    'fragments that double',
    'QUERY_TOO_LARGE',
    `{ me { ...f0 } } ${fragments(99, (index) => `...f${index + 1} ...f${index + 1}`)} fragment f99 on User { id }`,
  ],
  [
    'fragments that are all compared',
    'QUERY_TOO_MANY_FRAGMENTS',
    `{ me { ${many(400, (index) => `...f${index}`)} } } ${fragments(400, () => 'id')}`,
  ],
  ['1 MB of tokens', 'QUERY_TOO_LARGE', `{ ${'me '.repeat(350_000)} }`],
  ['1 MB of braces', 'GRAPHQL_PARSE_FAILED', '{'.repeat(1_000_000)],
  ['1 MB of a name', 'GRAPHQL_VALIDATION_FAILED', `{ ${'x'.repeat(1_000_000)} }`],
  [
    'fields of a plan for days',
    'QUERY_TOO_LARGE',
    `{ me { ${many(12, () => `stories { edges { node { author { ${many(40, () => 'id')} } } } }`)} } }`,
  ],
  ['root fields of a plan for days', 'QUERY_TOO_MANY_ROOT_FIELDS', `{ ${many(21, () => deep(8).slice(2, -2))} }`],
  ['directives', 'QUERY_TOO_MANY_DIRECTIVES', `{ me { id ${'@include(if: true) '.repeat(500)} } }`],
  ['500 unknown fields', 'GRAPHQL_VALIDATION_FAILED', `{ me { ${many(490, (index) => `x${index}`)} } }`],
  ['900 variables', 'GRAPHQL_VALIDATION_FAILED', `query (${many(900, (index) => `$v${index}: ID`)}) { me { id } }`],
  [
    'a value in 900 values',
    'GRAPHQL_VALIDATION_FAILED',
    `mutation { createStory(input: ${'{a: '.repeat(900)}1${'}'.repeat(900)}) { id } }`,
  ],
];

describe('a hostile document', () => {
  it.each(hostile)('of %s is %s, for at most 50 ms of CPU', async (_, code, query) => {
    const runs = [];
    // Each time another one: what is wrong with a document is remembered.
    for (let run = 0; run < 5; run += 1) runs.push(await send(`${query} #${run}`));
    expect(new Set(runs.map((run) => run.code))).toEqual(new Set([code]));
    expect(runs.map(({ ms }) => ms).sort((one, other) => one - other)[2]).toBeLessThan(50);
  });

  it('begins beyond the limits: what keeps them is asked of the subgraphs', async () => {
    const query = `{ me { ${many(100, (index) => `...f${index}`)} } } ${fragments(100, (index) => `${index < 30 ? `a${index}: ` : ''}id`)}`;
    expect((await send(query)).code).toBe('INTERNAL');
  });
});
