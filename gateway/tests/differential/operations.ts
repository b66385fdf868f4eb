import {
  getNamedType,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isNonNullType,
  isRequiredArgument,
} from 'graphql';

export interface RandomOperation {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** Names that every JavaScript object has already. */
const aliases = ['a', 'b', '__proto__', 'constructor', 'toString', 'hasOwnProperty'];

/** Operations as no person would write them; not all are valid. `random` gives numbers from 0 up to 1. */
export function randomOperation(schema: GraphQLSchema, random: () => number): RandomOperation {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const chance = (probability: number) => random() < probability;
  const variables: Record<string, unknown> = {};
  const declared: string[] = [];
  const fragments: string[] = [];

  const declare = (type: string, value: unknown): string => {
    const name = `v${declared.length}`;
    const defaulted = type === 'Boolean!' && chance(0.2);
    declared.push(`$${name}: ${type}${defaulted ? ' = true' : ''}`);
    if (!defaulted || chance(0.5)) variables[name] = value;
    return `$${name}`;
  };

  const condition = (): string => {
    if (!chance(0.12)) return '';
    const value = chance(0.5);
    return ` @${pick(['skip', 'include'])}(if: ${chance(0.7) ? declare('Boolean!', value) : String(value)})`;
  };

  const argument = ({ name, type, ...rest }: GraphQLArgument): string => {
    if (!isRequiredArgument({ name, type, ...rest }) && chance(0.5)) return '';
    const named = getNamedType(type);
    const value = isEnumType(named)
      ? named.getValues()[0]?.name
      : { Int: Math.floor(random() * 3), Boolean: chance(0.5), ID: String(1 + Math.floor(random() * 9)), String: pick(['x', 'é"\\', '']) }[
          named.name
        ];
    if (chance(0.4)) return `${name}: ${declare(String(type), chance(0.2) && !isNonNullType(type) ? null : value)}`;
    return `${name}: ${JSON.stringify(value)}`;
  };

  const field = (definition: GraphQLField<unknown, unknown>, depth: number): string => {
    const args = definition.args.map(argument).filter(Boolean).join(', ');
    const type = getNamedType(definition.type);
    const alias = chance(0.12) ? `${pick(aliases)}: ` : '';
    const inner = isCompositeType(type) ? ` ${selection(type, depth - 1)}` : '';
    return `${alias}${definition.name}${args && `(${args})`}${condition()}${inner}`;
  };

  function selection(type: GraphQLCompositeType, depth: number): string {
    const parts: string[] = [];
    if (chance(0.15)) parts.push(chance(0.2) ? 'kindOf: __typename' : '__typename');
    const fields = 'getFields' in type ? Object.values(type.getFields()) : [];
    const usable = fields.filter((one) => depth > 0 || !isCompositeType(getNamedType(one.type)));
    const count = 1 + Math.floor(random() * 3);
    for (let index = 0; index < count && usable.length > 0; index += 1) parts.push(field(pick(usable), depth));
    if (isAbstractType(type)) {
      for (const possible of schema.getPossibleTypes(type)) {
        if (!chance(0.6)) continue;
        if (chance(0.7)) parts.push(`... on ${possible.name}${condition()} ${selection(possible, depth)}`);
        else {
          const name = `F${fragments.length}`;
          fragments.push('');
          fragments[Number(name.slice(1))] = `fragment ${name} on ${possible.name} ${selection(possible, depth)}`;
          parts.push(`...${name}${condition()}`);
        }
      }
    } else if (chance(0.1)) parts.push(`... ${selection(type, depth)}`);
    if (parts.length === 0) parts.push('__typename');
    return `{ ${parts.join(' ')} }`;
  }

  const mutation = schema.getMutationType();
  const root = mutation && chance(0.1) ? mutation : schema.getQueryType();
  if (!root) throw new Error('a schema without queries');
  const body = selection(root, 2 + Math.floor(random() * 3));
  const kind = root === mutation ? 'mutation' : 'query';
  return { query: `${kind} Random${declared.length > 0 ? `(${declared.join(', ')})` : ''} ${body}\n${fragments.join('\n')}`, variables };
}
