import { describe, expect, it } from '@jest/globals';
import type { KafkaMessage } from 'kafkajs';
import { kafkaMessage, receivedMessage } from './kafka-envelope.js';

const event = {
  id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  source: 'story',
  type: 'StoryPublished',
  subject: 'story.Story-1',
  time: '2026-11-22T20:00:00.000Z',
  version: 2,
  sequence: 7,
  epoch: '11111111-1111-4111-8111-111111111111',
  correlationId: 'c-1',
  causationId: null,
  traceparent: null,
  actor: 'user:1',
  data: { title: 'Ünï' },
};

/** As a broker hands it back: bytes, and the numbers that it has given. */
function received({ headers = {}, value, key }: ReturnType<typeof kafkaMessage>) {
  const bytes = Object.entries(headers).map(([name, text]) => [name, Buffer.from(String(text))]);
  return {
    key: key ? Buffer.from(key) : null,
    value: Buffer.from(value),
    headers: Object.fromEntries(bytes),
    timestamp: '0',
    attributes: 0,
    offset: '5',
  } satisfies KafkaMessage;
}

const reasonOf = (message: KafkaMessage) => {
  const result = receivedMessage('t', 3, message);
  return 'unreadable' in result ? result.unreadable.reason : undefined;
};

describe('an event as a Kafka message', () => {
  it('is a CloudEvent in binary mode, with its stream as the key', () => {
    expect(kafkaMessage({ ...event, causationId: 'e-1' })).toEqual({
      key: 'story.Story-1',
      value: '{"title":"Ünï"}',
      headers: {
        'content-type': 'application/json',
        ce_specversion: '1.0',
        ce_id: event.id,
        ce_source: 'story',
        ce_type: 'Story.StoryPublished',
        ce_subject: 'story.Story-1',
        ce_time: event.time,
        ce_dataschema: '2',
        ce_sequence: '7',
        ce_epoch: event.epoch,
        ce_partitionkey: 'story.Story-1',
        ce_correlationid: 'c-1',
        ce_causationid: 'e-1',
        ce_actor: 'user:1',
      },
    });
  });
  it('comes back as it was', () => {
    for (const one of [event, { ...event, causationId: 'e-1', traceparent: '00-1-2-01', data: { text: '\\u0000 \\ud800 😀' } }])
      expect(receivedMessage('t', 3, received(kafkaMessage(one)))).toEqual({ event: one });
  });
  it('that lacks something says what, and is kept whole', () => {
    const { headers, ...rest } = kafkaMessage(event);
    expect(reasonOf(received({ ...rest, headers: {} }))).toMatch(/no CloudEvents 1\.0 headers/);
    expect(reasonOf(received({ ...rest, headers: { ...headers, ce_id: '', ce_sequence: 'x' } }))).toBe(
      'It is no event: id, sequence are missing or wrong.',
    );
    expect(reasonOf(received({ ...rest, headers: { ...headers, ce_type: 'Identity.StoryPublished' } }))).toMatch(
      /type is missing or wrong/,
    );
    expect(receivedMessage('t', 3, received({ ...rest, headers: { from: 'so\0me' }, value: '{' }))).toEqual({
      unreadable: expect.objectContaining({
        position: 't/3/5',
        key: 'story.Story-1',
        headers: { from: 'so\uFFFDme' },
        body: '{',
        encoding: 'text',
      }),
    });
  });
  it('of bytes that are no text is kept in base64', () => {
    expect(receivedMessage('t', 3, { ...received(kafkaMessage(event)), headers: {}, value: Buffer.from([255, 0]) })).toEqual({
      unreadable: expect.objectContaining({ body: '/wA=', encoding: 'base64' }),
    });
  });
  it.each(['\0', '\ud800', 'x\udfff'])('with a character that PostgreSQL does not store is no event', (text) => {
    expect(reasonOf(received(kafkaMessage({ ...event, data: { text } })))).toMatch(/does not store/);
  });
});
