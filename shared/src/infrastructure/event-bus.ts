import type { StoredEvent } from '../domain-events/event.js';

/** What carries published events between contexts. Two transports fulfil it: the embedded log and (later) Apache Kafka. */
export interface EventBus {
  /** Resolves when every event is durable. Events of one subject keep the order of the array. */
  publish(topic: string, events: readonly StoredEvent[]): Promise<void>;
  /**
   * Hands the events of the topics to one member of the group, in order per subject, at least once. A throwing handler stops its
   * partition, which is tried again: whoever wants others to flow on parks what fails (`consumer.ts`).
   */
  subscribe(group: string, topics: readonly string[], handle: (event: StoredEvent) => Promise<void>): Promise<EventSubscription>;
  close(): Promise<void>;
}

export interface EventSubscription {
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/** Topic of a context. */
export function topicOf(context: string): string {
  return `storytelling.${context}`;
}
