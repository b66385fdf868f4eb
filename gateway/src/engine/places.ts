import { isObject, type Json, letGo, own, put } from './json.js';

/** Where in the answer something stands: the client's names and the places in lists. */
export type Place = readonly (string | number)[];

/** A path of a plan (`@`: every item of the list there). There is one of each, so that what stands there is kept by its number. */
export interface Path {
  readonly number: number;
  readonly names: readonly string[];
  readonly parent: Path | undefined;
  readonly step: string;
  /** The numbers of all longer paths that begin with this one. */
  readonly below: readonly number[];
}

/** The paths of one plan. */
export function paths(): (names: readonly string[]) => Path {
  const known = new Map<string, Path & { readonly below: number[] }>();
  return function pathOf(names): Path {
    const key = JSON.stringify(names);
    let path = known.get(key);
    if (!path) {
      const parent = names.length > 0 ? pathOf(names.slice(0, -1)) : undefined;
      path = { number: known.size, names, parent, step: names.at(-1) ?? '', below: [] };
      for (let length = names.length - 1; length >= 0; length -= 1)
        known.get(JSON.stringify(names.slice(0, length)))?.below.push(path.number);
      known.set(key, path);
    }
    return path;
  };
}

/** What one request has found, and what of it stands at the paths of its plan. */
export interface Findings {
  readonly data: Json;
  /** Each object once, in however many places it stands. */
  objectsAt(path: Path): readonly Json[];
  /**
   * Visits the same. Where it `mayUnite`, `visit` may give back another object that it has seen before and that tells the same: it is put
   * in place of the one that it was given.
   */
  visitAt(path: Path, visit: (object: Json, mayUnite: boolean) => Json): void;
  /** Something has been put into objects there; `shared`: the same into several. */
  hasChanged(path: Path, shared: boolean): void;
  /** Nothing of it is needed any more. */
  letGo(): void;
}

/**
 * Lists in lists repeat a few entities hundreds of times. So each path is walked once, from what its beginning led to, and again only
 * when a fetch has put something on its way; and objects of which nothing but an equal key is known become one, so that they are merged
 * and walked through once from there on.
 */
export function findings(data: Json): Findings {
  const levels: (readonly unknown[] | undefined)[] = [];
  const walked: Path[] = [];
  /** Paths at which objects have become one, and paths whose objects share inner ones. */
  const isUnited: boolean[] = [];
  const isShared: boolean[] = [];

  /** Whether one object may stand in several places there. */
  function mayRepeat({ number, parent }: Path): boolean {
    if (isUnited[number]) return true;
    for (let above = parent; above; above = above.parent) if (isShared[above.number]) return true;
    return false;
  }

  function valuesAt(path: Path): readonly unknown[] {
    const known = levels[path.number];
    if (known) return known;
    const values: unknown[] = [];
    if (!path.parent) values.push(data);
    else if (path.step === '@') {
      for (const list of valuesAt(path.parent)) if (Array.isArray(list)) for (const item of list) if (item !== null) values.push(item);
    } else {
      for (const object of valuesAt(path.parent)) {
        const value = isObject(object) ? own(object, path.step) : undefined;
        if (value !== null && value !== undefined) values.push(value);
      }
    }
    const level = values.length > 1 && mayRepeat(path) ? [...new Set(values)] : values;
    levels[path.number] = level;
    walked.push(path);
    return level;
  }

  function objectsAt(path: Path): readonly Json[] {
    const values = valuesAt(path);
    return values.every(isObject) ? values : values.filter(isObject);
  }

  function unite(path: Path, parent: Path, visit: (object: Json, mayUnite: boolean) => Json): void {
    const different: Json[] = [];
    const seen = mayRepeat(path) ? new Map<Json, Json>() : undefined;
    const united = (object: Json): Json => {
      const before = seen?.get(object);
      if (before) return before;
      const first = visit(object, true);
      if (first === object) different.push(object);
      else isUnited[path.number] = true;
      seen?.set(object, first);
      return first;
    };
    const { step } = path;
    for (const container of valuesAt(parent)) {
      if (step !== '@') {
        const value = isObject(container) ? own(container, step) : undefined;
        if (isObject(container) && isObject(value)) put(container, step, united(value));
      } else if (Array.isArray(container)) {
        for (let index = 0; index < container.length; index += 1) {
          const item: unknown = container[index];
          if (isObject(item)) container[index] = united(item);
        }
      }
    }
    levels[path.number] = different;
    walked.push(path);
  }

  return {
    data,
    objectsAt,
    visitAt(path, visit) {
      if (path.parent && !levels[path.number]) unite(path, path.parent, visit);
      else for (const object of objectsAt(path)) visit(object, false);
    },
    hasChanged({ number, below }, shared) {
      if (shared) isShared[number] = true;
      for (const longer of below) levels[longer] = undefined;
    },
    letGo() {
      for (const { parent, step } of walked)
        for (const container of (parent && levels[parent.number]) ?? [])
          if (Array.isArray(container)) container.length = 0;
          else if (isObject(container)) container[step] = undefined;
      letGo(data);
    },
  };
}

/** All objects at a path, with every place where they stand. Only errors need to know. */
export function placesOf(root: Json, path: readonly string[], visit: (object: Json, place: Place) => void): void {
  const walk = (value: unknown, depth: number, place: Place): void => {
    if (value === null || value === undefined) return;
    const step = path[depth];
    if (step === undefined) {
      if (isObject(value)) visit(value, place);
    } else if (step !== '@') {
      if (isObject(value)) walk(own(value, step), depth + 1, [...place, step]);
    } else if (Array.isArray(value)) for (const [index, item] of value.entries()) walk(item, depth + 1, [...place, index]);
  };
  walk(root, 0, []);
}
