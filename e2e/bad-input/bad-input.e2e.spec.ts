import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { decodeProtectedHeader, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { WebSocket } from 'ws';
import { appCode } from '../authenticator-app.js';
import { type ApiError, RunningPlatform, until } from '../running-platform.js';
import {
  type KnownOfNarration,
  knownOfNarration,
  narrationOfWrongForm,
  narrationUpdated,
  narrationVerbs,
  narratorVoiceUpdated,
  refusedNarration,
} from './narration.js';

// Everything that a careless or hostile client may send, through the one endpoint. Each is answered with a documented code and one clear
// sentence that names the field at fault; none brings an error of ours, an echo of the input, or the end of the process.

jest.setTimeout(60_000);

/** Stands in inputs that are refused; no answer and no line of the log may hold it. */
const canary = 'Zanzibar31337';
const password = `a fox in ${canary}`;
/** Where providers send browsers back. */
const signedIn = 'http://localhost:9/signed-in';

let platform: RunningPlatform;
let my: Known;

/** What the rows below refer to. */
interface Known extends KnownOfNarration {
  readonly email: string;
  readonly token: string;
  readonly refreshToken: string;
  readonly userId: string;
  readonly draft: Story;
  readonly second: Story;
  /** Somebody else's. */
  readonly theirs: Story;
  readonly published: Story;
  /** Of the published story. */
  readonly character: string;
  readonly segment: string;
  /** Of the second story. */
  readonly foreignCharacter: string;
  /** A token of a mail that was never used. */
  readonly resetToken: string;
  readonly upload: { readonly id: string; readonly url: string };
  /** A super-admin, whose second factor is asked for. */
  readonly boss: { readonly email: string; readonly token: string; readonly userId: string; readonly spentCode: string };
  readonly recoveryCodes: readonly string[];
}
interface Story {
  readonly id: string;
  readonly cursor: string;
}
interface Expected {
  readonly what?: string;
  readonly code: string;
  readonly field?: string | undefined;
  /** 400 for what is wrong by its form, 200 for what the rules of a context refuse. */
  readonly status?: number;
}
interface Refused {
  readonly status: number;
  readonly text: string;
}

const verbs = {
  ...narrationVerbs,
  register: 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken refreshToken user { id } } }',
  signIn: 'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }',
  refreshSession: 'mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken } }',
  updateProfile: 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }',
  revokeSession: 'mutation ($input: RevokeSessionInput!) { revokeSession(input: $input) { id } }',
  confirmSecondFactor: 'mutation ($input: ConfirmSecondFactorInput!) { confirmSecondFactor(input: $input) { recoveryCodes } }',
  disableSecondFactor: 'mutation ($input: DisableSecondFactorInput!) { disableSecondFactor(input: $input) { id } }',
  assignRole: 'mutation ($input: AssignRoleInput!) { assignRole(input: $input) { id } }',
  grantPermission: 'mutation ($input: PermissionInput!) { grantPermission(input: $input) { id } }',
  deactivateUser: 'mutation ($input: DeactivateUserInput!) { deactivateUser(input: $input) { id } }',
  revokePermission: 'mutation ($input: PermissionInput!) { revokePermission(input: $input) { id } }',
  eraseUser: 'mutation ($input: EraseUserInput!) { eraseUser(input: $input) { id } }',
  verifyEmail: 'mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { id } }',
  requestPasswordReset: 'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) }',
  resetPassword: 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { accessToken } }',
  changePassword: 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { id } }',
  beginProviderSignIn: 'mutation ($input: BeginProviderSignInInput!) { beginProviderSignIn(input: $input) { url } }',
  signInWithProvider: 'mutation ($input: ProviderSignInInput!) { signInWithProvider(input: $input) { accessToken } }',
  requestProfileImageUpload: 'mutation ($input: UploadInput!) { requestProfileImageUpload(input: $input) { id url } }',
  createStory: 'mutation ($input: CreateStoryInput!) { createStory(input: $input) { id cursor } }',
  editStory: 'mutation ($input: EditStoryInput!) { editStory(input: $input) { id } }',
  analyzeStory: 'mutation ($input: AnalyzeStoryInput!) { analyzeStory(input: $input) { id } }',
  publishStory: 'mutation ($input: PublishStoryInput!) { publishStory(input: $input) { id } }',
  unpublishStory: 'mutation ($input: UnpublishStoryInput!) { unpublishStory(input: $input) { id } }',
  archiveStory: 'mutation ($input: ArchiveStoryInput!) { archiveStory(input: $input) { id } }',
  deleteStory: 'mutation ($input: DeleteStoryInput!) { deleteStory(input: $input) }',
  reportContent: 'mutation ($input: ReportContentInput!) { reportContent(input: $input) { id } }',
  moderateStory: 'mutation ($input: ModerateStoryInput!) { moderateStory(input: $input) { id } }',
  saveCharacter: 'mutation ($input: SaveCharacterInput!) { saveCharacter(input: $input) { id } }',
  requestCharacterImageUpload: 'mutation ($input: CharacterImageUploadInput!) { requestCharacterImageUpload(input: $input) { id } }',
  setCharacterImage: 'mutation ($input: SetCharacterImageInput!) { setCharacterImage(input: $input) { id } }',
  mergeCharacters: 'mutation ($input: MergeCharactersInput!) { mergeCharacters(input: $input) { id } }',
  removeCharacter: 'mutation ($input: RemoveCharacterInput!) { removeCharacter(input: $input) { id } }',
  updateSegment: 'mutation ($input: UpdateSegmentInput!) { updateSegment(input: $input) { id } }',
};
type Verb = keyof typeof verbs;

const storyUpdated = 'subscription ($id: ID!, $after: String) { storyUpdated(id: $id, after: $after) { cursor } }';
const person = (given: object = {}) => ({ email: `${randomUUID()}@example.org`, password, displayName: 'Ada', ...given });
const text = (given: object = {}) => ({ title: 'The fox', content: '“Once,” said Ada.', ...given });
const json = { 'content-type': 'application/json' };
const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const times = (count: number, part: (index: number) => string) => Array.from({ length: count }, (_, index) => part(index)).join(' ');

async function send(path: string, init: RequestInit): Promise<Refused> {
  const response = await fetch(new URL(path, platform.url), init);
  return { status: response.status, text: await response.text() };
}

