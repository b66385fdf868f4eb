// What kafkajs does by itself with the same messages: one idempotent producer, batches of 500 awaited one after the other, one consumer that counts.
import { randomUUID } from 'node:crypto';
import { kafkaMessage } from '@storytelling/shared/infrastructure/kafka-envelope';
import kafkajs from 'kafkajs';
import { streamOf, text, until } from './context.mjs';

export async function bareKafkajs(kafkaUrl, { events, streams }) {
  const topic = `bare-${randomUUID()}`;
  const { Kafka, Partitioners, logLevel } = kafkajs;
  const kafka = new Kafka({ brokers: [new URL(kafkaUrl).host], logLevel: logLevel.ERROR });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 4, replicationFactor: 1 }] });
  await admin.disconnect();
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: Partitioners.DefaultPartitioner });
  const consumer = kafka.consumer({ groupId: topic });
  await Promise.all([producer.connect(), consumer.connect()]);
  let heard = 0;
  let joined = false;
  consumer.on(consumer.events.GROUP_JOIN, () => {
    joined = true;
  });
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch }) => {
      for (const { value } of batch.messages) {
        JSON.parse(value);
        heard += 1;
      }
    },
  });
  await until(() => joined);
  const epoch = randomUUID();
  const messages = Array.from({ length: events }, (_, n) =>
    kafkaMessage({
      id: randomUUID(),
      source: 'story',
      type: 'Measured',
      subject: streamOf(n % streams),
      time: new Date().toISOString(),
      version: 1,
      sequence: Math.floor(n / streams) + 1,
      epoch,
      correlationId: epoch,
      causationId: null,
      traceparent: null,
      actor: 'service',
      data: { n, text },
    }),
  );
  const began = performance.now();
  for (let n = 0; n < events; n += 500) await producer.send({ topic, acks: -1, messages: messages.slice(n, n + 500) });
  await until(() => heard >= events);
  const seconds = (performance.now() - began) / 1000;
  await consumer.disconnect();
  await producer.disconnect();
  return events / seconds;
}
