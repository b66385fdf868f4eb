import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';
import type { Logger } from '../infrastructure/logger.js';
import { currentOperation } from '../infrastructure/operation.js';
import { Refusal, type RefusalKind } from '../value-objects/refusal.js';

/**
 * The one place where something thrown becomes what a client sees: `{ code, kind, field, params, correlationId }` and one
 * sentence. Never a stack, a row, an input, or the name of a machine. What we do not know is INTERNAL, and is logged once, here.
 */

export type ErrorKind = RefusalKind | 'INTERNAL';

/** `http` never reaches a client: Apollo Server takes the status from it and removes it. */
export function refusalError(refusal: Refusal, options: { status?: number; path?: readonly (string | number)[] } = {}): GraphQLError {
  const { code, kind, field, params, message } = refusal;
  return new GraphQLError(message, {
    ...(options.path && { path: options.path }),
    extensions: { code, kind, field, params, ...(options.status && { http: { status: options.status } }) },
    originalError: refusal,
  });
}

/**
 * Codes of the GraphQL layer itself. Apollo's names are kept where it has one: clients' libraries know them. Where something can be said of
 * the very request, that is the sentence instead. Listed in schema/errors.md by tools/schema.mjs. @public
 */
export const graphqlErrors = {
  GRAPHQL_PARSE_FAILED: { kind: 'BAD_USER_INPUT', sentence: 'The document is not GraphQL; the error says where it stops being so.' },
  GRAPHQL_VALIDATION_FAILED: { kind: 'BAD_USER_INPUT', sentence: 'The document does not fit the schema; the error says what and where.' },
  BAD_USER_INPUT: { kind: 'BAD_USER_INPUT', sentence: 'A variable does not fit its type; the field is its path.' },
  BAD_REQUEST: { kind: 'BAD_USER_INPUT', sentence: 'The request is not GraphQL over HTTP; the error says which part has the wrong form.' },
  OPERATION_NOT_FOUND: { kind: 'BAD_USER_INPUT', sentence: 'The document has no operation of the name in operationName.' },
  PERSISTED_QUERY_NOT_SUPPORTED: { kind: 'BAD_USER_INPUT', sentence: 'Documents cannot be sent by their hash; send the query itself.' },
  INTERNAL: {
    kind: 'INTERNAL',
    sentence: 'Something went wrong on our side; quote correlation id {correlationId} when you ask us about it.',
  },
} as const satisfies Readonly<Record<string, { kind: ErrorKind; sentence: string }>>;

/** What graphql-js and Apollo Server call it. */
const graphqlCodes = new Map<unknown, Exclude<keyof typeof graphqlErrors, 'INTERNAL'>>([
  ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_PARSE_FAILED'],
  ['GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_VALIDATION_FAILED'],
  ['BAD_USER_INPUT', 'BAD_USER_INPUT'],
  ['BAD_REQUEST', 'BAD_REQUEST'],
  ['OPERATION_RESOLUTION_FAILURE', 'OPERATION_NOT_FOUND'],
  ['PERSISTED_QUERY_NOT_SUPPORTED', 'PERSISTED_QUERY_NOT_SUPPORTED'],
]);

export function publicError(error: unknown, log: Logger): GraphQLFormattedError {
  const { correlationId } = currentOperation();
  const graphqlError = error instanceof GraphQLError ? error : undefined;
  const where = {
    ...(graphqlError?.locations && { locations: graphqlError.locations }),
    ...(graphqlError?.path && { path: graphqlError.path }),
  };
  const answer = (
    message: string,
    code: string,
    kind: ErrorKind,
    more: { field?: string; params?: unknown } = {},
  ): GraphQLFormattedError => ({
    message: shortened(message),
    ...where,
    extensions: {
      code,
      kind,
      ...(more.field !== undefined && { field: shortened(more.field) }),
      ...(more.params !== undefined && { params: more.params }),
      correlationId,
    },
  });

  const cause = rootCause(error);
  if (cause instanceof Refusal) return answer(cause.message, cause.code, cause.kind, cause);

  if (graphqlError) {
    const { code, kind, field, params } = graphqlError.extensions;
    // Already public: another subgraph or this function made it.
    if (typeof code === 'string' && typeof kind === 'string') {
      return answer(graphqlError.message, code, kind as ErrorKind, { ...(typeof field === 'string' && { field }), params });
    }
    const violations = argumentViolations(graphqlError);
    if (violations) return answer(violations.sentences, 'BAD_USER_INPUT', 'BAD_USER_INPUT', violations);
    if (/contains more tha[nt] \d+ tokens/.test(graphqlError.message)) {
      return answer('The document has more tokens than are allowed; ask for less at once.', 'QUERY_TOO_LARGE', 'BAD_USER_INPUT');
    }
    const known = graphqlCodes.get(code);
    if (known === 'BAD_REQUEST') return answer(...badRequest(graphqlError.message));
    if (known) {
      const { kind: itsKind, sentence: general } = graphqlErrors[known];
      return answer(known === 'PERSISTED_QUERY_NOT_SUPPORTED' ? general : sentence(withoutValues(graphqlError)), known, itsKind);
    }
    // graphql-js itself, without a code: it refuses the document or its variables before any resolver has run, so there is no path.
    if (!graphqlError.originalError && !graphqlError.path && graphqlError.nodes?.length) {
      return answer(sentence(withoutValues(graphqlError)), 'BAD_USER_INPUT', 'BAD_USER_INPUT');
    }
  }

  log.error({ err: cause }, 'unexpected error');
  return answer(graphqlErrors.INTERNAL.sentence.replace('{correlationId}', correlationId), 'INTERNAL', graphqlErrors.INTERNAL.kind);
}

