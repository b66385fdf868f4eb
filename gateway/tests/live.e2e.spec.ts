import { afterEach, describe, expect, it } from '@jest/globals';
import type { Client, FormattedExecutionResult } from 'graphql-ws';
import { decodeJwt } from 'jose';
import { WebSocket } from 'ws';
import { type Fleet, type PublicError, startFleet } from './fleet.js';

const watch =
  'subscription ($id: ID!, $after: String) { taleUpdated(id: $id, after: $after) { cursor tale { title author { name seen } } } }';

const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function fleetOf(settings: Record<string, string> = {}): Promise<Fleet> {
  const fleet = await startFleet(settings);
  ending.push(() => fleet.stop());
  return fleet;
}

async function clientOf(fleet: Fleet, token?: string): Promise<Client> {
  const client = fleet.liveClient(token ?? (await fleet.accessToken()));
  ending.push(() => client.dispose());
  return client;
}

type Event = FormattedExecutionResult<Record<string, unknown>, unknown>;
type Events = ReturnType<Client['iterate']>;
const follow = (client: Client, after: string | null, query = watch): Events => client.iterate({ query, variables: { id: 't1', after } });

async function take(events: Events, count: number) {
  const taken: Event[] = [];
  while (taken.length < count) {
    const { value, done } = (await events.next()) as IteratorResult<Event, undefined>;
    if (done || !value) break;
    taken.push(value);
  }
  return taken;
}

const cursors = (taken: Event[]) => taken.map(({ data }) => (data?.taleUpdated as { cursor: string }).cursor);

/** The limit only bounds a failing test: 40 MB through two services take seconds on a busy machine. */
async function until(condition: () => boolean) {
  const end = Date.now() + 30_000;
  while (!condition() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
}

/** A socket spoken by hand: what a client library would never send. */
async function rawSocket(fleet: Fleet, protocol = 'graphql-transport-ws') {
  const socket = new WebSocket(fleet.gateway.url.replace('http:', 'ws:'), protocol);
  ending.push(() => socket.terminate());
  const messages: { type: string; payload?: unknown }[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as { type: string }));
  socket.on('error', () => {});
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
  );
  await new Promise((resolve) => socket.once('open', resolve));
  return {
    socket,
    messages,
    closed,
    send: (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
  };
}

