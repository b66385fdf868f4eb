import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import type { StoredEvent } from '../domain-events/event.js';
import { readEnvelope, type UnreadableMessage } from './event-bus.js';

// An event as a Kafka message: CloudEvents 1.0 in binary mode. The envelope is in headers, the data is the value, the stream is the key.

/** `StoryPublished` of `story` is `Story.StoryPublished` outside. */
const prefixOf = (source: string) => `${source.charAt(0).toUpperCase()}${source.slice(1)}.`;

/** Without a timestamp of ours: the broker deletes by it, and an event that is published again may be of last year. */
export function kafkaMessage(event: StoredEvent): Message & { value: string } {
  return {
    key: event.subject,
    value: JSON.stringify(event.data),
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_source: event.source,
      ce_type: prefixOf(event.source) + event.type,
      ce_subject: event.subject,
      ce_time: event.time,
      ce_dataschema: String(event.version),
      ce_sequence: String(event.sequence),
      ce_epoch: event.epoch,
      ce_partitionkey: event.subject,
      ce_correlationid: event.correlationId,
      ...(event.causationId !== null && { ce_causationid: event.causationId }),
      ...(event.traceparent !== null && { ce_traceparent: event.traceparent }),
      ce_actor: event.actor,
    },
  };
}

export type Received = { readonly event: StoredEvent } | { readonly unreadable: UnreadableMessage };

export function receivedMessage(topic: string, partition: number, message: KafkaMessage): Received {
  const headers = textsOf(message.headers);
  const unreadable = (reason: string): Received => ({
    unreadable: {
      position: `${topic}/${partition}/${message.offset}`,
      reason,
      key: message.key ? textOf(message.key) : null,
      headers,
      ...bodyOf(message.value),
    },
  });
  if (headers.ce_specversion !== '1.0') return unreadable('It is no event: it has no CloudEvents 1.0 headers.');
  let data: unknown;
  try {
    data = JSON.parse(message.value?.toString() ?? '');
  } catch {
    return unreadable('It is no event: its value is not JSON.');
  }
  const { ce_source: source = '', ce_type: type = '' } = headers;
  const event = readEnvelope({
    id: headers.ce_id,
    source,
    type: type.startsWith(prefixOf(source)) ? type.slice(prefixOf(source).length) : undefined,
    subject: headers.ce_subject,
    time: headers.ce_time,
    version: Number(headers.ce_dataschema),
    sequence: Number(headers.ce_sequence),
    epoch: headers.ce_epoch,
    correlationId: headers.ce_correlationid,
    causationId: headers.ce_causationid ?? null,
    traceparent: headers.ce_traceparent ?? null,
    actor: headers.ce_actor,
    data,
  });
  if (typeof event === 'string') return unreadable(event);
  return isStorable(event)
    ? { event }
    : unreadable('It is no event: it holds characters that PostgreSQL does not store (NUL, lone surrogates).');
}

/** Whoever cannot handle an event parks it as jsonb, and that must not fail: it would be tried for ever. */
function isStorable(event: StoredEvent): boolean {
  // What JSON.stringify escapes by number is a control character or a lone surrogate.
  return !/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f]..)/.test(JSON.stringify(event));
}

function textsOf(headers: IHeaders = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined ? [] : [[name, textOf(first)]];
    }),
  );
}

const textOf = (bytes: Buffer | string) => bytes.toString().replaceAll('\0', '\uFFFD');

function bodyOf(value: Buffer | null): Pick<UnreadableMessage, 'body' | 'encoding'> {
  const bytes = value ?? Buffer.alloc(0);
  // PostgreSQL's jsonb takes no NUL.
  const isText = Buffer.from(bytes.toString()).equals(bytes) && !bytes.includes(0);
  return isText ? { body: bytes.toString(), encoding: 'text' } : { body: bytes.toString('base64'), encoding: 'base64' };
}