const ask = (body: object, token?: string) =>
  send('/graphql', {
    method: 'POST',
    headers: { ...json, ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });

/** Codes with their kinds, as a client's developer reads them. */
const documented = new Map(
  [...readFileSync(join(import.meta.dirname, '../../schema/errors.md'), 'utf8').matchAll(/^\| `(\w+)` \| (\w+) \|/gm)].map(
    ([, code = '', kind]) => [code, kind],
  ),
);

function expectErrors(errors: readonly ApiError[], { code, field }: Expected) {
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(errors.map(() => code));
  const [first] = errors;
  expect(first?.extensions.field).toBe(field);
  for (const { message, extensions, ...rest } of errors) {
    const { code: _code, kind, field: _field, params: _params, correlationId, ...more } = extensions;
    expect(more).toEqual({});
    expect(Object.keys(rest).filter((key) => key !== 'path' && key !== 'locations')).toEqual([]);
    expect(kind).toBe(documented.get(code));
    expect(correlationId).toMatch(/^[\w-]{36}$/);
    // One sentence; graphql-js may add a suggestion.
    expect(message.replace(/ Did you mean [^?]+\?$/, '')).toMatch(/^(?!.*[.!?] [A-Z])[^\n]{10,200}\.$/);
    expect(message).not.toMatch(/\bat .*:\d|\/(src|dist|node_modules)\/|prisma|sql|select .* from|undefined|\[object|127\.0\.0\.1/i);
  }
}

function expectRefusal({ status, text: answer }: Refused, expected: Expected) {
  const { errors, data } = JSON.parse(answer) as { errors?: ApiError[]; data?: Record<string, unknown> | null };
  expect(errors?.length).toBeGreaterThan(0);
  expectErrors(errors ?? [], expected);
  expect(status).toBe(expected.status ?? 400);
  expect(answer.toLowerCase()).not.toContain(canary.toLowerCase());
  // Null, or an object whose list is: `me { stories }`.
  for (const value of Object.values(data ?? {})) expect(Object.values(value ?? {}).filter((inner) => inner !== null)).toEqual([]);
}

beforeAll(async () => {
  platform = await RunningPlatform.start({
    REGISTRATIONS_PER_HOUR: '20',
    // A provider that is away: nobody listens there.
    OIDC_PROVIDERS: 'example',
    OIDC_EXAMPLE_ISSUER: 'http://127.0.0.1:9',
    OIDC_EXAMPLE_CLIENT_ID: 'us',
    OIDC_EXAMPLE_CLIENT_SECRET: canary,
    OIDC_REDIRECT_URIS: signedIn,
  });
  const register = async (input: ReturnType<typeof person>) => {
    type Session = { register: { accessToken: string; refreshToken: string; user: { id: string } } };
    return { ...(await platform.ask<Session>(verbs.register, { input })).register, email: input.email };
  };
  const [me, other] = [await register(person()), await register(person({ displayName: 'Ben' }))];
  const create = async (token: string) =>
    (await platform.ask<{ createStory: Story }>(verbs.createStory, { input: text() }, token)).createStory;
  const token = me.accessToken;
  const published = await create(token);
  await platform.ask(verbs.analyzeStory, { input: { id: published.id } }, token);
  await until(async () => {
    const { story } = await platform.ask<{ story: { status: string } }>(`{ story(id: "${published.id}") { status } }`, {}, token);
    return story.status === 'ANALYZED';
  });
  await platform.verifyEmail(me.email);
  await platform.ask(verbs.publishStory, { input: { id: published.id, expectedVersion: 1 } }, token);
  const [draft, second, theirs] = [await create(token), await create(token), await create(other.accessToken)];

  type Found = { story: { characters: { id: string }[]; segments: { nodes: { id: string }[] } } };
  const found = await platform.ask<Found>(`{ story(id: "${published.id}") { characters { id } segments { nodes { id } } } }`, {}, token);
  const foreign = { storyId: second.id, name: 'Ben' };
  const { saveCharacter } = await platform.ask<{ saveCharacter: { id: string } }>(verbs.saveCharacter, { input: foreign }, token);
  await platform.ask(verbs.requestPasswordReset, { input: { email: me.email } });
  const { requestProfileImageUpload } = await platform.ask<{ requestProfileImageUpload: Known['upload'] }>(
    verbs.requestProfileImageUpload,
    { input: { contentType: 'image/png', sizeBytes: 10 } },
    token,
  );
  my = {
    ...{ email: me.email, token, refreshToken: me.refreshToken, userId: me.user.id, draft, second, theirs, published },
    character: found.story.characters[0]?.id ?? '',
    segment: found.story.segments.nodes[0]?.id ?? '',
    foreignCharacter: saveCharacter.id,
    ...(await knownOfNarration(platform, { token, theirToken: other.accessToken, published: published.id })),
    resetToken: await platform.tokenMailedTo(me.email, 'password'),
    upload: requestProfileImageUpload,
    ...(await superAdmin(await register(person({ displayName: 'Grace' })))),
  };
});
afterAll(() => platform.stop());

/** What the person at the machine calls. */
function promote(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const entry = join(import.meta.dirname, '../../platform/dist/ops/main.js');
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, 'promote', ...args], { env: { ...process.env, DATA_DIR: platform.data } }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

async function superAdmin(account: { email: string; accessToken: string; refreshToken: string; user: { id: string } }) {
  await promote(account.email, 'super-admin');
  const { refreshSession } = await platform.ask<{ refreshSession: { accessToken: string } }>(verbs.refreshSession, {
    input: { refreshToken: account.refreshToken },
  });
  const token = refreshSession.accessToken;
  type Begun = { beginSecondFactor: { secret: string } };
  const begun = await platform.ask<Begun>('mutation { beginSecondFactor { secret } }', {}, token);
  const spentCode = appCode(begun.beginSecondFactor.secret, 0);
  const { confirmSecondFactor } = await platform.ask<{ confirmSecondFactor: { recoveryCodes: string[] } }>(
    verbs.confirmSecondFactor,
    { input: { code: spentCode, password } },
    token,
  );
  return { boss: { email: account.email, token, userId: account.user.id, spentCode }, recoveryCodes: confirmSecondFactor.recoveryCodes };
}

describe('a request', () => {
  const good = JSON.stringify({ query: '{ me { id } }' });
  const query = (value: string) => `/graphql?query=${encodeURIComponent(value)}`;
  const rows: (Expected & { path?: string; method?: string; headers?: Record<string, string>; body?: string | Buffer })[] = [
    { what: 'without a body', code: 'JSON_BROKEN', body: '' },
    { what: 'of broken JSON', code: 'JSON_BROKEN', body: `{"query": "${canary}` },
    { what: 'of JSON that is text', code: 'JSON_BROKEN', body: `"${canary}"` },
    { what: 'of null', code: 'JSON_BROKEN', body: 'null' },
    {
      what: 'of invalid UTF-8',
      code: 'JSON_BROKEN',
      body: Buffer.concat([Buffer.from('{"query":"{ me { id } } #'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
    },
    { what: 'of several operations', code: 'BATCHING_UNSUPPORTED', body: `[${good}]` },
    { what: 'of 100,000 nested lists', code: 'BATCHING_UNSUPPORTED', body: '['.repeat(100_000) + ']'.repeat(100_000) },
    { what: 'of 80,000 nested objects', code: 'BAD_REQUEST', field: 'query', body: `${'{"a":'.repeat(80_000)}1${'}'.repeat(80_000)}` },
    { what: 'of an empty object', code: 'BAD_REQUEST', field: 'query', body: '{}' },
    { what: 'with an empty query', code: 'BAD_REQUEST', field: 'query', body: '{"query": ""}' },
    { what: 'whose query is a list', code: 'BAD_REQUEST', field: 'query', body: `{"query": ["${canary}"]}` },
    {
      what: 'whose variables are text',
      code: 'BAD_REQUEST',
      field: 'variables',
      body: JSON.stringify({ query: '{ me { id } }', variables: `{"x":"${canary}"}` }),
    },
    {
      what: 'whose variables are a list',
      code: 'BAD_REQUEST',
      field: 'variables',
      body: JSON.stringify({ query: '{ me { id } }', variables: [canary] }),
    },
    {
      what: 'whose operationName is an object',
      code: 'BAD_REQUEST',
      field: 'operationName',
      body: JSON.stringify({ query: '{ me { id } }', operationName: { name: canary } }),
    },
    {
      what: 'with a hash for a query',
      code: 'PERSISTED_QUERY_NOT_SUPPORTED',
      status: 200,
      body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: canary } } }),
    },
    { what: 'as text/plain', code: 'CONTENT_TYPE_UNSUPPORTED', status: 415, headers: { 'content-type': 'text/plain' }, body: good },
    { what: 'without a content type', code: 'CONTENT_TYPE_UNSUPPORTED', status: 415, headers: {}, body: Buffer.from(good) },
    {
      what: 'as a form with files',
      code: 'CONTENT_TYPE_UNSUPPORTED',
      status: 415,
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: `--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n${good}\r\n--x--`,
    },
    {
      what: 'in Latin-1',
      code: 'CONTENT_TYPE_UNSUPPORTED',
      status: 415,
      headers: { 'content-type': 'application/json; charset=latin1' },
      body: good,
    },
    { what: 'compressed', code: 'CONTENT_TYPE_UNSUPPORTED', status: 415, headers: { ...json, 'content-encoding': 'gzip' }, body: good },
    { what: 'of 1 MB', code: 'BODY_TOO_LARGE', status: 413, body: JSON.stringify({ query: canary.repeat(80_000) }) },
    {
      what: 'with 20 KB of headers',
      code: 'HEADERS_TOO_LARGE',
      status: 431,
      headers: { ...json, 'x-long': canary.repeat(1_600) },
      body: good,
    },
    { what: 'that accepts no JSON', code: 'BAD_REQUEST', status: 406, headers: { ...json, accept: 'image/png' }, body: good },
    { what: 'by GET without a query', code: 'BAD_REQUEST', field: 'query', method: 'GET' },
    {
      what: 'by GET with broken variables',
      code: 'BAD_REQUEST',
      field: 'variables',
      method: 'GET',
      path: `${query('{ me { id } }')}&variables=${canary}`,
    },
    { what: 'by GET with a mutation', code: 'BAD_REQUEST', status: 405, method: 'GET', path: query('mutation { signOut }') },
    { what: 'by GET with a broken escape', code: 'GRAPHQL_PARSE_FAILED', method: 'GET', path: '/graphql?query=%ff%fe' },
    { what: 'by PUT', code: 'METHOD_NOT_ALLOWED', status: 405, method: 'PUT', body: good },
    { what: 'by DELETE', code: 'METHOD_NOT_ALLOWED', status: 405, method: 'DELETE' },
    { what: 'to a path that is not there', code: 'PATH_NOT_FOUND', status: 404, path: `/${canary}`, body: good },
    { what: 'to a path out of the house', code: 'PATH_NOT_FOUND', status: 404, method: 'GET', path: '/..%2f..%2fetc%2fpasswd' },
    { what: 'that would change /health', code: 'METHOD_NOT_ALLOWED', status: 405, path: '/health', body: good },
  ];
  it.each(rows)('$what: $code', async ({ path = '/graphql', method = 'POST', headers = json, body, ...expected }) => {
    const bytes = typeof body === 'string' ? body : body && new Uint8Array(body);
    expectRefusal(
      await send(path, { method, headers: method === 'GET' ? {} : headers, ...(bytes !== undefined && { body: bytes }) }),
      expected,
    );
  });

  it('that is no HTTP: HTTP_BROKEN, and the connection ends', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(platform.url).port), '127.0.0.1', () => socket.write(`${canary}\r\n\r\n`));
      let received = '';
      socket.on('data', (chunk) => {
        received += String(chunk);
      });
      socket.on('close', () => resolve(received));
      socket.on('error', reject);
    });
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expectRefusal({ status: Number(head.split(' ')[1]), text: body }, { code: 'HTTP_BROKEN' });
  });
});

