import { z } from 'zod';
import type { PersonalField, StoredEvent } from '../domain-events/event.js';

/** What carries published events between contexts. Two transports fulfil it: the embedded log, and Apache Kafka. */
export interface EventBus {
  /** Resolves when every event is durable. Events of one subject keep the order of the array. After a rejection some may have arrived: send all again. */
  publish(topic: string, events: readonly StoredEvent[]): Promise<void>;
  /**
   * Hands the events of the topics, from the oldest that is kept, to one member of the group, in order per subject, at least once. A throwing
   * handler stops its partition, which is tried again: whoever wants others to flow on parks what fails (`consumer.ts`). What is no event
   * goes to `unreadable`, in its place of the order; without one it is logged and passed over.
   */
  subscribe(group: string, topics: readonly string[], handle: EventHandler, unreadable?: UnreadableHandler): Promise<EventSubscription>;
  /** Hands every event from now on to this subscriber, whoever else hears it. A throwing handler is logged: nothing comes twice. */
  subscribeBroadcast(topics: readonly string[], handle: EventHandler): Promise<EventSubscription>;
  /**
   * Blanks the personal fields of these people in what a topic keeps. A broker that cannot change what it keeps has nothing to do: it keeps an
   * event for 7 days.
   */
  erase(topic: string, subjects: readonly string[], personal: readonly PersonalField[]): Promise<void>;
  /** Of a group that nobody is a member of any more, and nobody will be: its place in all topics. Otherwise it would be behind for ever. */
  forgetGroup(group: string): Promise<void>;
  /** What is known without asking: it costs nothing and never waits. */
  health(): BusHealth;
  close(): Promise<void>;
}

/** Within a second: a longer one keeps its member from saying that it lives. Long work is a job. */
export type EventHandler = (event: StoredEvent) => Promise<void>;
export type UnreadableHandler = (message: UnreadableMessage) => Promise<void>;

/** What arrived and is no event, with all that an operator needs to find and judge it. */
export interface UnreadableMessage {
  /** `topic/partition/offset`. */
  readonly position: string;
  /** One sentence that quotes nothing of the message. */
  readonly reason: string;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** As it came; in base64 where it is not text. */
  readonly body: string;
  readonly encoding: 'text' | 'base64';
}

export interface EventSubscription {
  /** No further event until `resume`; one that is being handled is finished. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/**
 * degraded: it does not carry now, and goes on by itself (events wait in the outbox). down: it will not without another start, so
 * liveness has to fail.
 */
export interface BusHealth {
  readonly state: 'up' | 'degraded' | 'down';
  readonly detail?: string;
}

/** Topic of a context. */
export function topicOf(context: string): string {
  return `storytelling.${context}`;
}

const envelope = z.object({
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
  subject: z.string().min(1).max(255),
  time: z.iso.datetime(),
  version: z.int(),
  sequence: z.int().min(1),
  epoch: z.guid(),
  correlationId: z.string(),
  causationId: z.string().nullable(),
  traceparent: z.string().nullable(),
  actor: z.string(),
  data: z.unknown(),
});

/** The event, or one sentence that says what is missing. Its data is the consumer's to judge: only that knows the published language. */
export function readEnvelope(value: unknown): StoredEvent | string {
  const result = envelope.safeParse(value);
  if (result.success) return result.data;
  const fields = [...new Set(result.error.issues.map(({ path }) => String(path[0] ?? 'everything')))];
  return `It is no event: ${fields.join(', ')} ${fields.length > 1 ? 'are' : 'is'} missing or wrong.`;
}

/** Gathers what is wrong, by what it is wrong with. */
export function healthRecord() {
  const troubles = new Map<string, BusHealth>();
  return {
    report: (what: string, state: 'degraded' | 'down', detail: string) => void troubles.set(what, { state, detail }),
    clear: (what: string) => void troubles.delete(what),
    current(): BusHealth {
      const all = [...troubles.values()];
      return all.find(({ state }) => state === 'down') ?? all[0] ?? { state: 'up' };
    },
  };
}
