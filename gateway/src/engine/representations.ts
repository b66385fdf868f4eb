import type { FetchDataRewrite, QueryPlanSelectionNode } from '@apollo/query-planner';
import { isObject, type Json, merge, own, put } from './json.js';
import { rewriter } from './rewrites.js';
import type { Types } from './types.js';

/** How the objects of one type are represented in one fetch. */
export interface Representation {
  readonly number: number;
  /** Equal for objects that are represented equally; undefined for one that lacks what the subgraph has to be given. */
  keyOf(object: Json): unknown;
  /** What is sent. Text, because equal ones are sent once, for several fetches too. */
  textOf(object: Json, key: unknown): string;
  /** How many fields of an object it says, when all are plain values: one that has no more is told by it completely. */
  readonly fields: number | undefined;
}

/** Undefined for objects that the fetch does not ask about. */
export type Representations = (object: Json) => Representation | undefined;

export function representations(
  requires: readonly QueryPlanSelectionNode[],
  rewrites: readonly FetchDataRewrite[] | undefined,
  types: Types,
): Representations {
  const rewrite = rewriter(rewrites, types);
  const known = new Map<string, Representation | undefined>();

  function prepare(typename: string): Representation | undefined {
    const number = known.size;
    const fragments = requires.filter(
      (selection) =>
        selection.kind === 'InlineFragment' && selection.typeCondition !== undefined && types.includes(selection.typeCondition, typename),
    );
    const [only] = fragments;
    if (!rewrite && fragments.length === 1 && only?.kind === 'InlineFragment' && only.selections.every(isPlainField)) {
      const fields = only.selections.flatMap((field) => (field.kind === 'Field' ? [{ key: keyOf(field), isLeaf: !field.selections }] : []));
      if (!fields.some(({ key }) => key === '__typename')) return undefined;
      const write = writer(only.selections);
      const [id, ...more] = fields.filter(({ key }) => key !== '__typename');
      const count = fields.every(({ isLeaf }) => isLeaf) ? fields.length : undefined;
      // Nearly all entities have one id, and their type is the same here: no text is made of those that are known.
      if (id?.isLeaf && more.length === 0)
        return { number, keyOf: (object) => own(object, id.key), textOf: (object) => write(object) ?? '', fields: count };
      return { number, keyOf: write, textOf: (_, text) => String(text), fields: count };
    }
    const write = (object: Json) => {
      const representation = select(object, fragments, types);
      if (!representation?.__typename) return undefined;
      rewrite?.(representation);
      return JSON.stringify(representation);
    };
    return { number, keyOf: write, textOf: (_, text) => String(text), fields: undefined };
  }

  return (object) => {
    if (!isNamed(object)) return undefined;
    const found = known.get(object.__typename);
    if (found || known.has(object.__typename)) return found;
    const prepared = prepare(object.__typename);
    known.set(object.__typename, prepared);
    return prepared;
  };
}

const keyOf = ({ alias, name }: { readonly alias?: string; readonly name: string }) => alias ?? name;

const isPlainField = (selection: QueryPlanSelectionNode): boolean =>
  selection.kind === 'Field' && (selection.selections ?? []).every(isPlainField);

/** Straight to text. Undefined when a field of the outermost object is missing; of an inner one it makes that one null. */
function writer(selections: readonly QueryPlanSelectionNode[]): (object: Json) => string | undefined {
  const fields = selections.flatMap((field) => {
    if (field.kind !== 'Field') return [];
    const key = keyOf(field);
    const inner = field.selections && writer(field.selections);
    const write = (value: unknown): string => {
      if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
      return inner && isObject(value) ? (inner(value) ?? 'null') : JSON.stringify(value);
    };
    return [{ key, write, label: `${JSON.stringify(key)}:` }];
  });
  return (object) => {
    let text = '';
    for (const { key, write, label } of fields) {
      const value = own(object, key);
      if (value === undefined) return undefined;
      text += `${text ? ',' : ''}${label}${write(value)}`;
    }
    return `{${text}}`;
  };
}

const isNamed = (object: Json): object is Json & { __typename: string } => typeof object.__typename === 'string';

/** Null when a field is missing; what a fragment would give is left out then. */
function select(object: Json, selections: readonly QueryPlanSelectionNode[], types: Types): Json | null {
  const result: Json = {};
  for (const selection of selections) {
    if (selection.kind === 'InlineFragment') {
      const { typeCondition } = selection;
      if (typeCondition === undefined || !isNamed(object) || !types.includes(typeCondition, object.__typename)) continue;
      const inner = select(object, selection.selections, types);
      if (inner) merge(result, inner, () => true);
      continue;
    }
    const key = keyOf(selection);
    const value = own(object, key);
    if (value === undefined) return null;
    put(result, key, selected(value, selection.selections, types));
  }
  return result;
}

function selected(value: unknown, selections: readonly QueryPlanSelectionNode[] | undefined, types: Types): unknown {
  if (Array.isArray(value)) return value.map((item) => selected(item, selections, types));
  return selections && isObject(value) ? select(value, selections, types) : value;
}
