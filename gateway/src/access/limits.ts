import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';
import type { Refusal } from '@storytelling/shared/value-objects/refusal';
import { refuse } from './refusals.js';

/**
 * What a document may ask for, decided on its text alone, before it is validated (graphql-js compares fields pairwise) or planned (a
 * planner can be made to explode). The largest real screens stay below half of each.
 */
export const limits = {
  tokens: 4_000,
  /** `me → followers → edges → node → follower → stories → edges → node → author → profile → image → url` has 12. */
  depth: 12,
  /** Of an introspection query; the standard one has 15. */
  introspectionDepth: 20,
  /** Counted with every fragment spelled out where it is used. To validate 900 equal ones takes 140 ms, 500 take 35. */
  fields: 500,
  aliases: 30,
  rootFields: 20,
  directives: 50,
  /** graphql-js compares every two that meet in one place: with 400 that takes 95 ms, with 100 it takes 7. */
  fragments: 100,
} as const;

interface Measure {
  fields: number;
  depth: number;
  aliases: number;
  directives: number;
  introspectionDepth: number;
}

const nothing: Measure = { fields: 0, depth: 0, aliases: 0, directives: 0, introspectionDepth: 0 };

class FragmentCycle extends Error {}

/** Undefined when the document keeps all limits. Linear in the document's size: each fragment is measured once. */
export function beyondLimits(document: DocumentNode): Refusal | undefined {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  if (fragments.size > limits.fragments) return refuse.QUERY_TOO_MANY_FRAGMENTS({ count: fragments.size, limit: limits.fragments });
  const measured = new Map<string, Measure | 'open'>();

  function measureFragment(name: string): Measure {
    const known = measured.get(name);
    if (known === 'open') throw new FragmentCycle();
    if (known) return known;
    const fragment = fragments.get(name);
    if (!fragment) return nothing;
    measured.set(name, 'open');
    const measure = measureSelections(fragment.selectionSet, false);
    measured.set(name, measure);
    return measure;
  }

  function measureSelections({ selections }: SelectionSetNode, introspecting: boolean): Measure {
    const sum = { ...nothing };
    for (const selection of selections) {
      sum.directives += selection.directives?.length ?? 0;
      let inner: Measure;
      if (selection.kind === Kind.FIELD) {
        const meta = introspecting || selection.name.value === '__schema' || selection.name.value === '__type';
        inner = selection.selectionSet ? measureSelections(selection.selectionSet, meta) : nothing;
        sum.fields += 1;
        if (selection.alias) sum.aliases += 1;
        if (meta) sum.introspectionDepth = Math.max(sum.introspectionDepth, 1 + Math.max(inner.depth, inner.introspectionDepth));
        else {
          sum.depth = Math.max(sum.depth, 1 + inner.depth);
          sum.introspectionDepth = Math.max(sum.introspectionDepth, inner.introspectionDepth);
        }
      } else {
        inner =
          selection.kind === Kind.FRAGMENT_SPREAD
            ? measureFragment(selection.name.value)
            : measureSelections(selection.selectionSet, introspecting);
        sum.depth = Math.max(sum.depth, inner.depth);
        sum.introspectionDepth = Math.max(sum.introspectionDepth, inner.introspectionDepth);
      }
      sum.fields += inner.fields;
      sum.aliases += inner.aliases;
      sum.directives += inner.directives;
    }
    return sum;
  }

  try {
    // Also those that no operation uses: graphql-js validates them, too.
    for (const name of fragments.keys()) measureFragment(name);
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      const { selectionSet, directives = [] } = definition;
      const measure = measureSelections(selectionSet, false);
      const rootFields = measureRoot(selectionSet, fragments);
      const checks = [
        [measure.depth, limits.depth, refuse.QUERY_TOO_DEEP],
        [measure.introspectionDepth, limits.introspectionDepth, refuse.QUERY_TOO_DEEP],
        [measure.fields, limits.fields, refuse.QUERY_TOO_LARGE],
        [measure.aliases, limits.aliases, refuse.QUERY_TOO_MANY_ALIASES],
        [rootFields, limits.rootFields, refuse.QUERY_TOO_MANY_ROOT_FIELDS],
        [measure.directives + directives.length, limits.directives, refuse.QUERY_TOO_MANY_DIRECTIVES],
      ] as const;
      for (const [count, limit, refusal] of checks) if (count > limit) return refusal({ count: Math.min(count, 1_000_000), limit });
    }
  } catch (error) {
    if (error instanceof FragmentCycle) return refuse.FRAGMENT_CYCLE();
    throw error;
  }
  return undefined;
}

function measureRoot(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  counted = new Map<string, number>(),
): number {
  let fields = 0;
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) fields += 1;
    else if (selection.kind === Kind.INLINE_FRAGMENT) fields += measureRoot(selection.selectionSet, fragments, counted);
    else {
      const name = selection.name.value;
      const fragment = fragments.get(name);
      if (!fragment) continue;
      if (!counted.has(name)) counted.set(name, measureRoot(fragment.selectionSet, fragments, counted));
      fields += counted.get(name) ?? 0;
    }
  }
  return fields;
}
