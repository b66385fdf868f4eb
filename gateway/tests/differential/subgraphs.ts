import { createHash } from 'node:crypto';
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  defaultFieldResolver,
  getNullableType,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
} from 'graphql';

/** An object by its number: everything else about it follows from its type, its number and the field. */
interface Thing {
  readonly __typename: string;
  readonly number: number;
  /** What came with the representation. */
  readonly given?: Readonly<Record<string, unknown>>;
}

const things = 9;
/** Every second reference leads to one of these: the same entity in many places, met on many ways. */
const popular = 2;

const dice = (...parts: unknown[]): number => createHash('md5').update(JSON.stringify(parts)).digest().readUInt32BE();
const numberIn = (value: unknown): number | undefined => {
  if (typeof value === 'string') return /\d+$/.test(value) ? Number(/\d+$/.exec(value)?.[0]) : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const inner of Object.values(value)) {
    const found = numberIn(inner);
    if (found !== undefined) return found;
  }
  return undefined;
};

/**
 * Subgraphs that agree with each other about everything, and are as bad as real ones: nulls, errors (each names its object, so that its
 * path can be checked), entities that are gone in one of them.
 */
export function subgraphSchema(name: string, sdl: string, supergraph: GraphQLSchema, seed: string): GraphQLSchema {
  const schema = buildSubgraphSchema({ typeDefs: parse(sdl) });

  /** Of an interface or union, which of its types an object has: the same everywhere, whatever a subgraph knows of them. */
  const concrete = (type: string, number: number): string => {
    const known = supergraph.getType(type);
    if (!isAbstractType(known)) return type;
    const possible = supergraph
      .getPossibleTypes(known)
      .map((one) => one.name)
      .sort();
    return possible[dice(seed, type, number) % possible.length] ?? type;
  };
  const thing = (type: string, number: number, given?: Readonly<Record<string, unknown>>): Thing => {
    // With @interfaceObject the interface is an object type here, and nothing more is known.
    const typename = isObjectType(schema.getType(type)) ? type : concrete(type, number);
    return { __typename: typename, number, ...(given && { given }) };
  };

  function value(type: GraphQLOutputType, parts: readonly unknown[]): unknown {
    if (isNonNullType(type))
      return value(type.ofType, parts) ?? value(type.ofType, [...parts, 'again']) ?? value(type.ofType, [...parts, 'sure']);
    if (dice(seed, 'null', ...parts) % 9 === 0) return null;
    if (isListType(type)) {
      const length = dice(seed, 'length', ...parts) % 4;
      return Array.from({ length }, (_, index) => value(type.ofType, [...parts, index]));
    }
    const roll = dice(seed, ...parts);
    if (isEnumType(type)) return type.getValues()[roll % type.getValues().length]?.name;
    switch (type.name) {
      case 'Int':
        return roll % 1000;
      case 'Float':
        return (roll % 1000) / 8;
      case 'Boolean':
        return roll % 2 === 0;
      case 'String':
      case 'ID':
        return `“${parts.join(' ')}” ${roll % 100}`;
      case 'Any':
        return { nested: [roll % 7, null, { __proto: 'x' }] };
      default:
        return thing(type.name, 1 + ((roll >>> 1) % (roll % 2 === 0 ? things : popular)));
    }
  }

  const resolve: GraphQLFieldResolver<unknown, unknown> = (source, args, context, info) => {
    const { fieldName, parentType, returnType } = info;
    const isRoot = !(typeof source === 'object' && source !== null && 'number' in source);
    if (fieldName === '_service' || fieldName === 'sdl') return defaultFieldResolver(source, args, context, info);
    if (fieldName === '_entities') return (args as { representations: Record<string, unknown>[] }).representations.map(entity);
    const { number, given } = isRoot ? { number: 0 } : (source as Thing);
    const type = getNullableType(returnType);
    if (!isRoot && isKey(fieldName)) return fieldName === 'id' || fieldName === 'number' ? String(number) : `${fieldName}-${number}`;
    if (!isRoot && parentType.name === 'Office' && fieldName === 'company') return thing('Company', number);
    // Types that exist under several names (an interface and its implementations) answer the same.
    const owner = ownerOf(parentType, fieldName, supergraph);
    const roll = dice(seed, 'error', owner, number, fieldName, args);
    if (roll % 13 === 0) throw new Error(`${owner} ${number} ${fieldName}`);
    const required = requiredBy(parentType, fieldName);
    const more = required.length > 0 ? required.map((field) => given?.[field] ?? 'not given') : [];
    return value(isNonNullType(returnType) ? returnType : type, [owner, number, fieldName, args, ...more]);
  };

  function entity(representation: Record<string, unknown>): Thing | null {
    const { __typename: type, ...rest } = representation;
    const number = numberIn(rest.id ?? rest.sku ?? rest.number ?? rest) ?? 0;
    if (dice(seed, name, 'gone', number) % 11 === 0) return null;
    return thing(String(type), number, rest);
  }

  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isObjectType(type)) for (const field of Object.values(type.getFields())) field.resolve = resolve;
    if (isAbstractType(type)) type.resolveType = (source) => (source as Thing).__typename;
    if (isObjectType(type)) type.isTypeOf = undefined;
  }
  return schema;
}

const isKey = (field: string) => ['id', 'sku', 'number'].includes(field);

function ownerOf(type: GraphQLObjectType, field: string, supergraph: GraphQLSchema): string {
  const known = supergraph.getType(type.name);
  if (!isObjectType(known)) return type.name;
  const wider = known.getInterfaces().find((one) => isInterfaceType(one) && field in one.getFields());
  return wider?.name ?? type.name;
}

/** The fields that `@requires` on this one names. */
function requiredBy(type: GraphQLObjectType, field: string): string[] {
  const directive = type.getFields()[field]?.astNode?.directives?.find((one) => one.name.value === 'requires');
  const [argument] = directive?.arguments ?? [];
  if (argument?.value.kind !== 'StringValue') return [];
  const depthless = argument.value.value.replace(/\{[^{}]*(\{[^{}]*\}[^{}]*)*\}/g, ' ');
  return depthless.split(/\s+/).filter(Boolean);
}
