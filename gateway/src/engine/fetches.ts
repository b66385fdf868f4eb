import type { FetchNode } from '@apollo/query-planner';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLFormattedError,
  Kind,
  type NameNode,
  type OperationDefinitionNode,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
} from 'graphql';
import { isObject, type Json } from './json.js';

/** What a subgraph is asked: the body of the request, as text. */
export interface SubgraphRequest {
  readonly body: string;
  /** Nothing that changes anything may be sent twice. */
  readonly isQuery: boolean;
}
export interface SubgraphAnswer {
  readonly data?: Json | null;
  readonly errors?: readonly GraphQLFormattedError[];
}
export interface Transport {
  /** Rejects with what the client shall be told when the subgraph has no answer. */
  send(subgraph: string, request: SubgraphRequest): Promise<SubgraphAnswer>;
  /** The same for an answer of the wrong shape. */
  broken(subgraph: string, reason: string): Error;
}

/** The values of the client's variables, each as JSON. */
export type VariableTexts = (name: string) => string | undefined;

/** One fetch of a plan, ready to be sent. */
export interface Fetch {
  readonly id: number;
  /** Fetches of entities of one group go to the same subgraph after equally many steps: they are sent together. */
  readonly group: string;
  readonly subgraph: string;
  readonly isQuery: boolean;
  readonly variableUsages: readonly string[];
  /** The request's body up to its variables. */
  readonly head: string;
  /** Only of fetches of entities: what is asked of each, to be put into one document with others. */
  readonly entities?: EntitySelection;
}

interface EntitySelection {
  readonly field: FieldNode;
  readonly fragments: readonly FragmentDefinitionNode[];
  readonly variables: OperationDefinitionNode['variableDefinitions'];
  /** Equal for fetches that ask the same of different entities. */
  readonly text: string;
}

export function prepareFetch(id: number, step: number, node: FetchNode): Fetch {
  const document = parse(node.operation, { noLocation: true });
  return {
    id,
    group: `${node.serviceName} ${step}`,
    subgraph: node.serviceName,
    isQuery: node.operationKind === 'query',
    variableUsages: node.variableUsages ?? [],
    head: headOf(node.operation, node.operationName),
    ...(node.requires && { entities: entitySelection(document) }),
  };
}

const headOf = (query: string, operationName?: string) =>
  `{"query":${JSON.stringify(query)}${operationName === undefined ? '' : `,"operationName":${JSON.stringify(operationName)}`},"variables":{`;

