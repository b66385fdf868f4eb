import { describe, expect, it } from '@jest/globals';
import { buildSchema, GraphQLError, parse } from 'graphql';
import { pino } from 'pino';
import { runOperation } from '../infrastructure/operation.js';
import { defineRefusals } from '../value-objects/refusal.js';
import { documentErrors, operationOf, variableErrors } from './document.js';
import { publicError, refusalError } from './errors.js';

const refuse = defineRefusals({ TITLE_TAKEN: { kind: 'CONFLICT', sentence: 'The title is taken; try {other}.', field: 'title' } });

function told(error: unknown) {
  const lines: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(line) });
  const answer = runOperation({ correlationId: 'c-12345678', actor: 'anonymous' }, () => publicError(error, log));
  return { answer, lines };
}

const schema = buildSchema(`
  enum Status { DRAFT DONE }
  input RegisterInput { email: String!, password: String!, age: Int, status: Status, more: [RegisterInput!] }
  type Query { register(input: RegisterInput!): String, count(n: Int): Int }
  type Subscription { ticks: Int! }
`);

describe('what a client is told of an error', () => {
  it('is a refusal as it was thrown, however graphql-js has wrapped it', () => {
    const wrapped = new GraphQLError('outer', {
      originalError: new GraphQLError('inner', { originalError: refuse.TITLE_TAKEN({ other: 'B' }) }),
      path: ['a'],
    });
    for (const error of [refuse.TITLE_TAKEN({ other: 'B' }), wrapped, refusalError(refuse.TITLE_TAKEN({ other: 'B' }))]) {
      expect(told(error).answer).toMatchObject({
        message: 'The title is taken; try B.',
        extensions: { code: 'TITLE_TAKEN', kind: 'CONFLICT', field: 'title', params: { other: 'B' }, correlationId: 'c-12345678' },
      });
    }
  });

  it('is nothing of an unknown error but its correlation id; the log has the stack, once', () => {
    const { answer, lines } = told(
      new GraphQLError('boom', { originalError: new TypeError('row: {"email":"ada@example.org"}'), path: ['me'], extensions: { row: 1 } }),
    );
    expect(answer.message).toContain('c-12345678');
    expect(answer).toEqual({
      message: answer.message,
      path: ['me'],
      extensions: { code: 'INTERNAL', kind: 'INTERNAL', correlationId: 'c-12345678' },
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('errors.spec');
  });

  it('loses everything of a subgraph error but the five public extensions', () => {
    const passed = new GraphQLError('The story is not there.', {
      path: ['story'],
      extensions: {
        code: 'STORY_NOT_FOUND',
        kind: 'NOT_FOUND',
        serviceName: 'story',
        stacktrace: ['x'],
        correlationId: 'theirs',
        response: { url: 'http://10.0.0.1' },
      },
    });
    expect(told(passed).answer).toEqual({
      message: 'The story is not there.',
      path: ['story'],
      extensions: { code: 'STORY_NOT_FOUND', kind: 'NOT_FOUND', correlationId: 'c-12345678' },
    });
  });

  it('is one sentence per violated property, without the value', () => {
    const violations = [
      {
        property: 'title',
        value: 'secret',
        constraints: { minLength: 'title must be longer than or equal to 3 characters', isString: 'x' },
      },
      {
        property: 'settings',
        children: [{ property: 'limit', value: 'secret', constraints: { max: 'limit must not be greater than 5' } }],
      },
    ];
    const thrown = new GraphQLError('Argument Validation Error', { extensions: { code: 'BAD_USER_INPUT', validationErrors: violations } });
    const { answer } = told(new GraphQLError(thrown.message, { originalError: thrown, path: ['createStory'] }));
    expect(answer.message).toBe('Title must be longer than or equal to 3 characters. Limit must not be greater than 5.');
    expect(answer.extensions).toEqual({ code: 'BAD_USER_INPUT', kind: 'BAD_USER_INPUT', field: 'title', correlationId: 'c-12345678' });
  });

  it.each([
    ['{ register(input: {email: 5, password: "hunter2", age: "hunter2"}) }'],
    ['{ register(input: {email: "a", password: 31337, status: HUNTER2}) }'],
    ['{ count(n: "hunter2") }'],
    ['{ count(n: 99999999931337) }'],
    ['{ register(input: "hunter2") }'],
  ])('never quotes a value of the document: %s', (text) => {
    const errors = documentErrors(schema, parse(text), false);
    expect(errors).not.toHaveLength(0);
    for (const error of errors) {
      const { answer } = told(error);
      expect(answer.extensions?.code).toBe('GRAPHQL_VALIDATION_FAILED');
      expect(answer.message).not.toMatch(/hunter2|31337/i);
      expect(answer.message).toMatch(/^[A-Z].*\.$/);
    }
  });
});

describe('variables', () => {
  const operation = operationOf(parse('query ($input: RegisterInput!, $n: Int) { register(input: $input) count(n: $n) }'), undefined);
  const check = (variables: Record<string, unknown>) =>
    operation instanceof GraphQLError ? [] : variableErrors(schema, operation, variables);

  it('that fit are accepted', () => {
    expect(check({ input: { email: 'a', password: 'b' } })).toEqual([]);
    expect(check({ input: { email: 'a', password: 'b', more: [{ email: 'c', password: 'd' }] }, n: null })).toEqual([]);
  });

  it.each([
    [{}, 'The variable $input of type RegisterInput! is missing.', 'input'],
    [{ input: null }, 'The variable $input of type RegisterInput! must not be null.', 'input'],
    [{ input: { email: 'a' } }, 'The variable $input lacks the field password of type String!.', 'input'],
    [{ input: { email: 'a', password: 5 } }, 'The variable $input.password is not a value of type String.', 'input.password'],
    [
      { input: { email: 'a', password: 'b', status: 'hunter2' } },
      'The variable $input.status is not a value of type Status.',
      'input.status',
    ],
    [
      { input: { email: 'a', password: 'b', hunter2: 1 } },
      'The variable $input has a field that the type RegisterInput does not define.',
      'input',
    ],
    [
      { input: { email: 'a', password: 'b', more: [{ email: null, password: 'x' }] } },
      'The variable $input.more[0].email is not a value of type String!.',
      'input.more[0].email',
    ],
    [{ input: 'hunter2' }, 'The variable $input is not a value of type RegisterInput.', 'input'],
    [{ input: { email: 'a', password: 'b' }, n: 1.5 }, 'The variable $n is not a value of type Int.', 'n'],
  ])('are refused by name and type, never by value: %j', (variables, message, field) => {
    const [error] = check(variables);
    expect(error?.message).toBe(message);
    expect(error?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', kind: 'BAD_USER_INPUT', field });
  });

  it('of an inherited name are not mistaken for given ones', () => {
    const other = operationOf(parse('query ($constructor: Int!) { count(n: $constructor) }'), undefined);
    expect(other instanceof GraphQLError ? [] : variableErrors(schema, other, {})).toHaveLength(1);
  });
});

describe('a document', () => {
  it('on which graphql-js throws instead of reporting is refused like any other', () => {
    const [error] = documentErrors(schema, parse('subscription ($x: Boolean!) { ticks @include(if: $x) }'), false);
    expect(told(error).answer.extensions).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED', kind: 'BAD_USER_INPUT' });
  });

  it('tells nothing of the schema in production', () => {
    expect(documentErrors(schema, parse('{ __schema { types { name } } }'), true)[0]?.message).toContain('introspection has been disabled');
    expect(documentErrors(schema, parse('{ coun }'), true)[0]?.message).not.toContain('count');
    expect(documentErrors(schema, parse('{ coun }'), false)[0]?.message).toContain('count');
  });
});
