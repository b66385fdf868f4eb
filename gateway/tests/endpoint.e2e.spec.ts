import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { ada, type Answer, type Fleet, type PublicError, startFleet } from './fleet.js';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(() => fleet.stop());

const only = (errors: PublicError[] | undefined) => {
  expect(errors).toHaveLength(1);
  const [error] = errors ?? [];
  if (!error) throw new Error('no error');
  expect(Object.keys(error.extensions).filter((key) => !['code', 'kind', 'field', 'params', 'correlationId'].includes(key))).toEqual([]);
  expect(error.message).toMatch(/^[A-Z`].*[.?]$/);
  return error;
};

async function post(body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) {
  const response = await fetch(fleet.gateway.url, { method: 'POST', headers, body });
  return { status: response.status, headers: response.headers, ...((await response.json()) as Answer) };
}

describe('an answer', () => {
  it('joins contexts', async () => {
    const { status, data, errors, headers } = await fleet.ask(
      '{ tale(id: "t1") { title author { name tales { title author { name } } } } }',
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({ tale: { title: 'Tale t1', author: { name: 'Ada', tales: [{ title: 'Tale t1', author: { name: 'Ada' } }] } } });
    expect(status).toBe(200);
    expect(headers.get('x-correlation-id')).toMatch(/^[\w-]{36}$/);
  });

  it('of a reference to somebody who is gone is null, without a word', async () => {
    const { data, errors } = await fleet.ask('{ tales { id author { name } } }');
    expect(errors).toBeUndefined();
    expect(data?.tales).toEqual([
      { id: 't1', author: { name: 'Ada' } },
      { id: 't2', author: { name: 'Bob' } },
      { id: 't3', author: null },
    ]);
  });

  it('is given by GET, too', async () => {
    const response = await fetch(`${fleet.gateway.url}?query=${encodeURIComponent('{ tale(id: "t1") { title } }')}`);
    expect(await response.json()).toEqual({ data: { tale: { title: 'Tale t1' } } });
  });

  it('tells the subgraph who asks, from where, and under which correlation id, whatever the client claims', async () => {
    const token = await fleet.accessToken();
    const response = await fetch(fleet.gateway.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        'x-correlation-id': 'chosen-by-client',
        'x-client-address': '6.6.6.6',
        'x-forwarded-for': '6.6.6.6',
      },
      body: JSON.stringify({ query: '{ asked { kind id address correlationId } }' }),
    });
    expect(await response.json()).toEqual({
      data: { asked: { kind: 'user', id: ada, address: '127.0.0.1', correlationId: response.headers.get('x-correlation-id') } },
    });
  });

  it('without a token is that for an anonymous client', async () => {
    const { data } = await fleet.ask('{ asked { kind id } }');
    expect(data).toEqual({ asked: { kind: 'anonymous', id: null } });
  });
});

describe('a subgraph', () => {
  const body = (query: string) => JSON.stringify({ query });
  const documents = [
    '{ asked { kind } }',
    '{ _service { sdl } }',
    `{ _entities(representations: [{__typename: "Person", id: "${ada}"}]) { __typename } }`,
  ];

  it.each(documents)('answers nobody without the gateway’s token: %s', async (document) => {
    const stranger = await newKeyTokens();
    const wrong = [
      undefined,
      await fleet.accessToken(),
      await stranger.token('people'),
      await fleet.tokens.issue('tales', { kind: 'anonymous', permissions: [] }, 'x'),
      `${await fleet.tokens.issue('people', { kind: 'anonymous', permissions: [] }, 'y')}x`,
    ];
    for (const token of wrong) {
      const response = await fetch(fleet.people.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: body(document),
      });
      expect(response.status).toBe(401);
      expect(only(((await response.json()) as Answer).errors).extensions.code).toBe('GATEWAY_ONLY');
    }
    const right = await fleet.tokens.issue('people', { kind: 'anonymous', permissions: [] }, 'z');
    expect((await fleet.ask(document, { url: fleet.people.url, token: right })).status).toBe(200);
  });

  it('closes sockets of strangers with 4401, and refuses operations without a caller', async () => {
    for (const token of [
      undefined,
      await fleet.accessToken(),
      await fleet.tokens.issue('people', { kind: 'user', permissions: [] }, 'u'),
    ]) {
      await expect(firstOf(fleet.liveClient(token, fleet.people.url), '{ asked { kind } }')).rejects.toMatchObject({ code: 4401 });
    }
    const service = await fleet.tokens.issue('people', { kind: 'service', permissions: [] }, 's');
    await expect(firstOf(fleet.liveClient(service, fleet.people.url), '{ asked { kind } }')).rejects.toMatchObject([
      { extensions: { code: 'GATEWAY_ONLY' } },
    ]);
  });
});

describe('an access token', () => {
  it.each<[string, string, () => Promise<string>]>([
    ['expired', 'ACCESS_TOKEN_EXPIRED', () => fleet.accessToken({}, Math.floor(Date.now() / 1000) - 1)],
    ['of another issuer', 'ACCESS_TOKEN_INVALID', () => fleet.accessToken({ iss: 'gateway' })],
    ['for another audience', 'ACCESS_TOKEN_INVALID', () => fleet.accessToken({ aud: 'people' })],
    ['of a foreign key', 'ACCESS_TOKEN_INVALID', async () => (await newKeyTokens()).token('storytelling', 'identity')],
    ['without a signature', 'ACCESS_TOKEN_INVALID', async () => unsecured()],
    ['signed with the public key as a secret', 'ACCESS_TOKEN_INVALID', () => hmac()],
    ['that is none', 'ACCESS_TOKEN_INVALID', async () => 'hunter2'],
    ['of the gateway itself', 'ACCESS_TOKEN_INVALID', () => fleet.tokens.issue('people', { kind: 'anonymous', permissions: [] }, 'g')],
    ['with an impossible subject', 'ACCESS_TOKEN_INVALID', () => fleet.accessToken({ sub: 'x' })],
    ['with an unknown role', 'ACCESS_TOKEN_INVALID', () => fleet.accessToken({ role: 'root' })],
  ])('%s is refused: %s', async (_, code, make) => {
    const { status, errors, data } = await fleet.ask('{ asked { kind } }', { token: await make() });
    expect(status).toBe(401);
    expect(only(errors).extensions).toMatchObject({ code, kind: 'UNAUTHENTICATED' });
    expect(data).toBeUndefined();
  });

  it.each(['Basic YWRhOmFkYQ==', 'Bearer', 'Bearer two words', 'bearer\tx'])(
    'in an Authorization header that is none is refused: %s',
    async (authorization) => {
      const { status, errors } = await post('{"query":"{ asked { kind } }"}', { 'content-type': 'application/json', authorization });
      expect([status, only(errors).extensions.code]).toEqual([401, 'ACCESS_TOKEN_INVALID']);
    },
  );
});

describe('a bad request', () => {
  const json = { 'content-type': 'application/json' };
  const requests: [string, number, string, string, Record<string, string>?][] = [
    ['broken JSON', 400, 'JSON_BROKEN', '{"query":'],
    ['nothing', 400, 'JSON_BROKEN', ''],
    ['JSON that is no object', 400, 'JSON_BROKEN', '"hunter2"'],
    ['null', 400, 'JSON_BROKEN', 'null'],
    ['a batch', 400, 'BATCHING_UNSUPPORTED', '[{"query":"{ asked { kind } }"}]'],
    ['no content type', 415, 'CONTENT_TYPE_UNSUPPORTED', '{}', {}],
    ['a form', 415, 'CONTENT_TYPE_UNSUPPORTED', 'query=x', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['another charset', 415, 'CONTENT_TYPE_UNSUPPORTED', '{}', { 'content-type': 'application/json; charset=utf-16' }],
    ['a compressed body', 415, 'CONTENT_TYPE_UNSUPPORTED', '{}', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    ['too many bytes', 413, 'BODY_TOO_LARGE', JSON.stringify({ query: '{ asked { kind } }', variables: { x: 'x'.repeat(600_000) } })],
    ['far too many bytes', 413, 'BODY_TOO_LARGE', JSON.stringify({ query: 'x'.repeat(3_000_000) })],
    ['an empty object', 400, 'BAD_REQUEST', '{}'],
    ['a query that is a number', 400, 'BAD_REQUEST', '{"query": 31337}'],
    ['variables that are text', 400, 'BAD_REQUEST', '{"query": "{ asked { kind } }", "variables": "hunter2"}'],
    ['variables that are a list', 400, 'BAD_REQUEST', '{"query": "{ asked { kind } }", "variables": ["hunter2"]}'],
    ['a persisted query', 200, 'PERSISTED_QUERY_NOT_SUPPORTED', '{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x"}}}'],
    ['an unknown operation name', 400, 'OPERATION_NOT_FOUND', '{"query": "query A { asked { kind } }", "operationName": "B"}'],
    ['no operation', 400, 'OPERATION_NOT_FOUND', '{"query": "query A { asked { kind } } query B { asked { kind } }"}'],
    ['broken GraphQL', 400, 'GRAPHQL_PARSE_FAILED', '{"query": "{ asked { kind }"}'],
    ['an unknown field', 400, 'GRAPHQL_VALIDATION_FAILED', '{"query": "{ askd }"}'],
    ['a subscription', 400, 'SUBSCRIPTION_OVER_HTTP', '{"query": "subscription { taleUpdated(id: \\"t1\\") { cursor } }"}'],
    ['a value of the wrong type', 400, 'GRAPHQL_VALIDATION_FAILED', '{"query": "{ person(id: {password: \\"hunter2\\"}) { name } }"}'],
    [
      'a variable of the wrong type',
      400,
      'BAD_USER_INPUT',
      '{"query": "query ($id: ID!) { person(id: $id) { name } }", "variables": {"id": {"password": "hunter2"}}}',
    ],
    ['a variable that is missing', 400, 'BAD_USER_INPUT', '{"query": "query ($id: ID!) { person(id: $id) { name } }"}'],
    [
      'an enum value that is none',
      400,
      'BAD_USER_INPUT',
      '{"query": "mutation ($i: RenameInput!) { rename(input: $i) { name } }", "variables": {"i": {"id": "1", "name": "n", "mood": "HUNTER2"}}}',
    ],
  ];
  it.each(requests.map(([what, status, code, body, headers = json]) => ({ what, status, code, body, headers })))(
    'with $what has status $status and code $code',
    async ({ status, code, body, headers }) => {
      const answer = await post(body, headers);
      const error = only(answer.errors);
      expect([answer.status, error.extensions.code]).toEqual([status, code]);
      expect(error.message).not.toMatch(/hunter2|31337/i);
      expect(JSON.stringify(answer)).not.toMatch(/stack|node_modules|127\.0\.0\.1|serviceName/);
    },
  );

  it('with invalid UTF-8 is broken JSON', async () => {
    const response = await fetch(fleet.gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.concat([Buffer.from('{"query":"{ asked { kind } } #'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
    });
    expect(only(((await response.json()) as Answer).errors).extensions.code).toBe('JSON_BROKEN');
  });

  it('by the wrong method says which are right', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      const response = await fetch(fleet.gateway.url, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
      expect(only(((await response.json()) as Answer).errors).extensions.code).toBe('METHOD_NOT_ALLOWED');
    }
    const mutation = await fetch(
      `${fleet.gateway.url}?query=${encodeURIComponent('mutation { rename(input: {id: "x", name: "y"}) { name } }')}`,
    );
    expect([mutation.status, mutation.headers.get('allow')]).toEqual([405, 'POST']);
    expect(fleet.requests.rename).toBe(0);
    const health = await fetch(fleet.gateway.url.replace('/graphql', '/health'), { method: 'POST' });
    expect([health.status, health.headers.get('allow')]).toEqual([405, 'GET']);
    expect((await fetch(fleet.gateway.url.replace('/graphql', '/nowhere'))).status).toBe(404);
  });

  it('that is no HTTP at all ends its own connection and nothing else', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(fleet.gateway.port, '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toContain('400');
    expect((await fleet.ask('{ asked { kind } }')).status).toBe(200);
  });
});

describe('a document beyond the limits', () => {
  const nest = (levels: number) => `{ tale(id: "t1") ${'{ author { tales '.repeat(levels)} { id } ${'} }'.repeat(levels)} }`;
  const many = (count: number, part: (index: number) => string) => Array.from({ length: count }, (_, index) => part(index)).join(' ');
  const doubling = `{ tale(id: "t1") { ...f0 } } ${many(40, (index) => `fragment f${index} on Tale { author { tales { ...f${index + 1} ...f${index + 1} } } }`)} fragment f40 on Tale { id }`;

  it.each([
    ['QUERY_TOO_DEEP', nest(8)],
    ['QUERY_TOO_DEEP', nest(600)],
    ['QUERY_TOO_LARGE', `{ tale(id: "t1") { ${many(501, () => 'id')} } }`],
    ['QUERY_TOO_LARGE', `{ ${many(5_000, () => 'x')} }`],
    ['QUERY_TOO_MANY_ALIASES', `{ tale(id: "t1") { ${many(31, (index) => `a${index}: id`)} } }`],
    ['QUERY_TOO_MANY_ROOT_FIELDS', `{ ${many(21, () => 'asked { kind }')} }`],
    ['QUERY_TOO_MANY_DIRECTIVES', `{ tale(id: "t1") { ${many(51, () => 'id @skip(if: false)')} } }`],
    ['QUERY_TOO_MANY_DIRECTIVES', `{ tale(id: "t1") { id ${'@include(if: true)'.repeat(60)} } }`],
    ['FRAGMENT_CYCLE', '{ tale(id: "t1") { ...a } } fragment a on Tale { ...b } fragment b on Tale { author { tales { ...a } } }'],
    ['FRAGMENT_CYCLE', '{ asked { kind } } fragment a on Tale { ...a }'],
    ['QUERY_TOO_DEEP', doubling],
    ['GRAPHQL_PARSE_FAILED', '{'.repeat(3_900)],
  ])('is refused at once: %s', async (code, query) => {
    const before = performance.now();
    const { status, errors } = await fleet.ask(query);
    expect([status, only(errors).extensions.code]).toEqual([400, code]);
    // 50 ms are promised; the rest is for a test machine that does other work.
    expect(performance.now() - before).toBeLessThan(500);
  });

  it('is told by its numbers', async () => {
    const { errors } = await fleet.ask(nest(8));
    expect(only(errors)).toMatchObject({
      message: 'The document nests 18 levels; at most 12 are answered.',
      extensions: { params: { count: 18, limit: 12 } },
    });
  });
});

describe('an error', () => {
  it('of a subgraph arrives as it was thrown there, at its place', async () => {
    const { data, errors, headers } = await fleet.ask('mutation { rename(input: {id: "person-ada-1", name: "Bob"}) { name } }');
    expect(data).toBeNull();
    expect(errors).toEqual([
      {
        message: 'The name is taken; try Bob2.',
        path: ['rename'],
        extensions: {
          code: 'NAME_TAKEN',
          kind: 'CONFLICT',
          field: 'name',
          params: { other: 'Bob2' },
          correlationId: headers.get('x-correlation-id'),
        },
      },
    ]);
  });

  it.each([
    [new TypeError('row {"password":"hunter2"}')],
    ['hunter2'],
    [null],
    [Object.assign(new Error('hunter2'), { extensions: { code: 'X', stack: 'hunter2' } })],
  ])('that nobody foresaw says nothing but where to ask: %p', async (thrown) => {
    fleet.throwInBoom(thrown);
    const { status, data, errors, headers } = await fleet.ask('{ boom asked { kind } }');
    expect(status).toBe(200);
    expect(data).toEqual({ boom: null, asked: { kind: 'anonymous' } });
    const error = only(errors);
    expect(error.extensions).toEqual({ code: 'INTERNAL', kind: 'INTERNAL', correlationId: headers.get('x-correlation-id') });
    expect(error.message).toContain(headers.get('x-correlation-id'));
    expect(error.message).not.toContain('hunter2');
  });
});

describe('a browser', () => {
  it('sees GraphiQL, which may load nothing from anywhere', async () => {
    const response = await fetch(fleet.gateway.url, { headers: { accept: 'text/html,application/xhtml+xml' } });
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const page = await response.text();
    expect(page).toContain('createStory');
    // Outside its one inline script (React's own templates are in there) the markup refers to nothing but data.
    expect(page.replace(/<script>[^]*<\/script>/, '').match(/(src|href)="(?!data:)[^"]*"|url\((?!["']?(data:|#))/g)).toBeNull();
  });

  it('of another origin may read answers', async () => {
    const preflight = await fetch(fleet.gateway.url, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:5173', 'access-control-request-method': 'POST' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, 'http://localhost:5173']);
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
  });
});

async function newKeyTokens() {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  return {
    token: (audience: string, issuer = 'gateway') =>
      new SignJWT({ sub: ada, kind: 'user', role: 'admin', sid: 's', permissions: [] })
        .setProtectedHeader({ alg: 'EdDSA' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime('30s')
        .sign(privateKey),
  };
}

const unsecured = () =>
  new UnsecuredJWT({ sub: ada, role: 'admin', sid: 's', permissions: [] })
    .setIssuer('identity')
    .setAudience('storytelling')
    .setIssuedAt()
    .setExpirationTime('5m')
    .encode();

async function hmac() {
  const secret = new TextEncoder().encode(JSON.stringify(fleet.identityJwk).padEnd(64));
  return new SignJWT({ sub: ada, role: 'admin', sid: 's', permissions: [] })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('identity')
    .setAudience('storytelling')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(secret);
}

async function firstOf(client: ReturnType<Fleet['liveClient']>, query: string) {
  try {
    for await (const result of client.iterate({ query })) return result;
    return undefined;
  } finally {
    await client.dispose();
  }
}