describe('live updates', () => {
  it('arrive in order, each once, joined across contexts, from exactly the cursor that was named', async () => {
    const fleet = await fleetOf();
    fleet.emit(5);
    const events = follow(await clientOf(fleet), '2');
    const first = await take(events, 3);
    fleet.emit(100);
    const more = await take(events, 100);
    expect(cursors([...first, ...more])).toEqual(Array.from({ length: 103 }, (_, index) => String(index + 3)));
    expect(first[0]).toEqual({ data: { taleUpdated: { cursor: '3', tale: { title: 'Tale t1', author: { name: 'Ada', seen: 1 } } } } });
    await events.return?.();
    await until(() => fleet.open.subscriptions === 0);
  });

  it('resolve every event afresh: what has changed since is seen', async () => {
    const fleet = await fleetOf();
    fleet.emit();
    const events = follow(await clientOf(fleet), '0');
    await take(events, 1);
    await fleet.ask('mutation { rename(input: {id: "person-ada-1", name: "Countess"}) { name } }');
    fleet.emit();
    const [second] = await take(events, 1);
    expect(second?.data).toEqual({ taleUpdated: { cursor: '2', tale: { title: 'Tale t1', author: { name: 'Countess', seen: 1 } } } });
  });

  it('are shaped as the client asked: aliases, fragments, @include', async () => {
    const fleet = await fleetOf();
    fleet.emit();
    const document = `subscription ($id: ID!, $yes: Boolean!) { live: taleUpdated(id: $id, after: "0") { at: cursor ...more tale @include(if: $yes) { writer: author { name @skip(if: $yes) seen } } } }
      fragment more on TaleUpdate { __typename tale { id } }`;
    const client = await clientOf(fleet);
    const events = client.iterate({ query: document, variables: { id: 't1', yes: true } });
    const { value } = (await events.next()) as { value: unknown };
    expect(value).toEqual({ data: { live: { at: '1', __typename: 'TaleUpdate', tale: { id: 't1', writer: { seen: 1 } } } } });
  });

  it('go on after an event that has an error', async () => {
    const fleet = await fleetOf();
    fleet.emit(2);
    const document = 'subscription ($id: ID!, $after: String) { taleUpdated(id: $id, after: $after) { cursor note(fail: true) } }';
    const taken = await take(follow(await clientOf(fleet), '0', document), 2);
    expect(taken.map(({ data }) => data)).toEqual([
      { taleUpdated: { cursor: '1', note: null } },
      { taleUpdated: { cursor: '2', note: null } },
    ]);
    for (const { errors } of taken) {
      expect(errors).toMatchObject([{ path: ['taleUpdated', 'note'], extensions: { code: 'NAME_TAKEN', kind: 'CONFLICT' } }]);
    }
  });

  it('go on with nulls while another context is down', async () => {
    const fleet = await fleetOf();
    const events = follow(await clientOf(fleet), '0');
    fleet.emit();
    await take(events, 1);
    await fleet.people.stop();
    fleet.emit();
    const [event] = await take(events, 1);
    expect(event?.data).toEqual({ taleUpdated: { cursor: '2', tale: { title: 'Tale t1', author: null } } });
    expect(event?.errors).toMatchObject([{ extensions: { code: 'SUBGRAPH_UNAVAILABLE', kind: 'UNAVAILABLE' } }]);
  });

  it('end with an error that asks to resume when their own context is lost, never silently', async () => {
    const fleet = await fleetOf();
    const client = await clientOf(fleet);
    const events = follow(client, '0');
    fleet.emit();
    await take(events, 1);
    const lost = take(events, 1);
    await Promise.all([
      expect(lost).rejects.toMatchObject([{ extensions: { code: 'SUBSCRIPTION_INTERRUPTED', kind: 'UNAVAILABLE' } }]),
      fleet.tales.stop(),
    ]);
    // The socket lives on: other operations of this client do not suffer.
    expect(await client.iterate({ query: '{ asked { kind } }' }).next()).toMatchObject({ value: { data: { asked: { kind: 'user' } } } });
    await expect(take(follow(client, '1'), 1)).rejects.toMatchObject([{ extensions: { code: 'SUBSCRIPTION_INTERRUPTED' } }]);
  });

  it('refused by their context end with its refusal', async () => {
    const fleet = await fleetOf();
    const client = await clientOf(fleet);
    await expect(take(follow(client, 'yesterday'), 1)).rejects.toMatchObject([
      { message: 'Updates cannot be resumed from this cursor.', extensions: { code: 'RESUME_EXPIRED', kind: 'CONFLICT', field: 'after' } },
    ]);
    const stranger = fleet.liveClient();
    ending.push(() => stranger.dispose());
    await expect(take(follow(stranger, null), 1)).rejects.toMatchObject([
      { extensions: { code: 'SIGN_IN_FIRST', kind: 'UNAUTHENTICATED' } },
    ]);
  });

  it('wait for a slow client without being lost', async () => {
    const fleet = await fleetOf();
    const { send, messages, socket } = await rawSocket(fleet);
    send({ type: 'connection_init', payload: { authorization: `Bearer ${await fleet.accessToken()}` } });
    await until(() => messages.length === 1);
    send({ id: '1', type: 'subscribe', payload: { query: watch, variables: { id: 't1', after: '0' } } });
    await until(() => fleet.open.subscriptions === 1);
    socket.pause();
    fleet.emit(50);
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.resume();
    await until(() => messages.length === 51);
    expect(messages.slice(1).map(({ payload }) => cursors([payload as Event])[0])).toEqual(
      Array.from({ length: 50 }, (_, index) => String(index + 1)),
    );
  });

  it('end with SLOW_CONSUMER for a client that does not keep up: what was sent is in order, and nothing is skipped silently', async () => {
    const fleet = await fleetOf();
    const { send, messages, socket } = await rawSocket(fleet);
    send({ type: 'connection_init', payload: { authorization: `Bearer ${await fleet.accessToken()}` } });
    await until(() => messages.length === 1);
    const query = 'subscription { taleUpdated(id: "t1", after: "0") { cursor bulk(kilobytes: 100) } }';
    send({ id: '1', type: 'subscribe', payload: { query } });
    await until(() => fleet.open.subscriptions === 1);
    socket.pause();
    // What 256 waiting events and the buffers of two sockets can hold, several times over.
    fleet.emit(1_200);
    await until(() => fleet.open.subscriptions === 0);
    socket.resume();
    await until(() => messages.at(-1)?.type === 'error');
    const events = messages.slice(1, -1).map(({ payload }) => cursors([payload as Event])[0]);
    expect(events).toEqual(Array.from(events, (_, index) => String(index + 1)));
    expect(events.length).toBeLessThan(1_200);
    expect(messages.at(-1)?.payload).toMatchObject([{ extensions: { code: 'SLOW_CONSUMER', kind: 'TOO_MANY_REQUESTS' } }]);
  });

  it('stop at their source when the client goes, completes, or is cut', async () => {
    const fleet = await fleetOf();
    const client = await clientOf(fleet);
    const events = follow(client, null);
    const waiting = events.next();
    await until(() => fleet.open.subscriptions === 1);
    await events.return?.();
    await waiting;
    await until(() => fleet.open.subscriptions === 0);

    const { send, messages, socket } = await rawSocket(fleet);
    send({ type: 'connection_init', payload: { authorization: `Bearer ${await fleet.accessToken()}` } });
    await until(() => messages.length === 1);
    for (const id of ['1', '2']) send({ id, type: 'subscribe', payload: { query: watch, variables: { id: 't1' } } });
    await until(() => fleet.open.subscriptions === 2);
    send({ id: '1', type: 'complete' });
    await until(() => fleet.open.subscriptions === 1);
    socket.terminate();
    await until(() => fleet.open.subscriptions === 0);
  });

  it('share one connection to their context', async () => {
    const fleet = await fleetOf();
    fleet.emit();
    const sessions = await Promise.all(Array.from({ length: 5 }, () => clientOf(fleet)));
    const taken = await Promise.all(sessions.map((client) => take(follow(client, '0'), 1)));
    expect(taken.map(cursors)).toEqual(Array.from({ length: 5 }, () => ['1']));
    expect(fleet.open.subscriptions).toBe(5);
    expect(fleet.upstreamSockets()).toBe(1);
  });
});

