import type { FetchNode } from '@apollo/query-planner';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { batches, EntitiesAnswer } from './batches.js';
import { type Condition, isIncluded } from './conditions.js';
import { type EntityFetch, prepareEntityFetch, prepareFetch } from './fetch.js';
import { isObject, type Json, letGo, merge } from './json.js';
import { type Findings, type Path, type Place, placesOf } from './places.js';
import { representations } from './representations.js';
import { renamed, rewriter } from './rewrites.js';
import { rootFieldsOf } from './root-fields.js';
import type { Types } from './types.js';

/** One request on its way through a plan. */
export interface Run {
  /** All that is known so far, in the client's shape and more. */
  readonly found: Findings;
  readonly errors: GraphQLError[];
  readonly send: ReturnType<typeof batches>;
  readonly condition: Condition;
}

/** Undefined where there was nothing to wait for. */
export type Step = (run: Run) => Promise<void> | undefined;

/** A fetch of root fields. */
export function rootStep(number: number, node: FetchNode, path: Path, types: Types): Step {
  const fetch = prepareFetch(number, node);
  const rewrite = rewriter(node.outputRewrites, types);
  const fields = rootFieldsOf(node);
  return async (run) => {
    try {
      const answer = await run.send.root(fetch);
      for (const error of answer.errors ?? []) run.errors.push(errorAt(error, renamed(node.outputRewrites, error.path ?? [])));
      if (!isObject(answer.data)) return;
      rewrite?.(answer.data);
      const targets = run.found.objectsAt(path);
      for (const target of targets) merge(target, answer.data, types.isConcrete);
      run.found.hasChanged(path, targets.length > 1);
      letGo(answer.data);
    } catch (error) {
      // Of each field that is null by it, as the specification wants.
      const lost = new Set(fields.flatMap(({ key, within }) => (within.every((one) => isIncluded(one, run.condition)) ? [key] : [])));
      for (const key of lost) run.errors.push(asGraphQLError(error, [...path.names, key]));
    }
  };
}

/** Objects that are one entity to the subgraph, and what it is told of them. */
interface Target {
  readonly representation: string;
  readonly objects: Json[];
  /** One of which no more is known than the representation says: all of them are alike. */
  bare: Json | undefined;
}

/** A fetch of more about the objects at a path: each entity is asked for once, in however many places it stands. */
export function entityStep(number: number, node: FetchNode, path: Path, types: Types): { fetch: EntityFetch; step: Step } {
  const fetch = prepareEntityFetch(number, node);
  const rewrite = rewriter(node.outputRewrites, types);
  const representationOf = representations(node.requires ?? [], node.inputRewrites, types);

  function targetsOf({ found }: Run): Target[] {
    const targets: Target[] = [];
    const byKey: Map<unknown, Target>[] = [];
    found.visitAt(path, (object, mayUnite) => {
      const representation = representationOf(object);
      const key = representation?.keyOf(object);
      if (!representation || key === undefined) return object;
      const isBare = mayUnite && representation.fields !== undefined && hasFields(object, representation.fields);
      const ofType = (byKey[representation.number] ??= new Map<unknown, Target>());
      const target = ofType.get(key);
      if (!target) {
        const made = { representation: representation.textOf(object, key), objects: [object], bare: isBare ? object : undefined };
        ofType.set(key, made);
        targets.push(made);
        return object;
      }
      if (isBare && target.bare) return target.bare;
      if (isBare) target.bare = object;
      target.objects.push(object);
      return object;
    });
    return targets;
  }

  async function fetchEntities(run: Run, targets: readonly Target[]): Promise<void> {
    try {
      const answer = await run.send.entities(
        fetch,
        targets.map(({ representation }) => representation),
      );
      let isShared = false;
      for (let index = 0; index < targets.length; index += 1) {
        const entity = answer.entities[index];
        const objects = targets[index]?.objects;
        if (!entity || !objects) continue;
        if (rewrite) {
          entity.__typename ??= objects[0]?.__typename;
          rewrite(entity);
        }
        for (const object of objects) merge(object, entity, types.isConcrete);
        if (objects.length > 1) isShared = true;
      }
      run.found.hasChanged(path, isShared);
      for (const entity of answer.entities) if (entity) letGo(entity);
      if (answer.errors.length > 0) run.errors.push(...entityErrors(run, answer, targets));
    } catch (error) {
      run.errors.push(asGraphQLError(error, path.names));
    }
  }

  /** An error of an entity is one wherever the client sees that entity. */
  function entityErrors({ found }: Run, { errors }: EntitiesAnswer, targets: readonly Target[]): GraphQLError[] {
    const places = new Map<Json, Place[]>();
    placesOf(found.data, path.names, (object, place) => {
      const known = places.get(object);
      if (known) known.push(place);
      else places.set(object, [place]);
    });
    return errors.flatMap(({ error, index, rest }) => {
      if (index === undefined) return [errorAt(error, beginOf(path.names))];
      const inside = renamed(node.outputRewrites, rest);
      return (targets[index]?.objects ?? [])
        .flatMap((object) => places.get(object) ?? [])
        .map((place) => errorAt(error, [...place, ...inside]));
    });
  }

  return {
    fetch,
    step(run) {
      const targets = targetsOf(run);
      if (targets.length > 0) return fetchEntities(run, targets);
      run.send.skip(fetch);
      return undefined;
    },
  };
}

/** Without a list of them: this is asked of each object in an answer. */
function hasFields(object: Json, count: number): boolean {
  let seen = 0;
  for (const _ in object) seen += 1;
  return seen === count;
}

/** As far as an error of a whole fetch can point: where the first list on its way begins. */
const beginOf = (names: readonly string[]) => names.slice(0, names.includes('@') ? names.indexOf('@') : names.length);

function errorAt({ message, extensions }: GraphQLFormattedError, path: Place): GraphQLError {
  return new GraphQLError(message, { ...(path.length > 0 && { path }), extensions: { ...extensions } });
}

function asGraphQLError(error: unknown, names: readonly string[]): GraphQLError {
  const begin = beginOf(names);
  if (error instanceof GraphQLError)
    return new GraphQLError(error.message, {
      path: begin.length > 0 ? begin : null,
      extensions: error.extensions,
      originalError: error.originalError ?? null,
    });
  return new GraphQLError('The fetch failed.', { path: begin.length > 0 ? begin : null, originalError: error as Error });
}
