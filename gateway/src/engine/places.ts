import { isObject, type Json, own } from './json.js';

/** Where in the answer something stands: the client's names and the places in lists. */
export type Place = readonly (string | number)[];

/** All objects at a path of the plan (`@`: every item of the list there), each once, wherever the same one stands. */
export function objectsAt(root: Json, path: readonly string[]): Json[] {
  let level: unknown[] = [root];
  for (const step of path) {
    const next: unknown[] = [];
    for (const value of level) {
      if (step !== '@') {
        const inner = isObject(value) ? own(value, step) : undefined;
        if (inner !== null && inner !== undefined) next.push(inner);
      } else if (Array.isArray(value)) for (const item of value) if (item !== null) next.push(item);
    }
    // Entities that were fetched once for many places are one object in all of them.
    level = next.length > 1 ? [...new Set(next)] : next;
  }
  return level.filter(isObject);
}

/** The same objects with every place where they stand. Only errors need to know. */
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
