import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { breakingChanges, type JsonSchema, jsonSchemaOf } from '../src/domain-events/compatibility.js';
import { type EventCatalog, type EventDefinition, readData } from '../src/domain-events/event.js';

/** One per version of an event that was ever shipped: its schema as it was then, and what such events look like. */
interface Golden {
  readonly event: string;
  readonly version: number;
  readonly examples: readonly unknown[];
  readonly schema: JsonSchema;
}

const folder = join(import.meta.dirname, 'golden');
const golden = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Golden);
const definitions = await everyDefinition();
const shippedAs = ({ type }: EventDefinition, version: number) => golden.find((one) => one.event === type && one.version === version);

describe('the published language', () => {
  it.each(definitions.map((definition) => [definition.type, definition] as const))(
    '%s has a golden file of every version, and did not break since',
    (type, definition) => {
      for (let version = 1; version <= definition.version; version += 1) {
        if (!shippedAs(definition, version))
          throw new Error(`shared/tests/golden/${type}.v${version}.json is missing: run npm run schema and give it examples.`);
      }
      const broken = breakingChanges(shippedAs(definition, definition.version)?.schema ?? {}, jsonSchemaOf(definition));
      if (broken.length > 0)
        throw new Error(
          `${type} version ${definition.version} was shipped and may not change: ${broken.join('; ')}. Give it a new version.`,
        );
    },
  );

  it.each(golden.map((one) => [`${one.event} of version ${one.version}`, one] as const))(
    '%s is still read',
    (_, { event, version, examples }) => {
      const definition = definitions.find(({ type }) => type === event);
      if (!definition) throw new Error(`${event} was shipped, so it is stored somewhere: its definition has to stay.`);
      if (examples.length === 0) throw new Error(`shared/tests/golden/${event}.v${version}.json has no example: add at least one.`);
      for (const data of examples) expect(readData(definition, { version, data })).toBeDefined();
    },
  );

  it.each(
    definitions.filter(({ personal }) => Object.keys(personal).length > 0).map((definition) => [definition.type, definition] as const),
  )('%s can be read when its personal data is erased', (_, definition) => {
    const [example] = shippedAs(definition, definition.version)?.examples ?? [];
    const erased = structuredClone(example) as Record<string, unknown>;
    for (const path of Object.keys(definition.personal)) erase(erased, path.split('.'));
    expect(readData(definition, { version: definition.version, data: erased })).toEqual(erased);
  });
});

function erase(at: unknown, [step = '', ...rest]: string[]): void {
  if (step === '*') for (const item of at as unknown[]) erase(item, rest);
  else if (rest.length > 0) erase((at as Record<string, unknown>)[step], rest);
  else (at as Record<string, unknown>)[step] = null;
}

/** By looking, so that the language of a new context cannot be left out. */
async function everyDefinition(): Promise<EventDefinition[]> {
  const files = readdirSync(join(import.meta.dirname, '../src/domain-events')).filter((name) => !name.endsWith('.spec.ts'));
  const modules = await Promise.all(
    files.map((name) => import(`../src/domain-events/${name.replace('.ts', '.js')}`) as Promise<Record<string, EventCatalog>>),
  );
  return modules.flatMap((exported) =>
    Object.entries(exported).flatMap(([name, catalog]) => (name.endsWith('Events') ? Object.values(catalog) : [])),
  );
}
