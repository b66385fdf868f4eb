import type { FetchNode } from '@apollo/query-planner';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type NameNode,
  type OperationDefinitionNode,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
} from 'graphql';

/** One fetch of a plan, ready to be sent. */
export interface Fetch {
  readonly number: number;
  readonly subgraph: string;
  readonly isQuery: boolean;
  readonly variableUsages: readonly string[];
  /** The request's body up to its variables. */
  readonly head: string;
}

/** A fetch of entities, which can be put into one document with others. */
export interface EntityFetch extends Fetch {
  readonly selection: EntitySelection;
}

interface EntitySelection {
  readonly field: FieldNode;
  readonly fragments: readonly FragmentDefinitionNode[];
  readonly variables: OperationDefinitionNode['variableDefinitions'];
  /** Equal for fetches that ask the same of different entities. */
  readonly text: string;
}

export function prepareFetch(number: number, node: FetchNode): Fetch {
  return {
    number,
    subgraph: node.serviceName,
    isQuery: node.operationKind === 'query',
    variableUsages: node.variableUsages ?? [],
    head: headOf(node.operation, node.operationName),
  };
}

export function prepareEntityFetch(number: number, node: FetchNode): EntityFetch {
  return { ...prepareFetch(number, node), selection: selectionOf(parse(node.operation, { noLocation: true })) };
}

const headOf = (query: string, operationName?: string) =>
  `{"query":${JSON.stringify(query)}${operationName === undefined ? '' : `,"operationName":${JSON.stringify(operationName)}`},"variables":{`;

function selectionOf(document: DocumentNode): EntitySelection {
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const field = operation?.selectionSet.selections[0];
  if (!operation || field?.kind !== Kind.FIELD || field.name.value !== '_entities')
    throw new Error('a fetch of entities that does not ask for _entities');
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return {
    field,
    fragments,
    variables: (operation.variableDefinitions ?? []).filter(({ variable }) => variable.name.value !== 'representations'),
    text: [field, ...fragments].map(print).join('\n'),
  };
}

/** What several fetches of entities ask, in one document. */
export interface Combination {
  readonly head: string;
  readonly variableUsages: readonly string[];
  /** What the variables of the representations begin with. */
  readonly representations: string;
  /** For each fetch, which of the document's fields answers it: fetches that ask the same share one. */
  readonly fieldOf: readonly number[];
}

/** One document with a field for each different selection: `entities_0: _entities(representations: $representations_0) { … } …`. */
export function combine(fetches: readonly EntityFetch[]): Combination {
  const selections = fetches.map(({ selection }) => selection);
  const different = [...new Map(selections.map((selection) => [selection.text, selection])).values()];
  const variables = new Map(
    selections.flatMap(({ variables: own = [] }) => own.map((definition) => [definition.variable.name.value, print(definition)])),
  );
  // A name that no variable of the client's begins with.
  let representations = 'representations';
  while ([...variables.keys()].some((name) => name.startsWith(representations))) representations += '_';
  const parts = different.map(({ field, fragments }, index) => {
    // Fragments of two fetches may have one name.
    const renamed = <Node extends { readonly name: NameNode }>(node: Node) => ({
      ...node,
      name: { kind: Kind.NAME, value: `${node.name.value}_${index}` },
    });
    const printed = (node: FieldNode | FragmentDefinitionNode) =>
      print(visit(node, { FragmentSpread: renamed, FragmentDefinition: renamed }));
    return {
      field: `entities_${index}: _entities(representations: $${representations}_${index}) ${printed(field).replace(/^[^{]*/, '')}`,
      fragments: fragments.map(printed),
    };
  });
  const declared = [...different.map((_, index) => `$${representations}_${index}: [_Any!]!`), ...variables.values()].join(', ');
  const query = `query (${declared}) { ${parts.map(({ field }) => field).join(' ')} } ${parts.flatMap(({ fragments }) => fragments).join(' ')}`;
  return {
    head: headOf(stripIgnoredCharacters(query)),
    variableUsages: [...variables.keys()],
    representations,
    fieldOf: selections.map(({ text }) => different.findIndex((one) => one.text === text)),
  };
}
