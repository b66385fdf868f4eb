import type { GraphQLFormattedError } from 'graphql';
import { type Combination, combine, type EntityFetch, type Fetch } from './fetch.js';
import { copyOf, isObject, type Json } from './json.js';

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
  readonly fetch: EntityFetch;
  readonly representations: readonly string[];
  readonly resolve: (answer: EntitiesAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** Which fetches of entities of a plan are sent together, by their numbers; and the documents for it, made once. */
export interface BatchPlan {
  batchOf(fetch: EntityFetch): number;
  /** How many fetches belong to it. */
  sizeOf(batch: number): number;
  readonly combinations: Map<string, Combination>;
}

/** A fetch of entities on its place in the plan. */
export interface PlacedFetch {
  readonly fetch: EntityFetch;
  /** How many fetches come before, one after the other. */
  readonly step: number;
  /** Nothing comes after it. */
  readonly isLast: boolean;
}

/**
 * Fetches of one subgraph after equally many steps go together. One that nothing waits for goes with the last of its subgraph: the answer
 * is complete no sooner without it.
 */
export function planBatches(placed: readonly PlacedFetch[]): BatchPlan {
  const latest = new Map<string, number>();
  for (const { fetch, step } of placed) latest.set(fetch.subgraph, Math.max(step, latest.get(fetch.subgraph) ?? 0));
  const batches = new Map<string, number>();
  const batchOf: number[] = [];
  const sizes: number[] = [];
  for (const { fetch, step, isLast } of placed) {
    const key = `${fetch.subgraph} ${isLast ? latest.get(fetch.subgraph) : step}`;
    const batch = batches.get(key) ?? batches.size;
    batches.set(key, batch);
    batchOf[fetch.number] = batch;
    sizes[batch] = (sizes[batch] ?? 0) + 1;
  }
  return { batchOf: ({ number }) => batchOf[number] ?? -1, sizeOf: (batch) => sizes[batch] ?? 1, combinations: new Map() };
}

/** So long, in milliseconds, a fetch waits at most for others of its batch. */
const patience = 20;

/** The fetches of one request. In those that are sent together equal representations stand once. */
export function batches(transport: Transport, variables: VariableTexts, plan: BatchPlan) {
  const began = performance.now();
  let waited = 0;
  const known: ({ missing: number; waiting: Waiting[]; timer: NodeJS.Timeout | undefined; since: number } | undefined)[] = [];

  /**
   * The others are as many steps away, so they should come in about the time that it has taken to come here. A subgraph that is slow
   * elsewhere in the plan must not hold this one up: of the time that a request takes, at most half is such waiting.
   */
  const patienceLeft = (now: number) => Math.max(0, Math.min(patience, now - began - waited));

  function arrive(number: number, fetch?: Waiting): void {
    const batch = (known[number] ??= { missing: plan.sizeOf(number), waiting: [], timer: undefined, since: 0 });
    batch.missing -= 1;
    if (fetch) batch.waiting.push(fetch);
    const flush = () => {
      if (batch.timer) {
        clearTimeout(batch.timer);
        batch.timer = undefined;
        waited += performance.now() - batch.since;
      }
      if (batch.waiting.length > 0) sendAll(batch.waiting.splice(0));
    };
    if (batch.missing <= 0) flush();
    else if (batch.waiting.length > 0 && !batch.timer) {
      batch.since = performance.now();
      // On a busy machine the time may be over before an answer that is there has been read: that comes first.
      batch.timer = setTimeout(() => setImmediate(flush), patienceLeft(batch.since));
    }
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
    const key = group.map(({ fetch }) => fetch.number).join();
    let combination = plan.combinations.get(key);
    if (!combination) {
      combination = combine(group.map(({ fetch }) => fetch));
      plan.combinations.set(key, combination);
    }
    const { head, variableUsages, representations: name, fieldOf } = combination;
    // Of each field, its representations and where each of them stands.
    const lists: Map<string, number>[] = [];
    for (const [index, { representations }] of group.entries()) {
      const list = (lists[fieldOf[index] ?? 0] ??= new Map<string, number>());
      for (const representation of representations) if (!list.has(representation)) list.set(representation, list.size);
    }
    const representations = lists.map((list, field) => `"${name}_${field}":[${[...list.keys()].join(',')}]`);
    const answer = await transport.send(subgraph, { body: `${head}${variablesOf(variableUsages, representations)}}}`, isQuery: true });
    const answers = lists.map((list, field) => entitiesIn(subgraph, answer, `entities_${field}`, list.size));
    // Each fetch gets entities of its own, to be changed and added to.
    const isTaken: boolean[] = [];
    for (const [index, { representations: asked, resolve }] of group.entries()) {
      const field = fieldOf[index] ?? 0;
      const places = asked.map((representation) => lists[field]?.get(representation) ?? -1);
      const { entities, errors } = answers[field] ?? { entities: [], errors: [] };
      const mine = places.map((place) => entities[place] ?? null);
      resolve({
        entities: isTaken[field] ? mine.map(copyOf) : mine,
        errors: errors.flatMap((error) => {
          if (error.index === undefined) return [error];
          const at = places.indexOf(error.index);
          return at < 0 ? [] : [{ ...error, index: at }];
        }),
      });
      isTaken[field] = true;
    }
  }

  return {
    /** A fetch of root fields. */
    root(fetch: Fetch): Promise<SubgraphAnswer> {
      return transport.send(fetch.subgraph, { body: `${fetch.head}${variablesOf(fetch.variableUsages, [])}}}`, isQuery: fetch.isQuery });
    },
    entities(fetch: EntityFetch, representations: readonly string[]): Promise<EntitiesAnswer> {
      return new Promise((resolve, reject) => {
        arrive(plan.batchOf(fetch), { fetch, representations, resolve, reject });
      });
    },
    /** There is nothing to be asked; others need not wait for it. */
    skip: (fetch: EntityFetch) => arrive(plan.batchOf(fetch)),
  };
}