function entitySelection(document: DocumentNode): EntitySelection {
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

/** What came back for one fetch of entities: as many as were asked for, and where among them the errors are. */
export interface EntitiesAnswer {
  readonly entities: readonly (Json | null)[];
  readonly errors: readonly {
    readonly error: GraphQLFormattedError;
    readonly index?: number;
    readonly rest: readonly (string | number)[];
  }[];
}

interface Waiting {
  readonly fetch: Fetch & { readonly entities: EntitySelection };
  readonly representations: readonly string[];
  readonly resolve: (answer: EntitiesAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** Documents that ask for what several fetches of a plan ask for; made once, and kept with the plan. */
export type Combinations = Map<string, Combination>;
interface Combination {
  readonly head: string;
  readonly variableUsages: readonly string[];
  /** What the variables of the representations begin with. */
  readonly representations: string;
  /** For each fetch, which of the document's fields answers it: fetches that ask the same share one. */
  readonly fieldOf: readonly number[];
}

/** So long a fetch waits for others of its group: a slow subgraph elsewhere in the plan must not hold it up. */
const patience = 20;

/**
 * The fetches of one request. Those of entities that go to one subgraph after equally many steps are sent as one document, in which
 * equal representations stand once. `sizes`: how many fetches each group has in the plan.
 */
export function fetches(transport: Transport, variables: VariableTexts, combinations: Combinations, sizes: ReadonlyMap<string, number>) {
  const groups = new Map<string, { missing: number; waiting: Waiting[]; timer: NodeJS.Timeout | undefined }>();

  function arrive(group: string, fetch?: Waiting): void {
    let known = groups.get(group);
    if (!known) {
      known = { missing: sizes.get(group) ?? 1, waiting: [], timer: undefined };
      groups.set(group, known);
    }
    known.missing -= 1;
    if (fetch) known.waiting.push(fetch);
    if (known.waiting.length === 0) return;
    const { waiting } = known;
    const flush = () => {
      clearTimeout(known.timer);
      known.timer = undefined;
      if (waiting.length > 0) sendAll(waiting.splice(0));
    };
    if (known.missing <= 0) flush();
    else known.timer ??= setTimeout(flush, patience);
  }

  const variablesOf = (names: readonly string[], more: readonly string[]) =>
    [
      ...more,
      ...names.flatMap((name) => {
        const text = variables(name);
        return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
      }),
    ].join(',');

  function sendAll(group: readonly Waiting[]): void {
    const [only] = group;
    if (!only) return;
    const { subgraph } = only.fetch;
    const sending = group.length === 1 ? sendOne(subgraph, only) : sendTogether(subgraph, group);
    sending.catch((error: unknown) => {
      for (const { reject } of group) reject(error);
    });
  }

  function entitiesIn(subgraph: string, { data, errors = [] }: SubgraphAnswer, key: string, count: number): EntitiesAnswer {
    const found = data?.[key];
    const entities = Array.isArray(found) ? (found as (Json | null)[]) : [];
    if ((data && found !== null && entities.length !== count) || !entities.every((entity) => entity === null || isObject(entity)))
      throw transport.broken(subgraph, `${count} entities were asked for, ${entities.length} came`);
    return {
      entities,
      errors: errors.flatMap((error) => {
        const [first, index, ...rest] = error.path ?? [];
        if (first === undefined) return [{ error, rest: [] }];
        if (first !== key) return [];
        return [typeof index === 'number' ? { error, index, rest } : { error, rest: [] }];
      }),
    };
  }

  async function sendOne(subgraph: string, { fetch, representations, resolve }: Waiting): Promise<void> {
    const body = `${fetch.head}${variablesOf(fetch.variableUsages, [`"representations":[${representations.join(',')}]`])}}}`;
    const answer = await transport.send(subgraph, { body, isQuery: true });
    resolve(entitiesIn(subgraph, answer, '_entities', representations.length));
  }

  async function sendTogether(subgraph: string, group: readonly Waiting[]): Promise<void> {
    const key = group.map(({ fetch }) => fetch.id).join();
    let combination = combinations.get(key);
    if (!combination) {
      combination = combine(group.map(({ fetch }) => fetch.entities));
      combinations.set(key, combination);
    }
    const { head, variableUsages, representations: name, fieldOf } = combination;
    // Of each field, its representations and where each of them stands.
    const lists: Map<string, number>[] = [];
    for (const [index, { representations }] of group.entries()) {
      const field = fieldOf[index] ?? 0;
      const list = lists[field] ?? new Map<string, number>();
      lists[field] = list;
      for (const representation of representations) if (!list.has(representation)) list.set(representation, list.size);
    }
    const representations = lists.map((list, field) => `"${name}_${field}":[${[...list.keys()].join(',')}]`);
    const answer = await transport.send(subgraph, { body: `${head}${variablesOf(variableUsages, representations)}}}`, isQuery: true });
    const answers = lists.map((list, field) => entitiesIn(subgraph, answer, `entities_${field}`, list.size));
    for (const [index, { representations: asked, resolve }] of group.entries()) {
      const field = fieldOf[index] ?? 0;
      const places = asked.map((representation) => lists[field]?.get(representation) ?? -1);
      const { entities, errors } = answers[field] ?? { entities: [], errors: [] };
      resolve({
        entities: places.map((place) => entities[place] ?? null),
        errors: errors.flatMap((error) => {
          if (error.index === undefined) return [error];
          const at = places.indexOf(error.index);
          return at < 0 ? [] : [{ ...error, index: at }];
        }),
      });
    }
  }

  return {
    /** A fetch of root fields. */
    root(fetch: Fetch): Promise<SubgraphAnswer> {
      return transport.send(fetch.subgraph, { body: `${fetch.head}${variablesOf(fetch.variableUsages, [])}}}`, isQuery: fetch.isQuery });
    },
    entities(fetch: Fetch, representations: readonly string[]): Promise<EntitiesAnswer> {
      const { entities } = fetch;
      if (!entities) throw new Error('a fetch without entities');
      return new Promise((resolve, reject) => {
        arrive(fetch.group, { fetch: { ...fetch, entities }, representations, resolve, reject });
      });
    },
    /** There is nothing to be asked; others need not wait for it. */
    skip: ({ group }: Fetch) => arrive(group),
  };
}

/** One document with a field for each different selection: `entities_0: _entities(representations: $representations_0) { … } …`. */
function combine(selections: readonly EntitySelection[]): Combination {
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