describe('a document', () => {
  const deep = `{ me { ${'stories { nodes { author { '.repeat(4)} id ${'} } }'.repeat(4)} } }`;
  const invalid = 'GRAPHQL_VALIDATION_FAILED';
  const broken = 'GRAPHQL_PARSE_FAILED';
  const doubling = (fragments: number) =>
    `{ me { ...f0 } } ${times(fragments, (index) => `fragment f${index} on User { ...f${index + 1} ...f${index + 1} }`)} fragment f${fragments} on User { id }`;
  const alone: [what: string, code: string, query: string][] = [
    ['that does not end', broken, '{ me { id'],
    ['with text that does not end', broken, `{ user(id: "${canary}) { id } }`],
    ['with a NUL', broken, '{ me \u0000 { id } }'],
    ['with half a surrogate pair', broken, '{ user(id: "\ud800") { id } }'],
    ['with half a surrogate pair, escaped', broken, '{ user(id: "\\ud800") { id } }'],
    ['of 3,900 open braces', broken, '{'.repeat(3_900)],
    ['with an unknown field', invalid, '{ stry { id } }'],
    ['with a name of 100,000 letters', invalid, `{ ${'x'.repeat(100_000)} }`],
    ['with an unknown argument', invalid, `{ me(id: "${canary}") { id } }`],
    ['without an argument that is needed', invalid, '{ story { id } }'],
    ['with an object for an id', invalid, `{ story(id: {secret: "${canary}"}) { id } }`],
    ['with an enum value as text', invalid, `{ stories(filter: {status: "${canary}"}) { nodes { id } } }`],
    ['with an enum value in small letters', invalid, '{ stories(filter: {status: draft}) { nodes { id } } }'],
    ['with a number beyond 32 bits', invalid, '{ stories(first: 2147483648) { nodes { id } } }'],
    ['with __proto__ in an input', invalid, '{ stories(filter: {__proto__: {status: DRAFT}}) { nodes { id } } }'],
    ['with an unknown type', invalid, 'query ($x: Storey) { stories(filter: $x) { nodes { id } } }'],
    ['that asks for federation’s own fields', invalid, '{ _service { sdl } }'],
    ['that asks for entities past the root fields', invalid, `{ _entities(representations: [{id: "${canary}"}]) { __typename } }`],
    ['that defines a type', invalid, 'type Story { id: ID! }'],
    ['of two operations without a name', invalid, '{ me { id } } { me { email } }'],
    ['of two operations, none chosen', 'OPERATION_NOT_FOUND', 'query A { me { id } } query B { me { id } }'],
    ['that subscribes over POST', 'SUBSCRIPTION_OVER_HTTP', 'subscription { storyUpdated(id: "x") { cursor } }'],
    ['that subscribes to two fields', invalid, 'subscription { a: storyUpdated(id: "x") { cursor } b: storyUpdated(id: "x") { cursor } }'],
    ['that nests too deep', 'QUERY_TOO_DEEP', deep],
    ['with too many fields', 'QUERY_TOO_LARGE', `{ me { ${times(1_001, () => 'id')} } }`],
    ['with 10,000 aliases', 'QUERY_TOO_LARGE', `{ me { ${times(10_000, (index) => `a${index}: id`)} } }`],
    ['of 100,000 tokens', 'QUERY_TOO_LARGE', `{ ${times(100_000, () => 'x')} }`],
    ['with 31 aliases', 'QUERY_TOO_MANY_ALIASES', `{ me { ${times(31, (index) => `a${index}: id`)} } }`],
    ['with 21 sign-ins at once', 'QUERY_TOO_MANY_ROOT_FIELDS', `mutation { ${times(21, (index) => `a${index}: signOut`)} }`],
    ['with 60 directives', 'QUERY_TOO_MANY_DIRECTIVES', `{ me { id ${times(60, () => '@include(if: true)')} } }`],
    ['whose fragments go in a circle', 'FRAGMENT_CYCLE', '{ me { ...a } } fragment a on User { ...b } fragment b on User { ...a }'],
    ['of doubling fragments', 'QUERY_TOO_LARGE', doubling(90)],
    ['of more fragments than anybody writes', 'QUERY_TOO_MANY_FRAGMENTS', doubling(300)],
  ];
  it.each(alone)('%s: %s', async (_what, code, query) => {
    expectRefusal(await ask({ query }, my.token), { code });
  });

  const withMore: [what: string, code: string, field: string | undefined, body: object][] = [
    ['without the chosen operation', 'OPERATION_NOT_FOUND', undefined, { query: 'query A { me { id } }', operationName: canary }],
    [
      'with a variable named __proto__ that is missing',
      'BAD_USER_INPUT',
      '__proto__',
      { query: 'query ($__proto__: ID!) { story(id: $__proto__) { id } }' },
    ],
    [
      'with a variable named constructor that is missing',
      'BAD_USER_INPUT',
      'constructor',
      { query: 'query ($constructor: ID!) { story(id: $constructor) { id } }' },
    ],
    [
      'with a list for a variable',
      'BAD_USER_INPUT',
      'id',
      { query: 'query ($id: ID!) { story(id: $id) { id } }', variables: { id: [[[canary]]] } },
    ],
    [
      'with an enum variable in small letters',
      'BAD_USER_INPUT',
      'status',
      {
        query: 'query ($status: StoryStatus) { stories(filter: {status: $status}) { nodes { id } } }',
        variables: { status: canary.toLowerCase() },
      },
    ],
  ];
  it.each(withMore)('%s: %s', async (_what, code, field, body) => {
    expectRefusal(await ask(body, my.token), { code, field });
  });

  it('may ask what the API is, and use any name that GraphQL allows', async () => {
    type Names = { __schema: { queryType: { name: string } }; __proto__: null; constructor: null };
    const answer = await platform.ask<Names>('{ __schema { queryType { name } } __proto__: me { id } constructor: me { id } }');
    expect(answer.__schema.queryType.name).toBe('Query');
    expect(Object.keys(answer)).toEqual(['__schema', '__proto__', 'constructor']);
  });
});

