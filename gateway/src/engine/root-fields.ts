import type { PlanNode } from '@apollo/query-planner';
import { type DocumentNode, Kind, type OperationDefinitionNode, parse, type SelectionSetNode } from 'graphql';
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
      if (selection.directives?.some(({ name }) => name.value === 'skip' || name.value === 'include')) continue;
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

/** The client's names of the root fields that a plan fetches. */
function rootKeysOf(node: PlanNode): Set<string> {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel':
      return new Set(node.nodes.flatMap((inner) => [...rootKeysOf(inner)]));
    case 'Condition':
      return new Set([node.ifClause, node.elseClause].flatMap((clause) => (clause ? [...rootKeysOf(clause)] : [])));
    case 'Fetch': {
      if (node.requires) return new Set();
      const { definitions } = parse(node.operation, { noLocation: true });
      const keys = ({ selections }: SelectionSetNode): string[] =>
        selections.flatMap((selection) => {
          if (selection.kind === Kind.FIELD) return [(selection.alias ?? selection.name).value];
          if (selection.kind === Kind.INLINE_FRAGMENT) return keys(selection.selectionSet);
          const fragment = definitions.find(
            (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value,
          );
          return fragment && 'selectionSet' in fragment ? keys(fragment.selectionSet) : [];
        });
      const operation = definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
      return new Set(operation ? keys(operation.selectionSet).map((key) => String(renamed(node.outputRewrites, [key])[0])) : []);
    }
    case 'Flatten':
    case 'Defer':
      return new Set();
  }
}
