import { Agent, get, request } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SettingError } from '@storytelling/shared/infrastructure/environment';
import { newGatewayKey } from '@storytelling/shared/infrastructure/gateway-token';
import { type Fleet, startFleet } from './fleet.js';

let fleet: Fleet;
afterEach(() => fleet.stop());

const join = '{ tale(id: "t1") { title author { name } } asked { kind } }';

describe('a subgraph that is down', () => {
  it('leaves nulls and says so, with the rest of the answer intact', async () => {
    fleet = await startFleet();
    await fleet.people.stop();
    const { status, data, errors } = await fleet.ask(join);
    expect(status).toBe(200);
    expect(data).toEqual({ tale: { title: 'Tale t1', author: null }, asked: null });
    expect(errors).toHaveLength(2);
    for (const { message, extensions } of errors ?? []) {
      expect(extensions).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE', kind: 'UNAVAILABLE', correlationId: expect.any(String) });
      expect(message).toBe(
        'A part of the answer is not available at the moment; try again in a few seconds (the context people does not answer).',
      );
    }
    expect(errors?.map(({ path }) => path)).toEqual(expect.arrayContaining([['tale', 'author'], ['asked']]));
  });

  it('is asked once more by a query, never by a mutation', async () => {
    fleet = await startFleet();
    fleet.breakPeople(1);
    expect((await fleet.ask(join)).errors).toBeUndefined();
    const broken = fleet.breakPeople(5);
    const { data, errors } = await fleet.ask('mutation { rename(input: {id: "person-ada-1", name: "Ann"}) { name } }');
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ path: ['rename'], extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }]);
    expect(broken()).toBe(2);
    expect(fleet.requests.rename).toBe(0);
  });
});

describe('identity down', () => {
  it('is told as such: a token that cannot be checked is neither good nor bad', async () => {
    fleet = await startFleet();
    await fleet.identity.close();
    const token = await fleet.accessToken();
    const { status, errors } = await fleet.ask('{ asked { kind } }', { token });
    expect(status).toBe(503);
    expect(errors).toMatchObject([{ extensions: { code: 'ACCESS_TOKEN_UNCHECKED', kind: 'UNAVAILABLE' } }]);
    await expect(fleet.liveClient(token).iterate({ query: '{ asked { kind } }' }).next()).rejects.toMatchObject({ code: 1013 });
    expect((await fleet.ask('{ asked { kind } }')).data).toEqual({ asked: { kind: 'anonymous' } });
  });

  it('does not matter to a token that was checked before', async () => {
    fleet = await startFleet();
    const token = await fleet.accessToken();
    await fleet.ask('{ asked { kind } }', { token });
    await fleet.identity.close();
    expect((await fleet.ask('{ asked { kind } }', { token })).data).toEqual({ asked: { kind: 'user' } });
  });
});

describe('in production', () => {
  it('nothing is told of the schema or the house', async () => {
    fleet = await startFleet({ NODE_ENV: 'production' });
    for (const query of ['{ __schema { types { name } } }', '{ __type(name: "Tale") { name } }']) {
      const { status, data, errors } = await fleet.ask(query);
      expect([status, data]).toEqual([400, undefined]);
      expect(errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    }
    expect((await fleet.ask('{ askd { kind } }')).errors?.[0]?.message).toBe('Cannot query field "askd" on type "Query".');
    expect((await fleet.ask('{ __typename asked { kind } }')).data).toEqual({ __typename: 'Query', asked: { kind: 'anonymous' } });
    await fleet.people.stop();
    expect(JSON.stringify((await fleet.ask(join)).errors)).not.toContain('people');
    const page = await fetch(fleet.gateway.url, { headers: { accept: 'text/html' } });
    expect(await page.text()).not.toContain('<html');
    const preflight = await fetch(fleet.gateway.url, { method: 'OPTIONS', headers: { origin: 'https://evil.example' } });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([405, null]);
  });
});

describe('behind proxies of ours', () => {
  it('the client’s address is what the outermost of them saw', async () => {
    fleet = await startFleet({ TRUST_PROXY: '2' });
    const response = await fetch(fleet.gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': '6.6.6.6, 203.0.113.7, 10.0.0.2' },
      body: '{"query":"{ asked { address } }"}',
    });
    expect(await response.json()).toEqual({ data: { asked: { address: '203.0.113.7' } } });
  });
});