describe('an input', () => {
  const long = (length: number) => canary.padEnd(length, 'x');
  type Row = [verb: Verb, what: string, code: string, field: string | undefined, input: (known: Known) => unknown];
  const ofWrongForm: Row[] = [
    ['register', 'that is missing', 'BAD_USER_INPUT', 'input', () => undefined],
    ['register', 'that is text', 'BAD_USER_INPUT', 'input', () => canary],
    ['register', 'without a password', 'BAD_USER_INPUT', 'input', () => ({ ...person(), password: undefined })],
    ['register', 'with a number as password', 'BAD_USER_INPUT', 'input.password', () => person({ password: 1_234_567_890 })],
    ['register', 'that asks for a role', 'BAD_USER_INPUT', 'input', () => person({ role: 'ADMIN' })],
    ['register', 'with an own __proto__', 'BAD_USER_INPUT', 'input', () => ({ ...person(), ['__proto__']: { role: canary } })],
    ['createStory', 'in somebody else’s name', 'BAD_USER_INPUT', 'input', () => text({ authorId: canary })],
    ['createStory', 'without a title', 'BAD_USER_INPUT', 'input.title', () => text({ title: null })],
    [
      'editStory',
      'with a version of 1.5',
      'BAD_USER_INPUT',
      'input.expectedVersion',
      ({ draft }) => ({ id: draft.id, expectedVersion: 1.5 }),
    ],
    [
      'editStory',
      'with a version beyond 32 bits',
      'BAD_USER_INPUT',
      'input.expectedVersion',
      ({ draft }) => ({ id: draft.id, expectedVersion: 2 ** 31 }),
    ],
    [
      'editStory',
      'with a version as text',
      'BAD_USER_INPUT',
      'input.expectedVersion',
      ({ draft }) => ({ id: draft.id, expectedVersion: canary }),
    ],
    ['assignRole', 'to a role that is none', 'BAD_USER_INPUT', 'input.role', ({ userId }) => ({ userId, role: canary })],
    ['confirmSecondFactor', 'with a number as code', 'BAD_USER_INPUT', 'input.code', () => ({ code: 123_456 })],
    ['eraseUser', 'that says nothing of stories', 'BAD_USER_INPUT', 'input', ({ userId }) => ({ userId, password: canary })],
    ['reportContent', 'for a reason that is none', 'BAD_USER_INPUT', 'input.reason', () => ({ storyId: canary, reason: canary })],
    ['mergeCharacters', 'of an object', 'BAD_USER_INPUT', 'input.fromIds', () => ({ storyId: 'x', intoId: 'x', fromIds: { id: canary } })],
    [
      'saveCharacter',
      'with null for an alias',
      'BAD_USER_INPUT',
      'input.aliases[0]',
      () => ({ storyId: 'x', name: canary, aliases: [null] }),
    ],
    ['requestProfileImageUpload', 'of 4 GB', 'BAD_USER_INPUT', 'input.sizeBytes', () => ({ contentType: 'image/png', sizeBytes: 2 ** 32 })],
  ];
  const refused: Row[] = [
    // Who is who.
    ['register', 'with no address', 'EMAIL_INVALID', 'email', () => person({ email: canary })],
    [
      'register',
      'with an address that begins a mail header',
      'EMAIL_INVALID',
      'email',
      () => person({ email: `a@b.org\r\nBcc: ${canary}@b.org` }),
    ],
    ['register', 'with an address of 300 characters', 'EMAIL_INVALID', 'email', () => person({ email: `${long(290)}@b.org` })],
    ['register', 'with a NUL in the address', 'TEXT_UNREADABLE', 'email', () => person({ email: `${canary}\u0000@b.org` })],
    ['register', 'with an address that is taken', 'EMAIL_TAKEN', 'email', ({ email }) => person({ email: ` ${email.toUpperCase()}` })],
    ['register', 'with a short password', 'PASSWORD_TOO_SHORT', 'password', () => person({ password: 'nine-9-ch' })],
    ['register', 'with a password of 257 emoji', 'PASSWORD_TOO_LONG', 'password', () => person({ password: '🦊'.repeat(257) })],
    ['register', 'with a common password', 'PASSWORD_TOO_COMMON', 'password', () => person({ password: 'Qwertyuiop' })],
    [
      'register',
      'with half a surrogate pair in the password',
      'PASSWORD_UNREADABLE',
      'password',
      () => person({ password: `${canary}\ud800` }),
    ],
    ['register', 'with a blank name', 'DISPLAY_NAME_MISSING', 'displayName', () => person({ displayName: ' \u200b ' })],
    ['register', 'with a name of 101 characters', 'DISPLAY_NAME_TOO_LONG', 'displayName', () => person({ displayName: long(101) })],
    ['register', 'with a name on two lines', 'DISPLAY_NAME_UNREADABLE', 'displayName', () => person({ displayName: `Ada\n${canary}` })],
    [
      'register',
      'with a name that turns the text around',
      'DISPLAY_NAME_UNREADABLE',
      'displayName',
      () => person({ displayName: `\u202e${canary}` }),
    ],
    ['register', 'with a long first name', 'FIRST_NAME_TOO_LONG', 'firstName', () => person({ firstName: long(101) })],
    ['register', 'with a NUL in the last name', 'LAST_NAME_UNREADABLE', 'lastName', () => person({ lastName: `${canary}\u0000` })],
    ['register', 'with a language that is none', 'LANGUAGE_INVALID', 'language', () => person({ language: `en_${canary}` })],
    ['register', 'with an empty idempotencyKey', 'IDEMPOTENCY_KEY_INVALID', 'idempotencyKey', () => person({ idempotencyKey: '' })],
    ['signIn', 'with the wrong password', 'SIGN_IN_FAILED', undefined, ({ email }) => ({ email, password: canary })],
    ['signIn', 'with an unknown address', 'SIGN_IN_FAILED', undefined, () => ({ email: `${canary}@example.org`, password: canary })],
    [
      'signIn',
      'with a password of 100,000 characters',
      'PASSWORD_TOO_LONG',
      'password',
      ({ email }) => ({ email, password: long(100_000) }),
    ],
    [
      'refreshSession',
      'with a forged refresh token',
      'REFRESH_TOKEN_INVALID',
      'refreshToken',
      ({ refreshToken }) => ({ refreshToken: refreshToken.slice(0, -4) + canary }),
    ],
    ['refreshSession', 'with an access token', 'REFRESH_TOKEN_INVALID', 'refreshToken', ({ token }) => ({ refreshToken: token })],
    ['updateProfile', 'that takes the name away', 'DISPLAY_NAME_MISSING', 'displayName', () => ({ displayName: null })],
    // Sessions, second factors, roles.
    ['revokeSession', 'of nobody', 'SESSION_NOT_FOUND', 'sessionId', () => ({ sessionId: randomUUID() })],
    ['revokeSession', 'by a text that is no id', 'SESSION_NOT_FOUND', 'sessionId', () => ({ sessionId: `${canary}\u0000` })],
    ['confirmSecondFactor', 'that was never begun', 'SECOND_FACTOR_NOT_BEGUN', undefined, () => ({ code: '123456', password })],
    ['confirmSecondFactor', 'with a wrong password', 'CURRENT_PASSWORD_WRONG', 'password', () => ({ code: '123456', password: canary })],
    ['disableSecondFactor', 'that is not there', 'SECOND_FACTOR_MISSING', undefined, () => ({ code: canary })],
    ['assignRole', 'by a member to themselves', 'NOT_ALLOWED', undefined, ({ userId }) => ({ userId, role: 'SUPER_ADMIN' })],
    ['assignRole', 'to no id', 'USER_NOT_FOUND', 'userId', () => ({ userId: `${canary}\u0000`, role: 'MEMBER' })],
    [
      'assignRole',
      'for an endless reason',
      'REASON_TOO_LONG',
      'reason',
      ({ userId }) => ({ userId, role: 'MEMBER', reason: canary.repeat(100) }),
    ],
    ['grantPermission', 'by a member', 'NOT_ALLOWED', undefined, () => ({ roleId: 'member', resource: canary, action: 'read' })],
    ['deactivateUser', 'by a member', 'NOT_ALLOWED', undefined, ({ userId }) => ({ userId, reason: canary })],
    ['deactivateUser', 'without a reason', 'REASON_MISSING', 'reason', ({ userId }) => ({ userId, reason: ' ' })],
    // Mails, passwords, erasure.
    ['verifyEmail', 'with a token that is none', 'EMAIL_TOKEN_INVALID', 'token', () => ({ token: `${canary}\u0000` })],
    ['verifyEmail', 'with a token of 100,000 characters', 'EMAIL_TOKEN_INVALID', 'token', () => ({ token: long(100_000) })],
    ['verifyEmail', 'with the token of another mail', 'EMAIL_TOKEN_INVALID', 'token', ({ resetToken }) => ({ token: resetToken })],
    ['requestPasswordReset', 'for no address', 'EMAIL_INVALID', 'email', () => ({ email: `${canary}@` })],
    ['requestPasswordReset', 'for a NUL', 'TEXT_UNREADABLE', 'email', () => ({ email: `${canary}\u0000@b.org` })],
    ['resetPassword', 'with a token that is none', 'EMAIL_TOKEN_INVALID', 'token', () => ({ token: canary, password: 'ten letters' })],
    [
      'resetPassword',
      'to a short password',
      'PASSWORD_TOO_SHORT',
      'password',
      ({ resetToken: token }) => ({ token, password: '🦊'.repeat(9) }),
    ],
    [
      'resetPassword',
      'to half a surrogate pair',
      'PASSWORD_UNREADABLE',
      'password',
      ({ resetToken: token }) => ({ token, password: `${canary}\udc00` }),
    ],
    [
      'changePassword',
      'without the old one',
      'CURRENT_PASSWORD_WRONG',
      'currentPassword',
      () => ({ currentPassword: canary, newPassword: `another ${password}` }),
    ],
    [
      'changePassword',
      'from one of 100,000 characters',
      'PASSWORD_TOO_LONG',
      'currentPassword',
      () => ({ currentPassword: long(100_000), newPassword: `another ${password}` }),
    ],
    [
      'changePassword',
      'to one’s address',
      'PASSWORD_TOO_COMMON',
      'newPassword',
      ({ email }) => ({ currentPassword: password, newPassword: email }),
    ],
    [
      'eraseUser',
      'with the wrong password',
      'ERASURE_PASSWORD_WRONG',
      'password',
      ({ userId }) => ({ userId, stories: 'REMOVE', password: canary }),
    ],
    ['eraseUser', 'of no id', 'USER_NOT_FOUND', 'userId', () => ({ userId: `${canary}\u0000`, stories: 'REMOVE', password })],
    [
      'eraseUser',
      'of somebody else',
      'NOT_ALLOWED',
      undefined,
      ({ boss: { userId } }) => ({ userId, stories: 'REMOVE', password, reason: canary }),
    ],
    // Providers.
    ...(
      [
        ['that is none', 'PROVIDER_UNKNOWN', 'provider', { provider: `${canary}\u0000` }],
        ['back to somebody else', 'REDIRECT_URI_NOT_ALLOWED', 'redirectUri', { redirectUri: `${signedIn}?${canary}` }],
        ['back to a script', 'REDIRECT_URI_NOT_ALLOWED', 'redirectUri', { redirectUri: 'javascript:alert(1)' }],
        ['with a challenge that is none', 'CODE_CHALLENGE_INVALID', 'codeChallenge', { codeChallenge: canary }],
        ['that is away', 'PROVIDER_UNREACHABLE', undefined, {}],
      ] as const
    ).map(
      ([what, code, field, more]): Row => [
        'beginProviderSignIn',
        what,
        code,
        field,
        () => ({ provider: 'example', redirectUri: signedIn, codeChallenge: 'A'.repeat(43), ...more }),
      ],
    ),
    ...(
      [
        ['by a state that is none', {}],
        ['with a NUL in the state', { state: `${canary}\u0000` }],
        ['with half a surrogate pair in the verifier', { codeVerifier: `${canary}\ud800` }],
        ['with a code of 100,000 characters', { code: long(100_000) }],
      ] as const
    ).map(
      ([what, more]): Row => [
        'signInWithProvider',
        what,
        'PROVIDER_SIGN_IN_EXPIRED',
        'state',
        () => ({ provider: 'example', code: canary, codeVerifier: 'A'.repeat(43), state: 'A'.repeat(43), ...more }),
      ],
    ),
    [
      'signInWithProvider',
      'of a NUL',
      'PROVIDER_UNKNOWN',
      'provider',
      () => ({ provider: `example\u0000${canary}`, code: canary, codeVerifier: 'A'.repeat(43), state: 'A'.repeat(43) }),
    ],
    // Pictures.
    ...(
      [
        ['of a drawing', 'UPLOAD_TYPE_UNSUPPORTED', 'contentType', { contentType: 'image/svg+xml', sizeBytes: 10 }],
        ['of a type that is none', 'UPLOAD_TYPE_UNSUPPORTED', 'contentType', { contentType: `${canary}\u0000`, sizeBytes: 10 }],
        ['of 6 MB', 'UPLOAD_TOO_LARGE', 'sizeBytes', { contentType: 'image/png', sizeBytes: 6 * 1024 * 1024 }],
        ['of nothing', 'UPLOAD_EMPTY', 'sizeBytes', { contentType: 'image/png', sizeBytes: 0 }],
        ['of less than nothing', 'UPLOAD_EMPTY', 'sizeBytes', { contentType: 'image/png', sizeBytes: -1 }],
      ] as const
    ).map(([what, code, field, file]): Row => ['requestProfileImageUpload', what, code, field, () => file]),
    [
      'updateProfile',
      'by an upload that did not arrive',
      'UPLOAD_NOT_ARRIVED',
      'imageUploadId',
      ({ upload }) => ({ imageUploadId: upload.id }),
    ],
    [
      'updateProfile',
      'by an upload that was changed',
      'UPLOAD_UNKNOWN',
      'imageUploadId',
      ({ upload }) => ({ imageUploadId: upload.id.slice(0, -4) + canary }),
    ],
    ['updateProfile', 'by no upload', 'UPLOAD_UNKNOWN', 'imageUploadId', () => ({ imageUploadId: `\u0000${long(100_000)}` })],
    // Stories.
    ['createStory', 'with a short title', 'STORY_TITLE_TOO_SHORT', 'title', () => text({ title: ' ab ' })],
    ['createStory', 'with a title of 501 emoji', 'STORY_TITLE_TOO_LONG', 'title', () => text({ title: '😀'.repeat(501) })],
    [
      'createStory',
      'with a title that controls a terminal',
      'STORY_TITLE_UNREADABLE',
      'title',
      () => text({ title: `\u001b[31m${canary}` }),
    ],
    ['createStory', 'with a NUL in the title', 'TEXT_UNREADABLE', 'title', () => text({ title: `${canary}\u0000` })],
    ['createStory', 'without text', 'STORY_CONTENT_EMPTY', 'content', () => text({ content: ' \n\t ' })],
    ['createStory', 'with 100,001 characters', 'STORY_CONTENT_TOO_LONG', 'content', () => text({ content: long(100_001) })],
    ['createStory', 'with 100,001 emoji', 'STORY_CONTENT_TOO_LONG', 'content', () => text({ content: '😀'.repeat(100_001) })],
    ['createStory', 'with half a surrogate pair in the text', 'TEXT_UNREADABLE', 'content', () => text({ content: `\udc00${canary}` })],
    ['createStory', 'in a language that is none', 'LANGUAGE_INVALID', 'language', () => text({ language: canary })],
    [
      'createStory',
      'with a NUL in the idempotencyKey',
      'TEXT_UNREADABLE',
      'idempotencyKey',
      () => text({ idempotencyKey: `${canary}\u0000` }),
    ],
    [
      'createStory',
      'with an idempotencyKey of 101 emoji',
      'IDEMPOTENCY_KEY_INVALID',
      'idempotencyKey',
      () => text({ idempotencyKey: '😀'.repeat(101) }),
    ],
    [
      'editStory',
      'of somebody else’s draft',
      'STORY_NOT_FOUND',
      'id',
      ({ theirs }) => ({ id: theirs.id, expectedVersion: 1, title: canary }),
    ],
    ['editStory', 'of a user', 'STORY_NOT_FOUND', 'id', ({ userId }) => ({ id: userId, expectedVersion: 1, title: canary })],
    [
      'editStory',
      'on a negative version',
      'STORY_CHANGED_MEANWHILE',
      'expectedVersion',
      ({ draft }) => ({ id: draft.id, expectedVersion: -1, title: canary }),
    ],
    [
      'editStory',
      'on a version of the far future',
      'STORY_CHANGED_MEANWHILE',
      'expectedVersion',
      ({ draft }) => ({ id: draft.id, expectedVersion: 2 ** 31 - 1, title: canary }),
    ],
    ['analyzeStory', 'with SQL for an id', 'STORY_NOT_FOUND', 'id', ({ draft }) => ({ id: `${draft.id}' OR '1' = '1` })],
    ['analyzeStory', 'with a NUL in the id', 'STORY_NOT_FOUND', 'id', ({ draft }) => ({ id: `${draft.id}\u0000` })],
    ['analyzeStory', 'with an id of 100,000 characters', 'STORY_NOT_FOUND', 'id', () => ({ id: long(100_000) })],
    ['publishStory', 'before any analysis', 'STORY_NOT_ANALYZED', 'id', ({ draft }) => ({ id: draft.id, expectedVersion: 1 })],
    ['publishStory', 'a second time', 'STORY_ALREADY_PUBLISHED', 'id', ({ published }) => ({ id: published.id, expectedVersion: 1 })],
    ['unpublishStory', 'that nobody reads', 'STORY_NOT_PUBLISHED', 'id', ({ draft: { id } }) => ({ id })],
    ['unpublishStory', 'of somebody else’s draft', 'STORY_NOT_FOUND', 'id', ({ theirs: { id } }) => ({ id })],
    [
      'unpublishStory',
      'of another version',
      'STORY_CHANGED_MEANWHILE',
      'expectedVersion',
      ({ published: { id } }) => ({ id, expectedVersion: 7 }),
    ],
    ['archiveStory', 'for 1,001 emoji', 'ARCHIVE_REASON_TOO_LONG', 'reason', ({ draft: { id } }) => ({ id, reason: '😀'.repeat(1_001) })],
    ['archiveStory', 'for a NUL', 'TEXT_UNREADABLE', 'reason', ({ draft: { id } }) => ({ id, reason: `${canary}\u0000` })],
    ['deleteStory', 'of somebody else’s draft', 'STORY_NOT_FOUND', 'id', ({ theirs: { id } }) => ({ id })],
    ['deleteStory', 'with SQL for an id', 'STORY_NOT_FOUND', 'id', () => ({ id: "x'; DROP TABLE stories; --" })],
    ['reportContent', 'about oneself', 'REPORT_OF_OWN_STORY', 'storyId', ({ published: { id } }) => ({ storyId: id, reason: 'SPAM' })],
    ['reportContent', 'about nothing', 'STORY_NOT_FOUND', 'storyId', () => ({ storyId: randomUUID(), reason: 'SPAM' })],
    [
      'reportContent',
      'of 2,001 emoji',
      'REPORT_DETAILS_TOO_LONG',
      'details',
      ({ published: { id } }) => ({ storyId: id, reason: 'OTHER', details: '😀'.repeat(2_001) }),
    ],
    [
      'moderateStory',
      'by its author',
      'MODERATORS_ONLY',
      undefined,
      ({ published: { id } }) => ({ storyId: id, decision: 'KEEP', reason: canary }),
    ],
    // Characters and segments.
    ...(
      [
        ['without a name', 'CHARACTER_NAME_INVALID', 'name', { name: ' \t ' }],
        ['with a name of 201 emoji', 'CHARACTER_NAME_INVALID', 'name', { name: '😀'.repeat(201) }],
        ['with a name on two lines', 'CHARACTER_NAME_INVALID', 'name', { name: `Ada\u2028${canary}` }],
        ['with half a surrogate pair in the name', 'TEXT_UNREADABLE', 'name', { name: `${canary}\ud800` }],
        ['with 101 aliases', 'CHARACTER_LIST_TOO_LONG', 'aliases', { aliases: times(101, () => canary).split(' ') }],
        ['with a NUL in an alias', 'TEXT_UNREADABLE', 'aliases', { aliases: ['Cy', `${canary}\u0000`] }],
        ['with 21 traits', 'CHARACTER_LIST_TOO_LONG', 'traits', { traits: times(21, () => canary).split(' ') }],
        ['with a trait of 61 characters', 'CHARACTER_NAME_INVALID', 'traits', { traits: [long(61)] }],
        ['described in 1,001 emoji', 'CHARACTER_TEXT_TOO_LONG', 'description', { description: '😀'.repeat(1_001) }],
        ['with a NUL in the personality', 'TEXT_UNREADABLE', 'personality', { personality: `${canary}\u0000` }],
        ['in a role that is none', 'CHARACTER_ROLE_UNKNOWN', 'role', { role: canary }],
        ['of no story', 'STORY_NOT_FOUND', 'storyId', { storyId: `${canary}\u0000` }],
        ['with no id', 'CHARACTER_NOT_FOUND', 'id', { id: `${canary}\u0000` }],
      ] as const
    ).map(
      ([what, code, field, more]): Row => [
        'saveCharacter',
        what,
        code,
        field,
        ({ published }) => ({ storyId: published.id, name: 'Cy', ...more }),
      ],
    ),
    ['saveCharacter', 'of somebody else', 'STORY_NOT_FOUND', 'storyId', ({ theirs: { id } }) => ({ storyId: id, name: canary })],
    ['saveCharacter', 'with a name that is taken', 'CHARACTER_NAME_TAKEN', 'name', ({ second: { id } }) => ({ storyId: id, name: 'BEN' })],
    [
      'saveCharacter',
      'of another story',
      'CHARACTER_NOT_FOUND',
      'id',
      ({ published, foreignCharacter: id }) => ({ storyId: published.id, id, name: canary }),
    ],
    ...(
      [
        ['into one of another story', 'CHARACTER_NOT_FOUND', 'intoId', (my: Known) => ({ intoId: my.foreignCharacter })],
        ['from one of another story', 'CHARACTER_NOT_FOUND', 'fromIds', (my: Known) => ({ fromIds: [my.foreignCharacter] })],
        ['of 10,000', 'CHARACTER_NOT_FOUND', 'fromIds', () => ({ fromIds: times(10_000, () => randomUUID()).split(' ') })],
        ['of none', 'CHARACTERS_TO_MERGE_INVALID', 'fromIds', () => ({ fromIds: [] })],
        ['into itself', 'CHARACTERS_TO_MERGE_INVALID', 'fromIds', (my: Known) => ({ fromIds: [my.character] })],
        ['of somebody else', 'STORY_NOT_FOUND', 'storyId', (my: Known) => ({ storyId: my.theirs.id })],
      ] as const
    ).map(
      ([what, code, field, more]): Row => [
        'mergeCharacters',
        what,
        code,
        field,
        (known) => ({ storyId: known.published.id, intoId: known.character, fromIds: [known.character], ...more(known) }),
      ],
    ),
    ...(
      [
        ['of somebody else', 'STORY_NOT_FOUND', 'storyId', (my: Known) => ({ storyId: my.theirs.id })],
        ['of another story', 'CHARACTER_NOT_FOUND', 'characterId', (my: Known) => ({ characterId: my.foreignCharacter })],
        ['of no id', 'CHARACTER_NOT_FOUND', 'characterId', () => ({ characterId: `${canary}\u0000` })],
      ] as const
    ).flatMap(([what, code, field, more]) =>
      [['requestCharacterImageUpload', { contentType: 'image/png', sizeBytes: 10 }] as const, ['setCharacterImage', {}] as const].map(
        ([verb, form]): Row => [
          verb,
          what,
          code,
          field,
          (known) => ({ storyId: known.published.id, characterId: known.character, ...form, ...more(known) }),
        ],
      ),
    ),
    [
      'setCharacterImage',
      'by an upload for something else',
      'UPLOAD_UNKNOWN',
      'imageUploadId',
      ({ published, character: characterId, upload }) => ({ storyId: published.id, characterId, imageUploadId: upload.id }),
    ],
    [
      'removeCharacter',
      'of another story',
      'CHARACTER_NOT_FOUND',
      'id',
      ({ published, foreignCharacter: id }) => ({ storyId: published.id, id }),
    ],
    ['removeCharacter', 'of somebody else', 'STORY_NOT_FOUND', 'storyId', ({ theirs, character: id }) => ({ storyId: theirs.id, id })],
    ...(
      [
        ['with no id', 'SEGMENT_NOT_FOUND', 'segmentId', () => ({ segmentId: `${canary}\u0000` })],
        ['of nobody', 'SEGMENT_NOT_FOUND', 'segmentId', () => ({ segmentId: randomUUID(), speakerId: null })],
        ['in a mood that is none', 'SEGMENT_EMOTION_UNKNOWN', 'emotion', () => ({ emotion: canary })],
        ['spoken in another story', 'CHARACTER_NOT_FOUND', 'speakerId', (my: Known) => ({ speakerId: my.foreignCharacter })],
        ['of somebody else', 'STORY_NOT_FOUND', 'storyId', (my: Known) => ({ storyId: my.theirs.id, speakerId: null })],
      ] as const
    ).map(
      ([what, code, field, more]): Row => [
        'updateSegment',
        what,
        code,
        field,
        (known) => ({ storyId: known.published.id, segmentId: known.segment, ...more(known) }),
      ],
    ),
  ];
  const forms = [...ofWrongForm, ...narrationOfWrongForm(canary)].map((row) => [400, ...row] as const);
  it.each([...forms, ...[...refused, ...refusedNarration(canary)].map((row) => [200, ...row] as const)])(
    '(%i) %s %s: %s',
    async (status, verb, _what, code, field, input) => {
      const answer = await ask({ query: verbs[verb], variables: { input: input(my) } }, my.token);
      expectRefusal(answer, { code, field, status });
    },
  );

  const byStaff: Row[] = [
    ['assignRole', 'without a code', 'SECOND_FACTOR_REQUIRED', 'secondFactorCode', ({ userId }) => ({ userId, role: 'ADMIN' })],
    ...(
      [
        ['with a code that is none', () => canary],
        ['with five digits', () => '12345'],
        ['with Arabic digits', () => '٠١٢٣٤٥'],
        ['with 100,000 digits', () => '1'.repeat(100_000)],
        ['with a NUL', () => `${canary}\u0000`],
        ['with the code of the confirmation', ({ boss }: Known) => boss.spentCode],
      ] as const
    ).map(
      ([what, code]): Row => [
        'assignRole',
        what,
        'SECOND_FACTOR_WRONG',
        'secondFactorCode',
        (known) => ({ userId: known.userId, role: 'ADMIN', secondFactorCode: code(known) }),
      ],
    ),
    ...(
      [
        ['grantPermission', 'to a role that is none', 'ROLE_NOT_FOUND', 'roleId', { roleId: `${canary}\u0000` }],
        ['grantPermission', 'that is none', 'PERMISSION_NOT_FOUND', 'action', { resource: `${canary}\u0000` }],
        ['revokePermission', 'of super-admins', 'SUPER_ADMIN_KEEPS_ALL', 'roleId', { roleId: 'super-admin' }],
      ] as const
    ).map(
      ([verb, what, code, field, more], index): Row => [
        verb,
        what,
        code,
        field,
        ({ recoveryCodes }) => ({ roleId: 'member', resource: 'user', action: 'read', secondFactorCode: recoveryCodes[index], ...more }),
      ],
    ),
    [
      'assignRole',
      'with a recovery code that was used',
      'SECOND_FACTOR_WRONG',
      'secondFactorCode',
      ({ userId, recoveryCodes: [secondFactorCode] }) => ({ userId, role: 'ADMIN', secondFactorCode }),
    ],
    [
      'assignRole',
      'to nobody',
      'USER_NOT_FOUND',
      'userId',
      ({ recoveryCodes: [, , , secondFactorCode] }) => ({ userId: randomUUID(), role: 'ADMIN', secondFactorCode }),
    ],
    [
      'assignRole',
      'that leaves no super-admin',
      'LAST_SUPER_ADMIN',
      'userId',
      ({ boss: { userId }, recoveryCodes: [, , , , secondFactorCode] }) => ({ userId, role: 'MEMBER', secondFactorCode }),
    ],
    ['deactivateUser', 'of the last super-admin', 'LAST_SUPER_ADMIN', 'userId', ({ boss: { userId } }) => ({ userId, reason: canary })],
    ['disableSecondFactor', 'with a wrong code', 'SECOND_FACTOR_WRONG', 'code', () => ({ code: canary })],
    ['signIn', 'without a code', 'SECOND_FACTOR_REQUIRED', 'secondFactorCode', ({ boss: { email } }) => ({ email, password })],
    [
      'signIn',
      'with a wrong code',
      'SECOND_FACTOR_WRONG',
      'secondFactorCode',
      ({ boss: { email } }) => ({ email, password, secondFactorCode: canary }),
    ],
    ...(
      [
        ['without a reason', 'MODERATION_REASON_MISSING', 'reason', { reason: ' a ' }],
        ['for 1,001 emoji', 'MODERATION_REASON_MISSING', 'reason', { reason: '😀'.repeat(1_001) }],
        ['for a NUL', 'TEXT_UNREADABLE', 'reason', { reason: `${canary}\u0000` }],
        ['that nobody reported', 'STORY_NOT_REPORTED', 'storyId', {}],
        ['of another version', 'STORY_CHANGED_MEANWHILE', 'expectedVersion', { expectedVersion: -1 }],
        ['of no story', 'STORY_NOT_FOUND', 'storyId', { storyId: randomUUID() }],
      ] as const
    ).map(
      ([what, code, field, more]): Row => [
        'moderateStory',
        what,
        code,
        field,
        ({ published }) => ({ storyId: published.id, decision: 'KEEP', reason: canary, ...more }),
      ],
    ),
    [
      'moderateStory',
      'that takes a draft from readers',
      'STORY_NOT_PUBLISHED',
      'storyId',
      ({ draft }) => ({ storyId: draft.id, decision: 'UNPUBLISH', reason: canary }),
    ],
    ['archiveStory', 'of another, without a reason', 'MODERATION_REASON_MISSING', 'reason', ({ draft: { id } }) => ({ id })],
  ];
  it.each(byStaff)('by a super-admin: %s %s: %s', async (verb, _what, code, field, input) => {
    const answer = await ask({ query: verbs[verb], variables: { input: input(my) } }, my.boss.token);
    expectRefusal(answer, { code, field, status: 200 });
  });

  it('that would be a story’s 101st character: STORY_HAS_TOO_MANY_CHARACTERS', async () => {
    const { createStory } = await platform.ask<{ createStory: Story }>(verbs.createStory, { input: text() }, my.token);
    const save = (name: string) => `saveCharacter(input: { storyId: "${createStory.id}", name: "${name}" }) { id }`;
    for (let batch = 0; batch < 5; batch += 1)
      await platform.ask(`mutation { ${times(20, (index) => `a${index}: ${save(`Fox ${batch} ${index}`)}`)} }`, {}, my.token);
    expectRefusal(await ask({ query: `mutation { ${save(canary)} }` }, my.token), {
      code: 'STORY_HAS_TOO_MANY_CHARACTERS',
      field: 'storyId',
      status: 200,
    });
  });

  it.each<[string, Expected, RequestInit]>([
    ['another size', { code: 'UPLOAD_SIZE_WRONG' }, { body: canary, headers: { 'content-type': 'image/png' } }],
    ['another type', { code: 'UPLOAD_TYPE_WRONG' }, { body: '0123456789', headers: { 'content-type': 'image/svg+xml' } }],
  ])('sent as the bytes of a picture, of %s: refused', async (_what, expected, init) => {
    expectRefusal(await send(new URL(my.upload.url).pathname + new URL(my.upload.url).search, { method: 'PUT', ...init }), expected);
  });

  it('sent to an upload url that was changed: UPLOAD_LINK_INVALID', async () => {
    const { pathname, search } = new URL(my.upload.url);
    const init = { method: 'PUT', body: '0123456789', headers: { 'content-type': 'image/png' } };
    expectRefusal(await send(`${pathname}${search}${canary}`, init), { code: 'UPLOAD_LINK_INVALID', status: 403 });
  });

  it.each([
    ['nobody', []],
    ['to nothing', ['nobody@example.org']],
    ['what is no address', [canary, 'admin']],
    ['to a role that is none', ['nobody@example.org', canary]],
    ['with an option that is none', ['nobody@example.org', 'admin', `--${canary}`]],
  ])('at the machine, to promote %s: one line that says what to do', async (_what, args) => {
    const { code, out, err } = await promote(...args);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^[^\n]{10,300}\n$/);
    expect(err).not.toMatch(/\bat .*:\d|node_modules|prisma/i);
  });

  it.each<[Verb, () => object]>([
    ['createStory', () => text({ title: canary })],
    ['updateProfile', () => ({ displayName: canary })],
  ])('%s of nobody: SIGN_IN_REQUIRED', async (verb, input) => {
    const answer = await ask({ query: verbs[verb], variables: { input: input() } });
    expectRefusal(answer, { code: 'SIGN_IN_REQUIRED', status: 200 });
  });

  it.each<[Verb, (key: string) => [object, object]]>([
    [
      'register',
      (idempotencyKey) => [
        person({ email: `${idempotencyKey}@b.org`, idempotencyKey }),
        person({ email: `${idempotencyKey}@b.org`, idempotencyKey, displayName: canary }),
      ],
    ],
    ['createStory', (idempotencyKey) => [text({ idempotencyKey }), text({ idempotencyKey, title: canary })]],
  ])('%s with an idempotencyKey of another input: IDEMPOTENCY_KEY_REUSED', async (verb, inputs) => {
    const [first, other] = inputs(randomUUID());
    await platform.ask(verbs[verb], { input: first }, my.token);
    const answer = await ask({ query: verbs[verb], variables: { input: other } }, my.token);
    expectRefusal(answer, { code: 'IDEMPOTENCY_KEY_REUSED', field: 'idempotencyKey', status: 200 });
  });

  it('about a story that is being analyzed: not again, and not published yet', async () => {
    const content = '“Once,” said Ada, and Ben was glad. '.repeat(2_700);
    const { createStory } = await platform.ask<{ createStory: Story }>(verbs.createStory, { input: text({ content }) }, my.token);
    const input = { id: createStory.id };
    await platform.ask(verbs.analyzeStory, { input }, my.token);
    const [again, publish] = await Promise.all([
      ask({ query: verbs.analyzeStory, variables: { input } }, my.token),
      ask({ query: verbs.publishStory, variables: { input: { ...input, expectedVersion: 1 } } }, my.token),
    ]);
    expectRefusal(again, { code: 'STORY_BEING_ANALYZED', field: 'id', status: 200 });
    expectRefusal(publish, { code: 'STORY_NOT_ANALYZED', field: 'id', status: 200 });
  });

  it('tells the version that is current', async () => {
    const { errors } = await platform.post(verbs.editStory, { input: { id: my.draft.id, expectedVersion: 7, title: 'The owl' } }, my.token);
    expect(errors?.[0]?.extensions.params).toEqual({ currentVersion: 1 });
  });
});

