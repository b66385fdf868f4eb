import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Fleet, startFleet } from './fleet.js';

const join = 'query Join { tale(id: "t1") { title author { name } } }';
const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = '00f067aa0ba902b7';
const traceparent = `00-${trace}-${parent}-01`;

let fleet: Fleet;

async function post(query: string, headers: Record<string, string> = {}) {
  const response = await fetch(fleet.gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  const body = (await response.json()) as { data?: { asked?: { traceparent: unknown } }; extensions?: Record<string, unknown> };
  return { headers: response.headers, ...body };
}

const metrics = async () => (await fetch(fleet.gateway.url.replace('/graphql', '/metrics'))).text();

describe('without a collector', () => {
  beforeAll(async () => {
    fleet = await startFleet();
  });
  afterAll(() => fleet.stop());

  it('what a client sends as its trace goes on to the subgraph as it came, over HTTP and WebSocket', async () => {
    const query = '{ asked { traceparent } }';
    expect((await post(query, { traceparent })).data?.asked).toEqual({ traceparent });
    expect((await post(query, { traceparent: 'hunter2' })).data?.asked).toEqual({ traceparent: null });
    const client = fleet.liveClient();
    const { value } = await client.iterate({ query, extensions: { traceparent } }).next();
    await client.dispose();
    expect(value).toEqual({ data: { asked: { traceparent } } });
  });

  it('the metrics say what was asked, how it ended, what it needed', async () => {
    await post('query Counted { tale(id: "t1") { title author { name } } }');
    await post('query Counted { tale(id: "t1") { title author { name } } }');
    await post('query Wrong { nothing }');
    await post('mutation Taken { rename(input: {id: "person-ada-1", name: "Bob"}) { name } }');
    const text = await metrics();
    for (const line of [
      'storytelling_operation_seconds_count{service="gateway",operation="Counted",type="query",outcome="ok"} 2',
      'storytelling_operation_seconds_count{service="gateway",operation="other",type="query",outcome="refused"} 1',
      'storytelling_operation_seconds_count{service="gateway",operation="Taken",type="mutation",outcome="errors"} 1',
      'storytelling_operation_errors_total{code="GRAPHQL_VALIDATION_FAILED",service="gateway"} 1',
      'storytelling_operation_errors_total{code="NAME_TAKEN",service="gateway"} 1',
      'storytelling_operations_in_flight{service="gateway"} 0',
      'storytelling_operations_waiting{service="gateway"} 0',
      'storytelling_fetch_seconds_count{service="gateway",subgraph="tales",outcome="answered"} 2',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/storytelling_plans_total\{plan="remembered",service="gateway"\} [1-9]/);
    expect(text).toMatch(/storytelling_plans_kept\{service="gateway"\} [1-9]/);
    expect(text).toContain('process_cpu_user_seconds_total');
  });

  it('whoever asks why it is slow is told the plan and the times', async () => {
    const { headers, extensions } = await post(join, { 'x-explain': 'true' });
    expect(headers.get('server-timing')).toMatch(
      /^wait;dur=[\d.]+, plan;dur=[\d.]+;desc="made", tales;dur=\S+ at \S+, people;dur=\S+ at \S+, total;dur=/,
    );
    expect(extensions?.explain).toMatchObject({
      plan: { remembered: false },
      fetches: [
        { subgraph: 'tales', outcome: 'answered' },
        { subgraph: 'people', outcome: 'answered' },
      ],
    });
    expect((extensions?.explain as { steps: string[] }).steps.join('\n')).toContain('Fetch(service: "people")');
    const unasked = await post(join);
    expect([unasked.headers.get('server-timing'), unasked.extensions]).toEqual([null, undefined]);
  });
});

it('in production nobody is told plans or times', async () => {
  fleet = await startFleet({ NODE_ENV: 'production' });
  const { headers, extensions } = await post(join, { 'x-explain': 'true' });
  await fleet.stop();
  expect([headers.get('server-timing'), extensions]).toEqual([null, undefined]);
});

interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: { key: string; value: { stringValue?: string; boolValue?: boolean; intValue?: number } }[];
  status: { code?: number };
}

describe('with a collector', () => {
  let collector: Server;
  const received: { path: string | undefined; type: string | undefined; body: Buffer }[] = [];

  beforeAll(async () => {
    collector = createServer((request, response) => {
      void buffer(request).then((body) => {
        received.push({ path: request.url, type: request.headers['content-type'], body });
        response.setHeader('content-type', 'application/json');
        response.end('{}');
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => collector.once('listening', resolve));
  });
  afterAll(() => new Promise((resolve) => collector.close(resolve)));
  const names = [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    'OTEL_SERVICE_NAME',
    'OTEL_SDK_DISABLED',
    'OTEL_EXPORTER_OTLP_TIMEOUT',
  ];
  afterEach(() => {
    received.length = 0;
    for (const name of names) delete process.env[name];
  });

  /** As the process's environment and as the gateway's: the packages read the former. */
  async function startTraced(more: Record<string, string> = {}) {
    const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`, ...more };
    Object.assign(process.env, variables);
    fleet = await startFleet(variables);
  }

  it('an operation, its plan and its fetches are one trace, from the client on to the subgraphs', async () => {
    await startTraced({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_SERVICE_NAME: 'front' });
    const { data } = await post('query Whole { asked { traceparent } tale(id: "t1") { title } }', { traceparent });
    await post('{ wrong }');
    await fleet.people.stop();
    await post('query Down { asked { kind } }');
    await fleet.stop();

    expect(received.map(({ path, type }) => [path, type])).toEqual(received.map(() => ['/v1/traces', 'application/json']));
    const sent = received.flatMap(({ body }) =>
      (
        JSON.parse(body.toString()) as {
          resourceSpans: { resource: { attributes: unknown[] }; scopeSpans: { spans: SentSpan[] }[] }[];
        }
      ).resourceSpans.flatMap(({ resource, scopeSpans }) => {
        expect(resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'front' } });
        return scopeSpans.flatMap(({ spans }) => spans);
      }),
    );
    const named = (name: string) => {
      const [span] = sent.filter((one) => one.name === name);
      if (!span) throw new Error(`no span ${name} among ${sent.map((one) => one.name).join(', ')}`);
      return span;
    };

    const whole = named('query Whole');
    expect(whole).toMatchObject({ traceId: trace, parentSpanId: parent, kind: 2 });
    const within = sent.filter(({ parentSpanId }) => parentSpanId === whole.spanId);
    expect(within.map(({ name }) => name).sort()).toEqual(['fetch people', 'fetch tales', 'plan']);
    for (const { traceId } of within) expect(traceId).toBe(trace);
    const people = within.find(({ name }) => name === 'fetch people');
    expect(people).toMatchObject({ kind: 3 });
    expect(people?.attributes).toContainEqual({ key: 'http.response.status_code', value: { intValue: 200 } });
    // What the subgraph writes into its events.
    expect(data?.asked?.traceparent).toBe(`00-${trace}-${people?.spanId}-01`);

    const down = named('query Down');
    expect(down.parentSpanId).toBeUndefined();
    expect(down.status.code).toBe(2);
    expect(down.attributes.find(({ key }) => key === 'graphql.error.codes')).toBeDefined();
    // Nothing that a client wrote names a span.
    expect(named('query anonymous').status.code).not.toBe(2);
  });

  it('they are sent as protobuf unless told otherwise', async () => {
    await startTraced();
    await post(join);
    await fleet.stop();
    expect(received.map(({ path, type }) => [path, type])).toEqual([['/v1/traces', 'application/x-protobuf']]);
    expect(received[0]?.body.toString('latin1')).toContain('query Join');
  });

  it('nothing is sent when the variables say so', async () => {
    await startTraced({ OTEL_SDK_DISABLED: 'true' });
    await post(join);
    await fleet.stop();
    expect(received).toEqual([]);
  });

  it('a collector that does not answer holds nobody up', async () => {
    await startTraced({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
    expect((await post(join)).data).toBeDefined();
    const before = performance.now();
    await fleet.stop();
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('a protocol that is not served is told as such', async () => {
    await startTraced();
    await expect(fleet.startAnother({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).rejects.toThrow(
      'The setting OTEL_EXPORTER_OTLP_PROTOCOL is wrong: http/protobuf or http/json.',
    );
    await fleet.stop();
  });
});
