import {
  type DirectiveNode,
  getNamedType,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
  Kind,
} from 'graphql';

const deepest = 5;

/** Everything that can be asked of a type without arguments; of what refers to others, their ids. Empty for a scalar. */
export function selectionOf(schema: GraphQLSchema, type: GraphQLOutputType, path: readonly string[] = []): string {
  const named = getNamedType(type);
  if (!isCompositeType(named)) return '';
  if (isAbstractType(named))
    return `{ __typename ${schema
      .getPossibleTypes(named)
      .map((one) => `... on ${one.name} ${selectionOf(schema, one, path)}`)
      .join(' ')} }`;
  if (path.includes(named.name) || path.length === deepest) return '{ __typename }';
  const fields = Object.values(named.getFields())
    .filter((field) => !field.args.some(isRequiredArgument))
    // Lists show the same nodes twice: as nodes and in edges.
    .filter((field) => field.name !== 'edges' || !('nodes' in named.getFields()))
    .map((field) => `${field.name} ${selectionOf(schema, field.type, [...path, named.name])}`);
  return `{ ${fields.join(' ')} }`;
}

/** An operation that is one root field with all of its arguments as variables. */
export function operationOf(
  kind: 'query' | 'mutation' | 'subscription',
  schema: GraphQLSchema,
  field: GraphQLField<unknown, unknown>,
): string {
  const variables = field.args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const values = field.args.map(({ name }) => `${name}: $${name}`).join(', ');
  return `${kind} ${variables && `(${variables})`} { ${field.name}${values && `(${values})`} ${selectionOf(schema, field.type)} }`;
}

/** Types that a context resolves by key, whoever refers to them: not those that it only refers to itself. */
export function entitiesOf(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ astNode }) => astNode?.directives?.some((directive) => directive.name.value === 'key' && !isOnlyReferredTo(directive)))
    .map(({ name }) => name)
    .sort();
}

/** Where an answer holds something, as `profile.firstName`; places in lists do not count. */
export function shown(value: unknown, path = ''): Set<string> {
  if (value === null || value === undefined) return new Set();
  if (Array.isArray(value)) return new Set(value.flatMap((item) => [...shown(item, path)]));
  if (typeof value !== 'object') return new Set([path]);
  return new Set(Object.entries(value).flatMap(([name, inner]) => [...shown(inner, path ? `${path}.${name}` : name)]));
}

const isOnlyReferredTo = ({ arguments: given }: DirectiveNode) =>
  given?.some(({ name, value }) => name.value === 'resolvable' && value.kind === Kind.BOOLEAN && !value.value) ?? false;