describe('draining', () => {
  it('turns /ready to 503, lets what runs finish, sends sockets elsewhere with 1012, and is done', async () => {
    fleet = await startFleet();
    const base = fleet.gateway.url.replace('/graphql', '');
    expect((await fetch(`${base}/ready`)).status).toBe(200);
    expect((await fetch(`${base}/health`)).status).toBe(200);

    // A connection that stays open between requests, as browsers and load balancers keep them.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const over = (path: string) =>
      new Promise<{ status: number | undefined; connection: string | undefined }>((resolve, reject) => {
        get(`${base}${path}`, { agent }, (response) => {
          response.resume().on('end', () => resolve({ status: response.statusCode, connection: response.headers.connection }));
        }).on('error', reject);
      });
    expect((await over('/ready')).status).toBe(200);

    fleet.emit();
    const events = fleet
      .liveClient(await fleet.accessToken())
      .iterate({ query: 'subscription { taleUpdated(id: "t1", after: "0") { cursor } }' });
    await events.next();
    const sent = fleet.ask('{ slow }');
    // On its way: the answer takes 300 ms.
    await new Promise((resolve) => setTimeout(resolve, 100));

    const before = performance.now();
    const stopped = fleet.gateway.stop();
    const newcomer = new Promise<number | undefined>((resolve, reject) => {
      get(`${base}/ready`, { agent: false }, (response) => resolve(response.resume().statusCode)).on('error', reject);
    });
    expect(await newcomer).toBe(503);
    expect(await over('/ready')).toEqual({ status: 503, connection: 'close' });
    await expect(events.next()).rejects.toMatchObject({ code: 1012 });
    expect((await sent).data).toEqual({ slow: 'at last' });
    await stopped;
    expect(performance.now() - before).toBeLessThan(5_000);
    await expect(fetch(`${base}/ready`)).rejects.toThrow();
    agent.destroy();
  });

  it('does not wait for a client that never finishes its request', async () => {
    fleet = await startFleet();
    const hanging = request(fleet.gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': '100' },
    });
    hanging.on('error', () => {});
    hanging.write('{"query":');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = performance.now();
    await fleet.gateway.stop();
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});

describe('a wrong setting', () => {
  it.each([
    ['IDENTITY_JWKS_URL', { IDENTITY_JWKS_URL: 'not a url' }],
    ['GATEWAY_PRIVATE_KEY', { GATEWAY_PRIVATE_KEY: 'hunter2' }],
    ['GATEWAY_PRIVATE_KEY', { GATEWAY_PRIVATE_KEY: '{"kty":"oct","k":"hunter2"}' }],
    ['SUBGRAPH_URL_TALES', { SUBGRAPH_URL_TALES: '' }],
    ['SUBGRAPH_URL_PEOPLE', { SUBGRAPH_URL_PEOPLE: 'ftp://people' }],
    ['TRUST_PROXY', { TRUST_PROXY: 'yes' }],
    ['PORT', { PORT: '70000' }],
  ])('is one sentence that names it and not its value: %s', async (name, wrong) => {
    fleet = await startFleet();
    const start = () => fleet.startAnother(wrong);
    await expect(start()).rejects.toThrow(SettingError);
    await expect(start()).rejects.toThrow(new RegExp(`^The setting ${name} .*\\.$`));
    await expect(start()).rejects.not.toThrow(/hunter2/);
  });

  it('of a port that is taken says so', async () => {
    fleet = await startFleet();
    await expect(fleet.startAnother({ PORT: String(fleet.gateway.port) })).rejects.toThrow(
      `The port ${fleet.gateway.port} (setting PORT) is in use by another program; choose a free one.`,
    );
  });

  it('leaves a gateway key alone that is one', async () => {
    fleet = await startFleet();
    const other = await fleet.startAnother({ GATEWAY_PRIVATE_KEY: JSON.stringify(await newGatewayKey()) });
    expect(other.name).toBe('gateway');
    // Its tokens are not those that the subgraphs know.
    expect((await fleet.ask('{ asked { kind } }', { url: other.url })).errors).toMatchObject([
      { extensions: { code: 'SUBGRAPH_UNAVAILABLE' } },
    ]);
    await other.stop();
  });
});
