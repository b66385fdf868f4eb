import type { z } from 'zod';

/** Makes the data of one version into that of the next. Pure, and it never fails: whatever was stored must stay readable. */
type Upcast = (old: Record<string, unknown>) => Record<string, unknown>;

/**
 * One event of the published language: an immutable fact in the past tense.
 * `meaning` is its one sentence in docs/events.md.
 * `reach` published: sent to other contexts through the outbox. internal: stays in its context's event_store, feeding history and live fields.
 * `personal` names the fields that hold personal data and the field (or 'stream': its id) that says whose they are; null in such a field means
 * erased. Fields that only earlier versions had stay in it: erasing works on what is stored. `*` is every item of a list.
 * `upcast` says for each earlier version how it is read as the next one.
 * `writtenAs` keeps an earlier version being written for one release, in which consumers learn to read the new one: see docs/evolving-events.md.
 */
export interface EventDefinition<Name extends string = string, Schema extends z.ZodType = z.ZodType> {
  (data: z.input<Schema>): { readonly type: Name; readonly data: z.output<Schema> };
  readonly type: Name;
  readonly context: string;
  readonly version: number;
  readonly reach: 'published' | 'internal';
  readonly meaning: string;
  readonly schema: Schema;
  readonly personal: Readonly<Record<string, string>>;
  readonly upcast: Readonly<Record<number, Upcast>>;
  readonly writtenAs?: WrittenAs<Schema> | undefined;
}

interface WrittenAs<Schema extends z.ZodType> {
  readonly version: number;
  // A method, so that a catalog can hold definitions of any schema.
  downcast(data: z.output<Schema>): Record<string, unknown>;
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
  meaning: string;
  schema: Schema;
  personal?: Readonly<Record<string, string>>;
  upcast?: Readonly<Record<number, Upcast>>;
  writtenAs?: WrittenAs<Schema> | undefined;
}): EventDefinition<Name, Schema> {
  const { type, version, upcast = {} } = definition;
  for (let earlier = 1; earlier < version; earlier += 1) {
    if (!upcast[earlier]) throw new Error(`${type} is of version ${version}: say in upcast how its version ${earlier} is read.`);
  }
  const create = (data: z.input<Schema>) => ({ type, data: definition.schema.parse(data) });
  return Object.assign(create, { personal: {}, upcast, ...definition });
}

/** An event that this release does not know how to read. Its message names no value and can be shown to operators. */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent';
}

/** The data of a received or stored event, whatever version it was written in, in today's shape. */
export function readData<Schema extends z.ZodType>(
  { type, version: known, schema, upcast }: EventDefinition<string, Schema>,
  event: Pick<StoredEvent, 'version' | 'data'>,
): z.output<Schema> {
  if (!Number.isInteger(event.version) || event.version < 1)
    throw new UnreadableEvent(`${type} says no version of its schema: ${known} is the newest here.`);
  if (event.version > known)
    throw new UnreadableEvent(
      `${type} is of version ${event.version}, and ${known} is the newest here: deploy this consumer before its producer.`,
    );
  let data = event.data;
  for (let version = event.version; version < known; version += 1) {
    data = upcast[version]?.(data as Record<string, unknown>);
  }
  return schema.parse(data);
}

/** What is stored of a new event, and in which version. Throws when it does not fit its schema, or could not be read again. */
export function dataToWrite(definition: EventDefinition, data: unknown): Pick<StoredEvent, 'version' | 'data'> {
  const { schema, version, writtenAs } = definition;
  const valid = schema.parse(data);
  if (!writtenAs) return { version, data: valid };
  const written = { version: writtenAs.version, data: writtenAs.downcast(valid) };
  readData(definition, written);
  return written;
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

/** Where an event type holds personal data, and the field of its data (or 'stream') that says whose it is. */
export interface PersonalField {
  readonly type: string;
  readonly path: readonly string[];
  readonly owner: string;
}

/** What `personal` of the definitions says, field by field. */
export function personalFields(catalog: EventCatalog): PersonalField[] {
  return Object.values(catalog).flatMap(({ type, personal }) =>
    Object.entries(personal).map(([field, owner]) => ({ type, path: field.split('.'), owner })),
  );
}

/** Whom the personal data of an event is about, by the ids that its declaration names. */
export function subjectsOf({ personal }: EventDefinition, streamId: string, data: unknown): string[] {
  const owners = Object.values(personal).map((owner) =>
    owner === 'stream' ? streamId.slice(streamId.indexOf('-') + 1) : (data as Record<string, unknown>)[owner],
  );
  return owners.filter((owner) => typeof owner === 'string');
}

/** Events of one context by name. */
export function catalogOf(...definitions: readonly EventDefinition[]): EventCatalog {
  return Object.fromEntries(definitions.map((definition) => [definition.type, definition]));
}
