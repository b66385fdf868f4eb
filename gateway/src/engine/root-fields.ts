import type { FetchNode, PlanNode } from '@apollo/query-planner';
import { type DocumentNode, Kind, type OperationDefinitionNode, parse, type SelectionNode, type SelectionSetNode } from 'graphql';
import { isConditional } from './conditions.js';
import { renamed } from './rewrites.js';

/** A root field, by the name that its answer has. */
interface RootField {
  readonly key: string;
  readonly name: string;
  /** Itself and the fragments that it stands in: whatever may have @skip or @include. */
  readonly within: readonly SelectionNode[];
}

/**
 * The planner leaves out what it takes for impossible (a field that exists only in subgraphs that cannot be reached), and answers would
 * have null there without a word.
 */
export function checkRootFields(document: DocumentNode, operation: OperationDefinitionNode, node: PlanNode | undefined): void {
  const planned = node ? rootKeysOf(node) : new Set<string>();
  for (const { key, name, within } of fieldsIn(document, operation.selectionSet))
    if (!name.startsWith('__') && !planned.has(key) && !within.some(isConditional))
      throw new Error(`the plan of an operation lacks its root field ${name}`);
}

/** By the client's names. */
export function rootFieldsOf({ operation, outputRewrites }: FetchNode): RootField[] {
  const document = parse(operation, { noLocation: true });
  const asked = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  return asked
    ? fieldsIn(document, asked.selectionSet).map((field) => ({ ...field, key: String(renamed(outputRewrites, [field.key])[0]) }))
    : [];
}

function fieldsIn(document: DocumentNode, { selections }: SelectionSetNode): RootField[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD)
      return [{ key: (selection.alias ?? selection.name).value, name: selection.name.value, within: [selection] }];
    const inside =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection
        : document.definitions.find(
            (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
          );
    return inside && 'selectionSet' in inside
      ? fieldsIn(document, inside.selectionSet).map((field) => ({ ...field, within: [selection, ...field.within] }))
      : [];
  });
}

/** The client's names of the root fields that a plan fetches. */
function rootKeysOf(node: PlanNode): Set<string> {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel':
      return new Set(node.nodes.flatMap((inner) => [...rootKeysOf(inner)]));
    case 'Condition':
      return new Set([node.ifClause, node.elseClause].flatMap((clause) => (clause ? [...rootKeysOf(clause)] : [])));
    case 'Fetch':
      return new Set(node.requires ? [] : rootFieldsOf(node).map(({ key }) => key));
    case 'Flatten':
    case 'Defer':
      return new Set();
  }
}