describe('a page', () => {
  const outOfRange = 'PAGE_SIZE_OUT_OF_RANGE';
  const none = '00000000-0000-4000-8000-000000000000';
  const rows: (Expected & { page: object })[] = [
    { what: 'of nothing', code: outOfRange, field: 'first', page: { first: 0 } },
    { what: 'of less than nothing', code: outOfRange, field: 'first', page: { first: -1 } },
    { what: 'of 101', code: outOfRange, field: 'first', page: { first: 101 } },
    { what: 'of the last 101', code: outOfRange, field: 'last', page: { last: 101 } },
    { what: 'of first and last', code: outOfRange, field: 'last', page: { first: 1, last: 1 } },
    { what: 'after nothing', code: 'CURSOR_INVALID', field: 'after', page: { after: '' } },
    { what: 'after a forged cursor', code: 'CURSOR_INVALID', field: 'after', page: { after: canary } },
    { what: 'before a forged cursor', code: 'CURSOR_INVALID', field: 'before', page: { before: encode([canary, canary]) } },
    {
      what: 'after a date that only JavaScript reads',
      code: 'CURSOR_INVALID',
      field: 'after',
      page: { after: encode([`Tue Mar 01 2020 (${canary})`, none]) },
    },
    {
      what: 'after the end of time',
      code: 'CURSOR_INVALID',
      field: 'after',
      page: { after: encode(['+275760-09-13T00:00:00.000Z', none]) },
    },
    {
      what: 'after an id that is none',
      code: 'CURSOR_INVALID',
      field: 'after',
      page: { after: encode(['2020-01-01T00:00:00.000Z', '-'.repeat(36)]) },
    },
  ];
  const args = '$first: Int, $last: Int, $after: String, $before: String';
  const given = 'first: $first, last: $last, after: $after, before: $before';
  it.each(rows)('$what: $code', async ({ page, ...expected }) => {
    const list = await ask({ query: `query (${args}) { stories(${given}) { nodes { id } } }`, variables: page }, my.token);
    expectRefusal(list, { status: 200, ...expected });
    const nested = await ask({ query: `query (${args}) { me { stories(${given}) { nodes { id } } } }`, variables: page }, my.token);
    expectRefusal(nested, { status: 200, ...expected });
  });

  const range = { code: outOfRange, field: 'first', page: { first: 101 } };
  const forged = (...keys: unknown[]) =>
    keys.map((key) => ({ code: 'CURSOR_INVALID', field: 'after', page: { after: typeof key === 'string' ? key : encode(key) } }));
  const lists: [list: string, query: (known: Known) => string, refused: (Expected & { page: object })[]][] = [
    ['users', () => `users(${given}) { nodes { id } }`, [range, ...forged(canary, [canary, none], ['2020-13-01T00:00:00.000Z', none])]],
    [
      'cases of moderation',
      () => `moderationQueue(${given}) { nodes { openReports } }`,
      [range, ...forged(canary, ['9999-01-01T00:00:00.000Z', none], ['2020-01-01T00:00:00.000Z', canary])],
    ],
    [
      'editions',
      ({ draft }) => `story(id: "${draft.id}") { versions(${given}) { nodes { version } } }`,
      [range, ...forged(canary, 0, 2 ** 31, 1.5)],
    ],
    [
      'segments',
      ({ published }) => `story(id: "${published.id}") { segments(${given}) { nodes { id } } }`,
      [range, ...forged(canary, 2 ** 31, -0.5)],
    ],
    [
      'segments of a narration',
      ({ narration }) => `narration(id: "${narration.id}") { segments(${given}) { nodes { id } } }`,
      [range, ...forged(canary, 2 ** 31, -0.5)],
    ],
    [
      'narrations',
      ({ published }) => `story(id: "${published.id}") { narrations(${given}) { nodes { id } } }`,
      [range, ...forged(canary, [canary, none], ['2020-13-01T00:00:00.000Z', none])],
    ],
    [
      'voices',
      () => `me { narratorVoices(${given}) { nodes { id } } }`,
      [range, ...forged(canary, [canary, none], ['2020-13-01T00:00:00.000Z', none])],
    ],
    [
      'stories found',
      () => `stories(filter: {search: "fox"}, ${given}) { nodes { id } }`,
      [range, ...forged(canary, [canary, none], [1, canary], ['2020-01-01T00:00:00.000Z', none])],
    ],
  ];
  it.each(lists.flatMap(([list, query, refused]) => refused.map((one, index) => [list, index, query, one] as const)))(
    'of %s, forged (%i): refused',
    async (_list, _index, query, { page, ...expected }) => {
      const answer = await ask({ query: `query (${args}) { ${query(my)} }`, variables: page }, my.boss.token);
      expectRefusal(answer, { status: 200, ...expected });
    },
  );

  describe.each<[string, (known: Known) => string]>([
    ['a story', ({ draft }) => `story(id: "${draft.id}")`],
    ['a narration', ({ narration }) => `narration(id: "${narration.id}")`],
    ['a voice', ({ voice }) => `narratorVoice(id: "${voice.id}")`],
  ])('of updates of %s', (_of, of) => {
    it.each([
      ['none', outOfRange, 'first', { first: 0 }],
      ['101', outOfRange, 'first', { first: 101 }],
      ['those after a forged cursor', 'RESUME_EXPIRED', 'after', { after: canary }],
      ['those after a cursor of something else', 'RESUME_EXPIRED', 'after', (known: Known) => ({ after: known.second.cursor })],
    ])('%s: %s', async (_what, code, field, page) => {
      const query = `query ($first: Int, $after: String) { ${of(my)} { updates(first: $first, after: $after) { cursor } } }`;
      const variables = typeof page === 'function' ? page(my) : page;
      expectRefusal(await ask({ query, variables }, my.token), { code, field, status: 200 });
    });
  });

  describe.each([
    ['stories', 'query ($search: String) { stories(filter: {search: $search}) { nodes { id } } }'],
    ['users', 'query ($search: String) { users(search: $search) { nodes { id } } }'],
  ])('of %s with words', (_list, query) => {
    it.each([
      ['of 10 kB', 'SEARCH_TOO_LONG', canary.repeat(800)],
      ['with a NUL', 'TEXT_UNREADABLE', `${canary}\u0000`],
      ['with half a surrogate pair', 'TEXT_UNREADABLE', `${canary}\ud800`],
    ])('%s: %s', async (_what, code, search) => {
      expectRefusal(await ask({ query, variables: { search } }, my.boss.token), { code, field: 'search', status: 200 });
    });

    it.each([
      ['the and of'],
      [`"${canary}`],
      [`${canary} & | ! :* <-> (`],
      ["' OR 1 = 1 --"],
      ['%_\\'],
      ['- -'],
      ['\u200b\u0301'],
      ['😀'.repeat(200)],
    ])('like %j: nothing is found', async (search) => {
      const { data, errors } = await platform.post<Record<string, { nodes: object[] }>>(query, { search }, my.boss.token);
      expect([errors, Object.values(data ?? {})]).toEqual([undefined, [{ nodes: [] }]]);
    });
  });

  it.each([
    ['stories', 'query ($language: String) { stories(filter: {language: $language}) { nodes { id } } }'],
    ['ready-made voices', 'query ($language: String) { readyMadeVoices(language: $language) { id } }'],
  ])('of %s in a language that is none: LANGUAGE_INVALID', async (_of, query) => {
    for (const language of ['\u0000', canary])
      expectRefusal(await ask({ query, variables: { language } }), { code: 'LANGUAGE_INVALID', field: 'language', status: 200 });
  });
});

