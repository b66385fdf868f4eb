import type { FetchDataRewrite, QueryPlanSelectionNode } from '@apollo/query-planner';
import { isObject, type Json, merge, own, put } from './json.js';
import { rewriter } from './rewrites.js';
import type { Types } from './types.js';

/**
 * The text of an object's representation, or undefined when it lacks what the subgraph has to be given. Text, because equal ones are sent
 * once, and because it is what is sent.
 */
export type Represent = (object: Json) => string | undefined;

export function representer(
  requires: readonly QueryPlanSelectionNode[],
  rewrites: readonly FetchDataRewrite[] | undefined,
  types: Types,
): Represent {
  const rewrite = rewriter(rewrites, types);
  const known = new Map<string, Represent>();

  function represent(typename: string): Represent {
    const fragments = requires.filter(
      (selection) =>
        selection.kind === 'InlineFragment' && selection.typeCondition !== undefined && types.includes(selection.typeCondition, typename),
    );
    const [only] = fragments;
    if (!rewrite && fragments.length === 1 && only?.kind === 'InlineFragment' && only.selections.every(isPlainField)) {
      const names = only.selections.some((field) => field.kind === 'Field' && (field.alias ?? field.name) === '__typename');
      return names ? writer(only.selections) : () => undefined;
    }
    return (object) => {
      const representation = select(object, fragments, types);
      if (!representation?.__typename) return undefined;
      rewrite?.(representation);
      return JSON.stringify(representation);
    };
  }

  return (object) => {
    if (!isNamed(object)) return undefined;
    let found = known.get(object.__typename);
    if (!found) {
      found = represent(object.__typename);
      known.set(object.__typename, found);
    }
    return found(object);
  };
}

const isPlainField = (selection: QueryPlanSelectionNode): boolean =>
  selection.kind === 'Field' && (selection.selections ?? []).every(isPlainField);

/** Straight to text. Undefined when a field of the outermost object is missing; of an inner one it makes that one null. */
function writer(selections: readonly QueryPlanSelectionNode[]): (object: Json) => string | undefined {
  const fields = selections.flatMap((field) => {
    if (field.kind !== 'Field') return [];
    const key = field.alias ?? field.name;
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
    const key = selection.alias ?? selection.name;
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
