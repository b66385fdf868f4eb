import { readFileSync } from 'node:fs';

/**
 * The order of test files: what takes longest begins first, so that the last worker does not run on alone. How long that is a file says itself,
 * by the limit that it asks for with jest.setTimeout; among the others the larger one is first. Jest’s own order knows the sizes only where
 * nothing ran before, as in CI: the scenario that waits most is one of the shortest to read.
 */
export default class LongestFirst {
  sort(tests) {
    const read = new Map(tests.map((test) => [test, readFileSync(test.path, 'utf8')]));
    const limit = (test) => {
      const [, asked = ''] = /jest\.setTimeout\(([^)]*)\)/.exec(read.get(test)) ?? [];
      return Math.max(0, ...Array.from(asked.matchAll(/\d[\d_]*/g), ([number]) => Number(number.replaceAll('_', ''))));
    };
    const keys = new Map(tests.map((test) => [test, { limit: limit(test), size: read.get(test).length }]));
    return [...tests].sort((a, b) => keys.get(b).limit - keys.get(a).limit || keys.get(b).size - keys.get(a).size);
  }

  /** Asked for by Jest; the order needs no memory. */
  cacheResults() {}
}
