import type { z } from 'zod';

/**
 * One event of the published language: an immutable fact in the past tense.
 * `reach` published: sent to other contexts through the outbox. internal: stays in its context's event_store, feeding history and live fields.
 * `personal` names the fields that hold personal data and the field (or stream) that says whose they are; null in such a field means erased.
 */
export interface EventDefinition<Name extends string = string, Schema extends z.ZodType = z.ZodType> {
  (data: z.input<Schema>): { readonly type: Name; readonly data: z.output<Schema> };
  readonly type: Name;
  readonly context: string;
  readonly version: number;
  readonly reach: 'published' | 'internal';
  readonly schema: Schema;
  readonly personal: Readonly<Record<string, string>>;
}

export type EventOf<Definition> =
  Definition extends EventDefinition<infer Name, infer Schema> ? { readonly type: Name; readonly data: z.output<Schema> } : never;

export interface DomainEvent {
  readonly type: string;
  readonly data: unknown;
}

export function defineEvent<const Name extends string, Schema extends z.ZodType>(definition: {
  type: Name;
  context: string;
  version: number;
  reach: 'published' | 'internal';
  schema: Schema;
  personal?: Readonly<Record<string, string>>;
}): EventDefinition<Name, Schema> {
  const create = (data: z.input<Schema>) => ({ type: definition.type, data: definition.schema.parse(data) });
  return Object.assign(create, { personal: {}, ...definition });
}

/** A stream is one aggregate's history; its id is `<context>.<Type>-<id>`. */
export interface Stream {
  readonly id: string;
  readonly type: string;
}

export function stream(context: string, type: string, id: string): Stream {
  return { id: `${context}.${type}-${id}`, type };
}

/** An event as its context stored it, with everything the envelope carries (CloudEvents 1.0 plus our extensions). */
export interface StoredEvent {
  /** UUID of this fact; the same however often it is delivered. */
  readonly id: string;
  /** The context that published it. */
  readonly source: string;
  /** Event name without its context, e.g. `StoryPublished`. */
  readonly type: string;
  /** Stream id: `<context>.<Aggregate>-<id>`. */
  readonly subject: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Version of the event's schema. */
  readonly version: number;
  /** event_version within the stream: 1, 2, 3 …; internal events leave holes for outside readers. */
  readonly sequence: number;
  /** Random value of the database; a restored backup gets a new one. */
  readonly epoch: string;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly traceparent: string | null;
  readonly actor: string;
  readonly data: unknown;
}

export type EventCatalog = Readonly<Record<string, EventDefinition>>;

/** Events of one context by name. */
export function catalogOf(...definitions: readonly EventDefinition[]): EventCatalog {
  return Object.fromEntries(definitions.map((definition) => [definition.type, definition]));
}