/** Apollo's words for a request whose parts have the wrong form, without its advice on persisted queries, which are not served here. */
function badRequest(message: string): [string, string, ErrorKind, { field?: string }] {
  const noQuery = /persistedQuery|has no keys|queries must be strings/.test(message);
  const field = noQuery ? 'query' : /^`(\w+)` in a POST body|^The (\w+) search parameter/.exec(message)?.slice(1).find(Boolean);
  return [
    noQuery ? 'Send the document as a string that is not empty, in the field query.' : sentence(message),
    'BAD_REQUEST',
    'BAD_USER_INPUT',
    field ? { field } : {},
  ];
}

/** A name in a document may be as long as the document. */
const shortened = (text: string) => text.replace(/\w{65,}/g, (name) => `${name.slice(0, 64)}…`);

/** graphql-js and Apollo wrap what a resolver threw, sometimes twice. */
function rootCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

interface Violation {
  readonly property?: string;
  readonly constraints?: Readonly<Record<string, string>>;
  readonly children?: readonly Violation[];
}

/** type-graphql's ArgumentValidationError, told by its shape so that services without type-graphql do not load it. */
function argumentViolations(error: GraphQLError): { field?: string; sentences: string } | undefined {
  const source = error.originalError instanceof GraphQLError ? error.originalError : error;
  const violations: unknown = source.extensions.validationErrors;
  if (!Array.isArray(violations)) return undefined;
  const found = violations.flatMap((violation: Violation) => flatten(violation, []));
  const sentences = found.map(({ text }) => sentence(text)).join(' ');
  return { field: found[0]?.field, sentences: sentences || 'An input is not accepted.' };
}

function flatten({ property, constraints, children }: Violation, parents: readonly string[]): { field: string; text: string }[] {
  const path = property ? [...parents, property] : parents;
  const [text] = Object.values(constraints ?? {});
  return [...(text ? [{ field: path.join('.'), text }] : []), ...(children ?? []).flatMap((child) => flatten(child, path))];
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

/**
 * graphql-js quotes the offending value in its messages, and a value may be a password written into the document. Where the
 * error points at a value, only the expected type is told; the location says where.
 */
function withoutValues({ message, nodes }: GraphQLError): string {
  const variable = /^Variable "\$(\w+)" got invalid value/.exec(message)?.[1];
  if (variable) return `The variable $${variable} has a value of the wrong type.`;
  const pointsAtValue = nodes?.some(({ kind }) => valueKinds.has(kind)) && !message.startsWith('Field "');
  if (!pointsAtValue) return message;
  const type =
    /of type "([^"]+)"/.exec(message)?.[1] ??
    /in "([^"]+)" enum/.exec(message)?.[1] ??
    /^Enum "([^"]+)"/.exec(message)?.[1] ??
    /^(\w+) cannot represent/.exec(message)?.[1];
  return type ? `A value of type ${type} is expected here.` : 'A value here is not of the expected type.';
}

const valueKinds = new Set<string>([Kind.STRING, Kind.INT, Kind.FLOAT, Kind.BOOLEAN, Kind.ENUM, Kind.LIST, Kind.OBJECT, Kind.NULL]);
