import type { FetchNode, PlanNode } from '@apollo/query-planner';
import { type DocumentNode, Kind, type OperationDefinitionNode, parse, type SelectionSetNode } from 'graphql';
import { type Condition, isConditional, isIncluded } from './conditions.js';
import { renamed } from './rewrites.js';

/**
 * The planner leaves out what it takes for impossible (a field that exists only in subgraphs that cannot be reached), and answers would
 * have null there without a word.
 */
export function checkRootFields(document: DocumentNode, operation: OperationDefinitionNode, node: PlanNode | undefined): void {
  const planned = node ? rootKeysOf(node) : new Set<string>();
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
  const check = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      if (isConditional(selection)) continue;
      if (selection.kind === Kind.INLINE_FRAGMENT) check(selection.selectionSet);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(selection.name.value);
        if (fragment) check(fragment.selectionSet);
      } else if (!selection.name.value.startsWith('__') && !planned.has((selection.alias ?? selection.name).value))
        throw new Error(`the plan of an operation lacks its root field ${selection.name.value}`);
    }
  };
  check(operation.selectionSet);
}

/** A root field of a fetch, by the client's name. */
interface RootField {
  readonly key: string;
  readonly isIncluded: (condition: Condition) => boolean;
}

export function rootFieldsOf({ operation, outputRewrites }: FetchNode): RootField[] {
  const { definitions } = parse(operation, { noLocation: true });
  const fieldsIn = ({ selections }: SelectionSetNode): RootField[] =>
    selections.flatMap((selection) => {
      const within = (inside: SelectionSetNode) =>
        fieldsIn(inside).map((field) => ({
          ...field,
          isIncluded: (condition: Condition) => isIncluded(selection, condition) && field.isIncluded(condition),
        }));
      if (selection.kind === Kind.FIELD) {
        const [key] = renamed(outputRewrites, [(selection.alias ?? selection.name).value]);
        return [{ key: String(key), isIncluded: (condition: Condition) => isIncluded(selection, condition) }];
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) return within(selection.selectionSet);
      const fragment = definitions.find(
        (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
      );
      return fragment && 'selectionSet' in fragment ? within(fragment.selectionSet) : [];
    });
  const asked = definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  return asked ? fieldsIn(asked.selectionSet) : [];
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