describe('an id that nobody has, or that is somebody else’s', () => {
  const ids: [string, (known: Known) => string][] = [
    ['somebody else’s draft', ({ theirs }) => theirs.id],
    ['a session token', ({ refreshToken }) => refreshToken],
    ['empty', () => ''],
    ['SQL', () => "x'; DROP TABLE stories; --"],
    ['a NUL', ({ userId }) => `${userId}\u0000`],
    ['half a surrogate pair', () => '\ud800'],
    ['100,000 characters', () => canary.padEnd(100_000, 'x')],
  ];
  it.each(ids)('finds nothing: %s', async (_, id) => {
    const query = `query ($id: ID!) {
      story(id: $id) { id } user(id: $id) { id } erasure(id: $id) { id } stories(filter: {authorId: $id}) { nodes { id } }
      narration(id: $id) { id } narratorVoice(id: $id) { id }
    }`;
    const { data, errors } = await platform.post(query, { id: id(my) }, my.token);
    const nothing = { story: null, user: null, erasure: null, stories: { nodes: [] }, narration: null, narratorVoice: null };
    expect({ data, errors }).toEqual({ data: nothing, errors: undefined });
  });
});

describe('a credential', () => {
  const claims = () => ({ sub: my.userId, role: 'super-admin', sid: randomUUID(), permissions: ['story:moderate'] });
  const kid = () => decodeProtectedHeader(my.token).kid;
  const foreign = async (change: { alg?: string; issuer?: string; audience?: string; expires?: string; header?: object } = {}) => {
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    return new SignJWT(claims())
      .setProtectedHeader({ alg: 'EdDSA', kid: kid(), ...change.header })
      .setIssuer(change.issuer ?? 'identity')
      .setAudience(change.audience ?? 'storytelling')
      .setIssuedAt()
      .setExpirationTime(change.expires ?? '5m')
      .sign(privateKey);
  };
  const [header, payload, signature] = [0, 1, 2].map((index) => () => my.token.split('.')[index] ?? '') as [
    () => string,
    () => string,
    () => string,
  ];

  const rows: [string, () => string | Promise<string>][] = [
    ['that is none', () => `Bearer ${canary}`],
    ['of another scheme', () => `Basic ${encode(`ada:${canary}`)}`],
    ['without a token', () => 'Bearer'],
    ['of two tokens', () => `Bearer ${my.token} ${my.token}`],
    ['that is a refresh token', () => `Bearer ${my.refreshToken}`],
    [
      'whose claims were changed',
      () => `Bearer ${header()}.${encode({ ...claims(), iss: 'identity', aud: 'storytelling', exp: 9_999_999_999 })}.${signature()}`,
    ],
    ['whose signature was cut off', () => `Bearer ${header()}.${payload()}.`],
    ['of a foreign key under our key’s name', async () => `Bearer ${await foreign()}`],
    [
      'of a foreign key that it brings along',
      async () => `Bearer ${await foreign({ header: { jku: 'http://127.0.0.1:9/keys', kid: canary } })}`,
    ],
    ['of a foreign key, for another audience', async () => `Bearer ${await foreign({ audience: 'identity' })}`],
    ['of a foreign key, by another issuer', async () => `Bearer ${await foreign({ issuer: 'gateway' })}`],
    ['of a foreign key, expired', async () => `Bearer ${await foreign({ expires: '-5m' })}`],
    [
      'without a signature (alg none)',
      () => `Bearer ${new UnsecuredJWT(claims()).setIssuer('identity').setAudience('storytelling').setExpirationTime('5m').encode()}`,
    ],
  ];
  it.each(rows)('%s: ACCESS_TOKEN_INVALID, on both transports', async (_, make) => {
    const authorization = await make();
    const answer = await send('/graphql', { method: 'POST', headers: { ...json, authorization }, body: '{"query":"{ me { id } }"}' });
    expectRefusal(answer, { code: 'ACCESS_TOKEN_INVALID', status: 401 });
    expect(await talk([{ type: 'connection_init', payload: { authorization } }])).toMatchObject({ closed: [4403, 'ACCESS_TOKEN_INVALID'] });
  });
});

