import type { FetchDataRewrite } from '@apollo/query-planner';
import { isObject, type Json, own, put } from './json.js';
import type { Types } from './types.js';

const fragment = '... on ';

/**
 * What the planner could not write into an operation (another type's name in a representation, a field under two names) is set right in
 * its input or output. An element of a rewrite's path is a field, or `... on T`: only where the object is of that type.
 */
export function rewriter(rewrites: readonly FetchDataRewrite[] | undefined, types: Types): ((value: Json) => void) | undefined {
  if (!rewrites?.length) return undefined;
  const compiled = rewrites.map((rewrite) => {
    const parents = rewrite.path.slice(0, -1);
    const last = rewrite.path.at(-1) ?? '';
    const apply = (object: Json) => {
      if (rewrite.kind === 'ValueSetter') return put(object, last, rewrite.setValueTo);
      const value = own(object, last);
      if (value === undefined) return;
      put(object, rewrite.renameKeyTo, value);
      delete object[last];
    };
    return (value: unknown) => at(value, parents, 0, apply, types);
  });
  return (value) => {
    for (const rewrite of compiled) rewrite(value);
  };
}

function at(value: unknown, path: readonly string[], depth: number, apply: (object: Json) => void, types: Types): void {
  if (Array.isArray(value)) for (const item of value) at(item, path, depth, apply, types);
  else if (isObject(value)) {
    const step = path[depth];
    if (step === undefined) apply(value);
    else if (!step.startsWith(fragment)) at(own(value, step), path, depth + 1, apply, types);
    else if (typeof value.__typename !== 'string' || types.includes(step.slice(fragment.length), value.__typename))
      at(value, path, depth + 1, apply, types);
  }
}

/** The client's names for the keys of an error's path, as far as the output is renamed. */
export function renamed(rewrites: readonly FetchDataRewrite[] | undefined, path: readonly (string | number)[]): (string | number)[] {
  const result = [...path];
  for (const rewrite of rewrites ?? []) {
    if (rewrite.kind !== 'KeyRenamer') continue;
    const wanted = rewrite.path.filter((step) => !step.startsWith(fragment));
    const keys = result.flatMap((step, index) => (typeof step === 'string' ? [index] : []));
    const last = keys[wanted.length - 1];
    if (last !== undefined && wanted.every((step, index) => result[keys[index] ?? -1] === step)) result[last] = rewrite.renameKeyTo;
  }
  return result;
}
