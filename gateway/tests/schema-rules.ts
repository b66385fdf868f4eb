import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  type TypeNode,
  valueFromASTUntyped,
} from 'graphql';

/**
 * What a supergraph must hold so that one context being down, or one erased person, never empties a page: null stops at the nearest
 * nullable field above it. Returns a sentence for each field that breaks a rule.
 *
 * An entity belongs to the context that has most of its fields; the others extend it.
 */
export function brokenNullRules(supergraph: string): string[] {
  const types = parse(supergraph).definitions.filter((definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION);
  const owners = new Map(types.flatMap((type) => (isEntity(type) ? [[type.name.value, ownerOf(type)]] : [])));

  return types.flatMap((type) => {
    const parent = type.name.value;
    return (type.fields ?? []).flatMap((field) => {
      const place = `${parent}.${field.name.value}`;
      const graphs = graphsOf(type, field);
      const named = innermost(field.type);
      const target = owners.get(named.name);
      const foreign = target !== undefined && graphs.some((graph) => graph !== target);
      const extending = owners.has(parent) && graphs.every((graph) => graph !== owners.get(parent));
      const nonNull = field.type.kind === Kind.NON_NULL_TYPE;
      return [
        ...(parent === 'Query' && nonNull ? [`${place} is a root query field: it must be nullable.`] : []),
        ...(foreign && named.nonNull ? [`${place} is resolved by ${target}: ${named.name} must be nullable here.`] : []),
        ...(extending && nonNull
          ? [`${place} is added by ${graphs.join(', ')} to an entity of ${owners.get(parent)}: it must be nullable.`]
          : []),
      ];
    });
  });
}

/** Frontend teams read the schema and nothing else. */
export function missingDescriptions(api: string): string[] {
  const roots = ['Query', 'Mutation', 'Subscription'];
  return parse(api).definitions.flatMap((definition) => {
    if (!('name' in definition) || !definition.name || !('description' in definition)) return [];
    const name = definition.name.value;
    const own = definition.description || roots.includes(name) ? [] : [name];
    const fields = 'fields' in definition ? (definition.fields ?? []) : [];
    return [...own, ...fields.filter((field) => !field.description).map((field) => `${name}.${field.name.value}`)];
  });
}

const argument = (directive: ConstDirectiveNode, name: string): unknown => {
  const value = directive.arguments?.find((each) => each.name.value === name)?.value;
  return value && valueFromASTUntyped(value);
};

const joins = (node: { directives?: readonly ConstDirectiveNode[] }, name: string) =>
  node.directives?.filter((directive) => directive.name.value === name) ?? [];

const isEntity = (type: ObjectTypeDefinitionNode) => joins(type, 'join__type').some((join) => argument(join, 'key') !== undefined);

/** A field without a graph of its own is in all graphs of its type; an external one is only mentioned. */
function graphsOf(type: ObjectTypeDefinitionNode, field: FieldDefinitionNode): string[] {
  const named = joins(field, 'join__field').filter((join) => argument(join, 'graph') !== undefined);
  const own = named.length > 0 ? named.filter((join) => argument(join, 'external') !== true) : joins(type, 'join__type');
  return [...new Set(own.map((join) => String(argument(join, 'graph'))))];
}

function ownerOf(type: ObjectTypeDefinitionNode): string {
  const fields = new Map<string, number>();
  for (const field of type.fields ?? []) for (const graph of graphsOf(type, field)) fields.set(graph, (fields.get(graph) ?? 0) + 1);
  const [[owner] = ['']] = [...fields].sort(([, one], [, other]) => other - one);
  return owner;
}

function innermost(type: TypeNode, nonNull = false): { name: string; nonNull: boolean } {
  if (type.kind === Kind.NON_NULL_TYPE) return innermost(type.type, true);
  if (type.kind === Kind.LIST_TYPE) return innermost(type.type);
  return { name: type.name.value, nonNull };
}