type Frame = object | string | Buffer;
interface Ending {
  readonly closed?: [code: number, reason: string];
  readonly errors?: ApiError[];
  readonly raw: string;
}

/** Says `opening`, waits to be let in when there is more to say, and tells how it ended: an error, a result, or a closed socket. */
function talk(opening: readonly Frame[], more: readonly Frame[] = [], protocol: string[] = ['graphql-transport-ws']): Promise<Ending> {
  return new Promise((resolve) => {
    const socket = new WebSocket(platform.url.replace('http', 'ws'), protocol);
    let raw = '';
    const end = (how: Omit<Ending, 'raw'>) => {
      resolve({ ...how, raw });
      socket.terminate();
    };
    const say = (frames: readonly Frame[]) => {
      for (const frame of frames) socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
    };
    socket.on('open', () => say(opening));
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', (code, reason) => end({ closed: [code, String(reason)] }));
    socket.on('message', (data) => {
      raw += String(data);
      const message = JSON.parse(String(data)) as { type: string; payload?: ApiError[] | { errors?: ApiError[] } };
      if (message.type === 'connection_ack') say(more);
      if (message.type === 'error') end({ errors: message.payload as ApiError[] });
      if (message.type === 'next') end({ errors: (message.payload as { errors?: ApiError[] }).errors ?? [] });
    });
  });
}
const opened = () => ({ type: 'connection_init', payload: { authorization: `Bearer ${my.token}` } });
const subscribe = (payload: unknown, id: unknown = '1') => ({ id, type: 'subscribe', payload });

