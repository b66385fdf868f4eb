/** What subgraphs answer, as JSON.parse gives it: aliases such as `__proto__` and `constructor` are keys like any other. */
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
  for (const key of Object.keys(value)) put(copy, key, copyOf(value[key]));
  return copy as Value;
}

/**
 * Puts what a fetch has found into what is known of the same object. Two subgraphs may have answered the same field: what one could not
 * give (null) does not take away what the other gave, and the name of an interface (all that a subgraph with @interfaceObject knows)
 * does not replace that of the type.
 */
export function merge(target: Json, source: Json, isConcrete: (typename: string) => boolean): void {
  for (const key of Object.keys(source)) {
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
