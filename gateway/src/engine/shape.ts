import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  GraphQLError,
  type GraphQLCompositeType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isCompositeType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { type Condition, isIncluded } from './conditions.js';
import { isObject, type Json, merge, own, put } from './json.js';
import { typesOf } from './types.js';

/**
 * From all that the fetches have found, exactly what the client asked for, in the order in which it was asked. Nulls move up to the next
 * field that may be null, as the specification says. Compiled per operation and per outcome of its @skip and @include; nothing of
 * a request is kept.
 */
export interface Shape {
  (
    data: Json,
    given: readonly GraphQLError[],
    introspect: (selections: readonly FieldNode[]) => Json,
  ): { data: Json | null; errors: GraphQLError[] };
}

/** While nothing is wrong, nobody needs to know where we are: places are kept only in a second pass, when there is something to tell. */
interface State {
  problems: number;
  missing: number;
  path: (string | number)[] | undefined;
  report: ((message: string) => void) | undefined;
}

/** Undefined: null where null may not stand. */
type Complete = (value: unknown, state: State) => unknown;

interface Field {
  readonly key: string;
  /** Not one of the names that every object has. */
  readonly isPlain: boolean;
  readonly complete: Complete;
}
type ShapeObject = (value: Json, state: State) => Json | null;

export function shapeOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, condition: Condition): Shape {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);

  const types = typesOf(schema);

  function collect(type: GraphQLCompositeType, sets: readonly SelectionSetNode[]): Map<string, FieldNode[]> {
    const fields = new Map<string, FieldNode[]>();
    const visited = new Set<string>();
    const add = ({ selections }: SelectionSetNode) => {
      for (const selection of selections) {
        if (!isIncluded(selection, condition)) continue;
        if (selection.kind === Kind.FIELD) {
          const key = selection.alias?.value ?? selection.name.value;
          const known = fields.get(key);
          if (known) known.push(selection);
          else fields.set(key, [selection]);
        } else if (selection.kind === Kind.INLINE_FRAGMENT) {
          if (!selection.typeCondition || types.includes(selection.typeCondition.name.value, type.name)) add(selection.selectionSet);
        } else if (!visited.has(selection.name.value)) {
          const fragment = fragments.get(selection.name.value);
          if (!fragment || !types.includes(fragment.typeCondition.name.value, type.name)) continue;
          visited.add(selection.name.value);
          add(fragment.selectionSet);
        }
      }
    };
    for (const set of sets) add(set);
    return fields;
  }

  function objectShape(type: GraphQLCompositeType, sets: readonly SelectionSetNode[]): ShapeObject {
    const fields: Field[] = [];
    for (const [key, nodes] of collect(type, sets)) {
      const name = nodes[0]?.name.value ?? '';
      const complete = fieldOf(type, name, nodes);
      if (complete) fields.push({ key, isPlain: !(key in Object.prototype), complete });
    }
    return (value, state) => {
      const result: Json = {};
      for (const { key, isPlain, complete } of fields) {
        state.path?.push(key);
        const completed = complete(isPlain ? value[key] : own(value, key), state);
        state.path?.pop();
        if (completed === undefined) return null;
        if (isPlain) result[key] = completed;
        else put(result, key, completed);
      }
      return result;
    };
  }

  function fieldOf(type: GraphQLCompositeType, name: string, nodes: readonly FieldNode[]): Complete | undefined {
    // Where only an interface is known, there is no type to name.
    if (name === '__typename') return isObjectType(type) ? () => type.name : () => undefined;
    // What the gateway itself has answered.
    if (name.startsWith('__')) return (value) => value ?? null;
    const definition = 'getFields' in type ? type.getFields()[name] : undefined;
    return definition && completer(definition.type, nodes, `${type.name}.${name}`);
  }

  function completer(type: GraphQLOutputType, nodes: readonly FieldNode[], label: string): Complete {
    if (isNonNullType(type)) {
      const complete = completer(type.ofType, nodes, label);
      return (value, state) => {
        const before = state.problems + state.missing;
        const completed = complete(value, state);
        if (completed !== null) return completed;
        // Nobody has given it: the object is a reference that leads to nothing, which is no error where it may be null.
        if (value === undefined) state.missing += 1;
        else if (state.problems + state.missing === before) {
          state.problems += 1;
          state.report?.(`Cannot return null for the non-nullable field ${label}.`);
        }
        return undefined;
      };
    }
    if (isListType(type)) {
      const complete = completer(type.ofType, nodes, label);
      return (value, state) => {
        if (value === null || value === undefined) return null;
        if (!Array.isArray(value)) return wrong(state, label);
        const list: unknown[] = new Array(value.length);
        let isNull = false;
        for (let index = 0; index < value.length; index += 1) {
          state.path?.push(index);
          const completed = complete(value[index], state);
          state.path?.pop();
          if (completed === undefined) isNull = true;
          else list[index] = completed;
        }
        return isNull ? null : list;
      };
    }
    if (isCompositeType(type)) {
      const sets = nodes.flatMap(({ selectionSet }) => (selectionSet ? [selectionSet] : []));
      const shapes = new Map<string, ShapeObject | null>();
      const shapeFor = (typename: string): ShapeObject | null => {
        let shape = shapes.get(typename);
        if (shape === undefined) {
          const actual = schema.getType(typename);
          shape = isCompositeType(actual) ? objectShape(actual, sets) : null;
          shapes.set(typename, shape);
        }
        return shape;
      };
      const always = isObjectType(type);
      return (value, state) => {
        if (value === null || value === undefined) return null;
        if (!isObject(value)) return wrong(state, label);
        const typename = always ? type.name : (value.__typename ?? type.name);
        const shape = typeof typename === 'string' ? shapeFor(typename) : null;
        return shape ? shape(value, state) : wrong(state, label);
      };
    }
    const isValid = leaf(getNamedType(type).name, isEnumType(type) ? new Set(type.getValues().map(({ name }) => name)) : undefined);
    return (value, state) => {
      if (value === null || value === undefined) return null;
      return isValid(value) ? value : wrong(state, label);
    };
  }

  const rootType = schema.getRootType(operation.operation);
  if (!rootType) throw new Error(`the schema has no ${operation.operation} type`);
  const introspected = [...collect(rootType, [operation.selectionSet]).values()].filter(([node]) =>
    /^__(schema|type)$/.test(node?.name.value ?? ''),
  );
  const shapeData = objectShape(rootType, [operation.selectionSet]);

  return (data, given, introspect) => {
    const state: State = { problems: 0, missing: 0, path: undefined, report: undefined };
    if (introspected.length > 0) merge(data, introspect(introspected.flat()), () => true);
    let shaped = shapeData(data, state);
    const errors: GraphQLError[] = [];
    if (state.problems > 0) {
      const path: (string | number)[] = [];
      const told: State = {
        problems: 0,
        missing: 0,
        path,
        report(message) {
          // What is missing because of an error is told by that error.
          if (!given.some((error) => isSameWay(error.path ?? [], path)))
            errors.push(new GraphQLError(message, { path: [...path], extensions: {} }));
        },
      };
      shaped = shapeData(data, told);
    }
    return { data: shaped, errors };
  };
}

function wrong(state: State, label: string): null {
  state.problems += 1;
  state.report?.(`A subgraph gave a value of another type for the field ${label}.`);
  return null;
}

/** One is the beginning of the other. */
const isSameWay = (one: readonly (string | number)[], other: readonly (string | number)[]) => {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index += 1) if (one[index] !== other[index]) return false;
  return true;
};

function leaf(name: string, values: ReadonlySet<string> | undefined): (value: unknown) => boolean {
  if (values) return (value) => typeof value === 'string' && values.has(value);
  switch (name) {
    case 'Int':
      return (value) => Number.isInteger(value);
    case 'Float':
      return (value) => typeof value === 'number';
    case 'String':
      return (value) => typeof value === 'string';
    case 'Boolean':
      return (value) => typeof value === 'boolean';
    case 'ID':
      return (value) => typeof value === 'string' || Number.isInteger(value);
    default:
      return () => true;
  }
}