describe('on a socket', () => {
  const follow = (change: (known: Known) => object) => (known: Known) => ({
    query: storyUpdated,
    variables: { id: known.draft.id, ...change(known) },
  });
  const moved = (cursor: string, change: (parts: string[]) => string[]) =>
    encode(change(Buffer.from(cursor, 'base64url').toString().split(':')).join(':'));
  const rows: [what: string, code: string, field: string | undefined, operation: (known: Known) => object][] = [
    ['a document that does not end', 'GRAPHQL_PARSE_FAILED', undefined, () => ({ query: `{ user(id: "${canary}` })],
    ['an unknown field', 'GRAPHQL_VALIDATION_FAILED', undefined, () => ({ query: '{ stry { id } }' })],
    [
      'a skipped subscription',
      'GRAPHQL_VALIDATION_FAILED',
      undefined,
      () => ({ query: 'subscription { storyUpdated(id: "x") @skip(if: true) { cursor } }' }),
    ],
    ['an unknown operation', 'OPERATION_NOT_FOUND', undefined, () => ({ query: 'query A { me { id } }', operationName: canary })],
    ['a variable that is missing', 'BAD_USER_INPUT', 'id', () => ({ query: storyUpdated })],
    ['a variable of the wrong type', 'BAD_USER_INPUT', 'after', follow(() => ({ after: { secret: canary } }))],
    ['a query that is too wide', 'QUERY_TOO_LARGE', undefined, () => ({ query: `{ me { ${times(1_001, () => 'id')} } }` })],
    [
      'a token for this operation that is none',
      'ACCESS_TOKEN_INVALID',
      undefined,
      () => ({ query: '{ me { id } }', extensions: { authorization: `Bearer ${canary}` } }),
    ],
    [
      'a refused mutation',
      'STORY_TITLE_TOO_SHORT',
      'title',
      () => ({ query: verbs.createStory, variables: { input: text({ title: 'ab' }) } }),
    ],
    ['updates of somebody else’s draft', 'STORY_NOT_FOUND', 'id', follow(({ theirs }) => ({ id: theirs.id }))],
    ['updates of a user', 'STORY_NOT_FOUND', 'id', follow(({ userId }) => ({ id: userId }))],
    ['updates of a NUL', 'STORY_NOT_FOUND', 'id', follow(() => ({ id: `${canary}\u0000` }))],
    ...(
      [
        ['a narration', narrationUpdated, 'NARRATION_NOT_FOUND', ({ narration }: Known) => narration],
        ['a voice', narratorVoiceUpdated, 'VOICE_NOT_FOUND', ({ voice }: Known) => voice],
      ] as const
    ).flatMap(([of, query, notFound, own]): typeof rows => [
      [`updates of ${of} that is none`, notFound, 'id', () => ({ query, variables: { id: `${canary}\u0000` } })],
      [`updates of ${of}, which is a story`, notFound, 'id', ({ published }) => ({ query, variables: { id: published.id } })],
      [
        `updates of ${of} after a forged cursor`,
        'RESUME_EXPIRED',
        'after',
        (known) => ({ query, variables: { id: own(known).id, after: canary } }),
      ],
      [
        `updates of ${of} after a cursor of a story`,
        'RESUME_EXPIRED',
        'after',
        (known) => ({ query, variables: { id: own(known).id, after: known.second.cursor } }),
      ],
    ]),
    ['updates after a forged cursor', 'RESUME_EXPIRED', 'after', follow(() => ({ after: canary }))],
    ['updates after a cursor of 100,000 characters', 'RESUME_EXPIRED', 'after', follow(() => ({ after: canary.padEnd(100_000, 'x') }))],
    ['updates after a cursor of another story', 'RESUME_EXPIRED', 'after', follow(({ second }) => ({ after: second.cursor }))],
    [
      'updates after the future',
      'RESUME_EXPIRED',
      'after',
      follow(({ draft }) => ({ after: moved(draft.cursor, ([epoch = '', , stream = '']) => [epoch, '99', stream]) })),
    ],
    [
      'updates after a cursor of another database',
      'RESUME_EXPIRED',
      'after',
      follow(({ draft }) => ({ after: moved(draft.cursor, ([, ...rest]) => [randomUUID(), ...rest]) })),
    ],
  ];
  it.each(rows)('%s: %s', async (_what, code, field, operation) => {
    const { errors, raw, closed } = await talk([opened()], [subscribe(operation(my))]);
    expect(closed).toBeUndefined();
    expect(errors?.length).toBeGreaterThan(0);
    expectErrors(errors ?? [], { code, field });
    expect(raw.toLowerCase()).not.toContain(canary.toLowerCase());
  });

  it('updates for nobody: SIGN_IN_REQUIRED', async () => {
    const { errors } = await talk([{ type: 'connection_init' }], [subscribe({ query: storyUpdated, variables: { id: my.draft.id } })]);
    expect(errors).toHaveLength(1);
    expectErrors(errors ?? [], { code: 'SIGN_IN_REQUIRED' });
  });

  const invalid = 4400;
  const live = () => subscribe({ query: storyUpdated, variables: { id: my.draft.id } });
  const endings: { what: string; close: number; opening?: () => Frame[]; more?: () => Frame[]; protocol?: string[] }[] = [
    { what: 'no subprotocol', close: 4406, protocol: [] },
    // The server picks none of those offered, and the client gives up before it hears why.
    { what: 'the old subprotocol', close: 1006, protocol: ['graphql-ws'] },
    { what: 'silence', close: 4408, opening: () => [] },
    { what: 'an operation before connection_init', close: 4401, opening: () => [live()] },
    { what: 'two connection_inits', close: 4429, more: () => [opened()] },
    { what: 'two operations of one id', close: 4409, more: () => [live(), live()] },
    { what: 'no JSON', close: invalid, more: () => [canary] },
    { what: 'JSON that is no object', close: invalid, more: () => ['[]'] },
    { what: '100,000 nested lists', close: invalid, more: () => ['['.repeat(100_000) + ']'.repeat(100_000)] },
    { what: 'an unknown type of message', close: invalid, more: () => [{ type: canary }] },
    { what: 'a message that only a server sends', close: invalid, more: () => [{ type: 'next', id: '1', payload: { data: canary } }] },
    { what: 'an operation without an id', close: invalid, more: () => [{ type: 'subscribe', payload: { query: '{ me { id } }' } }] },
    { what: 'an operation without a query', close: invalid, more: () => [subscribe({ query: 31337 })] },
    { what: 'variables as text', close: invalid, more: () => [subscribe({ query: '{ me { id } }', variables: canary })] },
    { what: 'a binary frame', close: invalid, more: () => [Buffer.from(JSON.stringify(live()))] },
    { what: 'a frame of 1 MB', close: 1009, more: () => [canary.repeat(80_000)] },
  ];
  it.each(endings)('$what closes it with $close', async ({ close, opening, more, protocol }) => {
    const { closed, raw } = await talk(opening?.() ?? [opened()], more?.(), protocol);
    expect(closed?.[0]).toBe(close);
    expect(closed?.[1]).toMatch(/^[\w\s;'’]{0,60}$/);
    expect((raw + closed?.[1]).toLowerCase()).not.toContain(canary.toLowerCase());
  });
});

// Where a process listens can be looked up on Linux alone.
(process.platform === 'linux' ? describe : describe.skip)('a subgraph', () => {
  it('answers nobody but the gateway, not even a signed-in user', async () => {
    const ports = listening(platform.pid ?? 0).filter((port) => port !== Number(new URL(platform.url).port));
    expect(ports).toHaveLength(3);
    for (const port of ports) {
      const url = `http://127.0.0.1:${port}/graphql`;
      for (const authorization of [undefined, `Bearer ${my.token}`, `Bearer ${canary}`]) {
        for (const query of [
          '{ __typename }',
          '{ _service { sdl } }',
          `{ _entities(representations: [{__typename: "Story", id: "${my.theirs.id}"}]) { __typename } }`,
        ]) {
          const answer = await send(url, {
            method: 'POST',
            headers: { ...json, ...(authorization && { authorization }) },
            body: JSON.stringify({ query }),
          });
          expectRefusal(answer, { code: 'GATEWAY_ONLY', status: 401 });
        }
      }
    }
  });

  it('publishes keys that make no HMAC secret', async () => {
    const sets = await Promise.all(listening(platform.pid ?? 0).map((port) => send(`http://127.0.0.1:${port}/.well-known/jwks.json`, {})));
    const { keys } = JSON.parse(sets.find(({ status }) => status === 200)?.text ?? '') as { keys: { x: string }[] };
    expect(keys.length).toBeGreaterThan(0);
    for (const { x } of keys) {
      const forged = await new SignJWT({ sub: my.userId, role: 'admin', sid: 's', permissions: [] })
        .setProtectedHeader({ alg: 'HS256', kid: decodeProtectedHeader(my.token).kid })
        .setIssuer('identity')
        .setAudience('storytelling')
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(Buffer.from(x, 'base64url'));
      expectRefusal(await ask({ query: '{ me { id } }' }, forged), { code: 'ACCESS_TOKEN_INVALID', status: 401 });
    }
  });
});

describe('trying again and again', () => {
  it.each<[string, Verb, () => object]>([
    ['a password', 'signIn', () => ({ email: my.email, password: canary })],
    ['to register', 'register', () => person()],
  ])('%s: TOO_MANY_ATTEMPTS, with the time to come back', async (_, verb, input) => {
    let answer: Refused | undefined;
    for (let attempt = 0; attempt < 30 && !answer?.text.includes('TOO_MANY_ATTEMPTS'); attempt += 1)
      answer = await ask({ query: verbs[verb], variables: { input: input() } });
    if (!answer) throw new Error('nobody asked');
    expectRefusal(answer, { code: 'TOO_MANY_ATTEMPTS', status: 200 });
    const { errors } = JSON.parse(answer.text) as { errors: ApiError[] };
    expect(Date.parse(String(errors[0]?.extensions.params?.retryAt))).toBeGreaterThan(Date.now());
  });
});

describe('after all of it', () => {
  it('the same process answers a good request', async () => {
    const { me, story } = await platform.ask<object & { me: { id: string }; story: { title: string } }>(
      'query ($id: ID!) { me { id } story(id: $id) { title } }',
      { id: my.draft.id },
      my.token,
    );
    expect([me.id, story.title]).toEqual([my.userId, 'The fox']);
    expect(platform.printed.match(/^ready /gm)).toHaveLength(1);
  });

  it('the log holds nothing that was sent, and no error of ours', () => {
    const lines = platform.printed.split('\n');
    expect(lines.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
    for (const secret of [canary, my.email, my.token, my.refreshToken, my.resetToken, my.upload.id, 'The fox']) {
      expect(lines.filter((line) => line.toLowerCase().includes(secret.toLowerCase()))).toEqual([]);
    }
  });
});

/** The TCP ports on which a process listens. */
function listening(pid: number): number[] {
  const sockets = new Set(
    readdirSync(`/proc/${pid}/fd`).map((descriptor) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${descriptor}`);
      } catch {
        return ''; // closed meanwhile
      }
    }),
  );
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.has(`socket:[${inode}]`))
    .map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16));
}
