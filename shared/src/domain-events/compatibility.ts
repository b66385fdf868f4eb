import { z } from 'zod';
import type { EventDefinition } from './event.js';

/** The part of JSON Schema that zod writes. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly [keyword: string]: unknown;
}

/** What is accepted when an event is read: unknown fields are ignored, fields with a default may be absent. */
export function jsonSchemaOf({ schema }: EventDefinition): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
}

/** They explain; no value is accepted or refused because of them. */
const annotations = new Set(['$schema', 'title', 'description', 'default', 'examples']);
const structure = new Set(['properties', 'required', 'items', 'anyOf']);

/**
 * What in a changed schema breaks somebody, one clause each; empty when nothing does. Within a version only optional fields may be added: events
 * of yesterday are stored without them, and readers of yesterday do not look at them. Everything else has a victim. A narrower value
 * refuses what is stored, a wider one surprises readers that are deployed, a removed field is missed.
 */
export function breakingChanges(before: JsonSchema, after: JsonSchema, at = ''): string[] {
  const name = at || 'the event';
  const { anyOf = [], items, properties = {}, required = [] } = before;
  if (!same(constraints(before), constraints(after)) || anyOf.length !== (after.anyOf ?? []).length || !items !== !after.items)
    return [`${name} was ${brief(before)} and is now ${brief(after)}`];

  const found = anyOf.flatMap((one, index) => breakingChanges(one, after.anyOf?.[index] ?? {}, at));
  if (items && after.items) found.push(...breakingChanges(items, after.items, `${at}[]`));
  for (const [field, schema] of Object.entries(properties)) {
    const path = at ? `${at}.${field}` : field;
    const now = after.properties?.[field];
    const was = required.includes(field);
    const is = after.required?.includes(field) ?? false;
    if (!now) found.push(`${path} was removed`);
    else if (was !== is) found.push(is ? `${path} is now required` : `${path} is no longer always there`);
    else found.push(...breakingChanges(schema, now, path));
  }
  for (const field of after.required ?? []) {
    if (!(field in properties)) found.push(`${at ? `${at}.${field}` : field} is new and required`);
  }
  return found;
}

function constraints(schema: JsonSchema): [string, unknown][] {
  return Object.entries(schema)
    .filter(([keyword]) => !annotations.has(keyword) && !structure.has(keyword))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function brief(schema: JsonSchema): string {
  if (schema.anyOf) return schema.anyOf.map(brief).join(' or ');
  if (schema.items) return `a list of ${brief(schema.items)}`;
  return JSON.stringify(Object.fromEntries(constraints(schema)));
}
