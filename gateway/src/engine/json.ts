/**
 * What subgraphs answer, as JSON.parse gives it: aliases such as `__proto__` and `constructor` are keys like any other. Here and where fetches are merged,
 * loops make no list of keys and no pairs: they run for each object of each answer.
 */
export type Json = Record<string, unknown>;

/** All that every object has without having been given it are functions, and `__proto__`; no JSON is a function. */
export function own(object: Json, key: string): unknown {
  const value = object[key];
  return (typeof value === 'function' || key === '__proto__') && !Object.hasOwn(object, key) ? undefined : value;
}

/** An assignment to `__proto__` would change what the object is instead of what it holds. */
export function put(object: Json, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

export function copyOf<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(copyOf) as Value;
  if (!isObject(value)) return value;
  const copy: Json = {};
  for (const key in value) put(copy, key, copyOf(value[key]));
  return copy as Value;
}

/**
 * Empties what has been used up. An answer is young when it comes; what waited for it has become old, and an old object, even one that nobody needs any more,
 * keeps alive what it refers to until the next full collection: with 50 pages under way most of what the garbage collector copied was such garbage.
 */
export function letGo(object: Json): void {
  for (const key in object) object[key] = undefined;
}

/**
 * Puts what a fetch has found into what is known of the same object. Two subgraphs may have answered the same field: what one could not
 * give (null) does not take away what the other gave, and the name of an interface (all that a subgraph with @interfaceObject knows)
 * does not replace that of the type.
 */
export function merge(target: Json, source: Json, isConcrete: (typename: string) => boolean): void {
  for (const key in source) {
    const value = source[key];
    const known = own(target, key);
    if (known === undefined || known === null) put(target, key, value);
    else if (key === '__typename') {
      if (typeof value === 'string' && isConcrete(value)) target.__typename = value;
    } else if (isObject(known) && isObject(value)) {
      if (known !== value) merge(known, value, isConcrete);
    } else if (Array.isArray(known) && Array.isArray(value) && known.length === value.length) mergeLists(known, value, isConcrete);
    else if (value !== null) put(target, key, value);
  }
}

function mergeLists(target: unknown[], source: readonly unknown[], isConcrete: (typename: string) => boolean): void {
  for (const [index, value] of source.entries()) {
    const known = target[index];
    if (isObject(known) && isObject(value)) {
      if (known !== value) merge(known, value, isConcrete);
    } else if (Array.isArray(known) && Array.isArray(value) && known.length === value.length) mergeLists(known, value, isConcrete);
    else if (value !== null) target[index] = value;
  }
}