describe('a socket', () => {
  it('serves queries and mutations, too, through the same checks', async () => {
    const fleet = await fleetOf();
    const client = await clientOf(fleet);
    const run = async (query: string, variables?: Record<string, unknown>) =>
      ((await client.iterate({ query, variables }).next()) as { value: unknown }).value;
    expect(await run('{ asked { kind id address } }')).toEqual({
      data: { asked: { kind: 'user', id: 'person-ada-1', address: '127.0.0.1' } },
    });
    expect(await run('mutation { rename(input: {id: "person-ada-1", name: "Bob"}) { name } }')).toMatchObject({
      data: null,
      errors: [{ message: 'The name is taken; try Bob2.', extensions: { code: 'NAME_TAKEN' } }],
    });
    const refused: [string, string, Record<string, unknown>?][] = [
      ['{ askd }', 'GRAPHQL_VALIDATION_FAILED'],
      ['{', 'GRAPHQL_PARSE_FAILED'],
      [`{ ${'asked { kind } '.repeat(21)} }`, 'QUERY_TOO_MANY_ROOT_FIELDS'],
      [
        `subscription { taleUpdated(id: "t1") { ${'tale { author { tales { author { '.repeat(4)} id ${'} } } }'.repeat(4)} } }`,
        'QUERY_TOO_DEEP',
      ],
      ['subscription ($x: Boolean!) { taleUpdated(id: "t1") @include(if: $x) { cursor } }', 'GRAPHQL_VALIDATION_FAILED', { x: true }],
      ['subscription ($id: ID!) { taleUpdated(id: $id) { cursor } }', 'BAD_USER_INPUT', { id: { password: 'hunter2' } }],
      ['subscription { taleUpdated(id: "t1") { cursor } a: taleUpdated(id: "t1") { cursor } }', 'GRAPHQL_VALIDATION_FAILED'],
    ];
    for (const [query, code, variables] of refused) {
      const [error] = (await run(query, variables).catch((errors: unknown) => errors)) as PublicError[];
      expect(error?.extensions).toMatchObject({ code, kind: 'BAD_USER_INPUT' });
      expect(error?.message).not.toContain('hunter2');
    }
    // None of them cost the socket.
    expect(await run('{ asked { kind } }')).toEqual({ data: { asked: { kind: 'user' } } });
  });

  it.each([
    ['expired', 'ACCESS_TOKEN_EXPIRED'],
    ['foreign', 'ACCESS_TOKEN_INVALID'],
  ])('with a token that is %s is closed with 4403 %s', async (what, reason) => {
    const fleet = await fleetOf();
    const token =
      what === 'expired' ? await fleet.accessToken({}, Math.floor(Date.now() / 1000) - 1) : await fleet.accessToken({ iss: 'gateway' });
    const { send, closed } = await rawSocket(fleet);
    send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
    expect(await closed).toEqual({ code: 4403, reason });
  });

  it('ends with 4403 when its session does; those of other sessions go on, and the token is good for nothing else', async () => {
    const fleet = await fleetOf();
    const ended = await fleet.accessToken();
    const events = follow(await clientOf(fleet, ended), '0');
    const others = follow(await clientOf(fleet, await fleet.accessToken({ sid: 'session-2' })), '0');
    fleet.emit();
    await Promise.all([take(events, 1), take(others, 1)]);
    const session = decodeJwt(ended).sid as string;
    await fleet.endSession(session);
    await expect(take(events, 1)).rejects.toMatchObject({ code: 4403, reason: 'ACCESS_TOKEN_EXPIRED' });
    fleet.emit();
    expect(cursors(await take(others, 1))).toEqual(['2']);
    expect(await fleet.ask('{ asked { kind } }', { token: ended })).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: 'ACCESS_TOKEN_EXPIRED' } }],
    });
    await expect(take(follow(await clientOf(fleet, ended), '0'), 1)).rejects.toMatchObject({ code: 4403 });
  });

  it('ends with 4403 when its token expires, and not an event later', async () => {
    const fleet = await fleetOf();
    const token = await fleet.accessToken({}, Math.floor(Date.now() / 1000) + 2);
    const client = await clientOf(fleet, token);
    const events = follow(client, '0');
    fleet.emit();
    expect(await take(events, 1)).toHaveLength(1);
    await expect(take(events, 1)).rejects.toMatchObject({ code: 4403, reason: 'ACCESS_TOKEN_EXPIRED' });
    await until(() => fleet.open.subscriptions === 0);
  });

  it('may give one operation a credential of its own, as GraphiQL does', async () => {
    const fleet = await fleetOf();
    const anonymous = fleet.liveClient();
    ending.push(() => anonymous.dispose());
    const ask = (headers: unknown) => anonymous.iterate({ query: '{ asked { kind } }', extensions: { headers } }).next();
    expect(await ask({ Authorization: `Bearer ${await fleet.accessToken()}` })).toMatchObject({
      value: { data: { asked: { kind: 'user' } } },
    });
    await expect(ask({ Authorization: 'Bearer forged' })).rejects.toMatchObject([{ extensions: { code: 'ACCESS_TOKEN_INVALID' } }]);
    expect(await ask(undefined)).toMatchObject({ value: { data: { asked: { kind: 'anonymous' } } } });
  });

  it.each<[string, number, unknown[]]>([
    ['subscribes before connection_init', 4401, [{ id: '1', type: 'subscribe', payload: { query: '{ asked { kind } }' } }]],
    ['sends connection_init twice', 4429, [{ type: 'connection_init' }, { type: 'connection_init' }]],
    ['sends what is no message', 4400, ['nonsense']],
    ['sends a message of an unknown type', 4400, [{ type: 'hack' }]],
    [
      'uses an id twice',
      4409,
      [{ type: 'connection_init' }, ...['1', '1'].map((id) => ({ id, type: 'subscribe', payload: { query: '{ slow }' } }))],
    ],
    ['sends more than is taken', 1009, ['x'.repeat(600 * 1024)]],
  ])('that %s is closed with %d', async (_, code, messages) => {
    const fleet = await fleetOf();
    const { send, closed, messages: received } = await rawSocket(fleet);
    for (const message of messages) {
      send(message);
      if (typeof message === 'object' && (message as { type: string }).type === 'connection_init' && messages.length > 2)
        await until(() => received.length > 0);
    }
    expect((await closed).code).toBe(code);
    expect((await fleet.ask('{ asked { kind } }')).status).toBe(200);
  });

  it('without connection_init is closed with 4408', async () => {
    const fleet = await fleetOf();
    const { closed } = await rawSocket(fleet);
    expect((await closed).code).toBe(4408);
  });

  it('has at most 50 operations open', async () => {
    const fleet = await fleetOf();
    const client = await clientOf(fleet);
    const pending = Array.from({ length: 50 }, () => {
      const events = follow(client, null);
      void events.next();
      return events;
    });
    await until(() => fleet.open.subscriptions === 50);
    await expect(follow(client, null).next()).rejects.toMatchObject([
      { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS', kind: 'TOO_MANY_REQUESTS', params: { limit: 50 } } },
    ]);
    for (const events of pending) await events.return?.();
  });

  it('of a page that is not listed is not opened', async () => {
    const fleet = await fleetOf({ ALLOWED_ORIGINS: 'https://studio.example' });
    const open = (origin: string) =>
      new Promise((resolve) => {
        const socket = new WebSocket(fleet.gateway.url.replace('http:', 'ws:'), 'graphql-transport-ws', { origin });
        socket.on('open', () => {
          socket.terminate();
          resolve('open');
        });
        socket.on('error', (error) => resolve(error.message));
      });
    expect(await open('https://studio.example')).toBe('open');
    expect(await open('https://evil.example')).toContain('403');
  });
});
