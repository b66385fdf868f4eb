import { randomUUID } from 'node:crypto';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import kafkajs, { type Message } from 'kafkajs';
import { pino } from 'pino';
import { kafkaCanRun } from '../../tools/kafka/for-tests.mjs';
import { startKafka } from '../../tools/kafka/broker.mjs';
import type { StoredEvent } from '../src/domain-events/event.js';
import { startConsumer } from '../src/infrastructure/consumer.js';
import { type EventBus, topicOf } from '../src/infrastructure/event-bus.js';
import type { SqlTransaction } from '../src/infrastructure/event-store.js';
import { SettingError } from '../src/infrastructure/environment.js';
import { groupLags } from '../src/infrastructure/group-lag.js';
import { openKafkaBus } from '../src/infrastructure/kafka-bus.js';
import { kafkaMessage } from '../src/infrastructure/kafka-envelope.js';
import { kafkaSettings } from '../src/infrastructure/kafka-settings.js';
import { createLogger, type Logger } from '../src/infrastructure/logger.js';
import { startRelay } from '../src/infrastructure/relay.js';
import { backboneDatabases, counting, storedEvents, subjectOf, until } from './backbone-database.js';
import { eventBusContract } from './event-bus.contract.js';

// The broker's jars are fetched the first time; and a broker that was killed needs its time to come back, the more so on a busy machine.
jest.setTimeout(180_000);

const log = createLogger('test', process.env.TEST_LOG_LEVEL ?? 'silent');
/** A broker that somebody else runs takes the contract, too; only one of our own can be killed. */
const given = process.env.EVENT_BUS_URL?.startsWith('kafka:') ? process.env.EVENT_BUS_URL : undefined;
const canRun = kafkaCanRunUnless(given);

function kafkaCanRunUnless(url: string | undefined): boolean {
  return kafkaCanRun() || url !== undefined;
}

interface Opened {
  topics?: string[];
  partitions?: number;
  requestTimeout?: number;
  account?: { username: string; password: string };
  log?: Logger;
}

const open = (url: string, more: Opened = {}) =>
  openKafkaBus({
    settings: kafkaSettings({
      ...process.env,
      ...(more.account && { KAFKA_USERNAME: more.account.username, KAFKA_PASSWORD: more.account.password }),
      EVENT_BUS_URL: url,
      KAFKA_PARTITIONS: more.partitions ?? 4,
      KAFKA_REPLICATION: undefined,
    }),
    clientId: 'test',
    topics: more.topics ?? [],
    log: more.log ?? log,
    ...(more.requestTimeout !== undefined && { requestTimeout: more.requestTimeout }),
  });

/** What anybody may send who can reach the broker. */
async function sendRaw(url: string, topic: string, messages: Message[]): Promise<void> {
  const { brokers } = kafkaSettings({ EVENT_BUS_URL: url, KAFKA_PARTITIONS: 4 });
  const { Kafka, Partitioners, logLevel } = kafkajs;
  const producer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).producer({
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  await producer.send({ topic, messages });
  await producer.disconnect();
}

(canRun ? describe : describe.skip)('Apache Kafka', () => {
  let kafka: Awaited<ReturnType<typeof startKafka>>;
  const account = { username: 'story', password: 'a fox in the box' };
  beforeAll(async () => {
    // Topics take messages of 4 MB here, so that one of 2 MB gets as far as the consumer.
    kafka = await startKafka({ account, settings: { 'message.max.bytes': 4 * 1024 * 1024 } });
  });
  afterAll(() => kafka.stop());

  eventBusContract('Apache Kafka', async () => ({
    openBus: () => open(given ?? kafka.url),
    publishRubbish: (topic, subject) => sendRaw(given ?? kafka.url, topic, [{ key: subject, value: 'rubbish' }]),
    close: async () => undefined,
  }));

  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

  describe('topics', () => {
    it('are made as the settings say; one that is otherwise is refused in a sentence', async () => {
      const topic = `made-${randomUUID()}`;
      await (await open(kafka.url, { topics: [topic], partitions: 3 })).close();
      await (await open(kafka.url, { topics: [topic], partitions: 3 })).close();
      await expect(open(kafka.url, { topics: [topic], partitions: 5 })).rejects.toThrow(
        new RegExp(`^The topic ${topic} has 3 partitions, not 5: set KAFKA_PARTITIONS to 3;`),
      );
      const admin = new kafkajs.Kafka({ brokers: [kafka.url.slice('kafka://'.length)], logLevel: kafkajs.logLevel.NOTHING }).admin();
      await admin.connect();
      const configEntries = [{ name: 'retention.ms', value: '1000000' }];
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }],
      });
      await admin.disconnect();
      await expect(open(kafka.url, { topics: [topic], partitions: 3 })).rejects.toThrow(/keeps events for 1000000 ms, not 7 days/);
      const other = await open(kafka.url, { partitions: 5 });
      await expect(other.subscribe('refused', [topic], async () => undefined)).rejects.toThrow(/has 3 partitions/);
      await other.close();
    });
  });

  describe('that asks for a password, and shows a certificate', () => {
    const usual = tls.getCACertificates('default');
    const trust = () => tls.setDefaultCACertificates([...usual, kafka.guarded?.certificate ?? '']);
    afterAll(() => tls.setDefaultCACertificates(usual));
    const at = (listener: 'tls' | 'sasl', query: string) => `${kafka.guarded?.[listener]}?${query}`;

    const refusalOf = (url: string, as: typeof account) =>
      open(url, { account: as, topics: ['any'] }).then(
        (bus) => bus.close(),
        (error: unknown) => error,
      );

    it('is no place to go without trusting its certificate', async () => {
      const refusal = await refusalOf(at('tls', 'ssl=true&sasl=plain'), account);
      expect(refusal).toBeInstanceOf(SettingError);
      expect(String(refusal)).toMatch(/^SettingError: The setting NODE_EXTRA_CA_CERTS is missing or wrong: [^.]*\.$/);
    });

    it.each([
      ['tls', 'ssl=true&sasl=plain'],
      ['tls', 'ssl=true&sasl=scram-sha-512'],
      ['sasl', 'sasl=scram-sha-512'],
    ] as const)('carries events by %s, %s', async (listener, query) => {
      trust();
      const topic = `guarded-${randomUUID()}`;
      const bus = await open(at(listener, query), { account, topics: [topic] });
      const heard: number[] = [];
      const subscription = await bus.subscribe(topic, [topic], async ({ sequence }) => void heard.push(sequence));
      await bus.publish(topic, storedEvents(subjectOf('guarded'), upTo(3)));
      await until(() => heard.length === 3);
      expect(bus.health()).toEqual({ state: 'up' });
      await subscription.close();
      await bus.close();
    });

    const stranger = { ...account, password: 'a box in the fox' };
    it.each([
      ['a wrong password', 'tls', 'ssl=true&sasl=plain', stranger, /^The setting KAFKA_USERNAME or KAFKA_PASSWORD is wrong: /],
      ['a wrong password', 'sasl', 'sasl=scram-sha-512', stranger, /^The setting KAFKA_USERNAME or KAFKA_PASSWORD is wrong: /],
      ['an unknown name', 'sasl', 'sasl=scram-sha-512', { ...account, username: 'me' }, /^The setting KAFKA_USERNAME or KAFKA_PASSWORD/],
      ['a mechanism it does not know', 'sasl', 'sasl=scram-sha-256', account, /^The setting EVENT_BUS_URL is wrong: .* mechanism/],
      ['another host name', 'tls', 'ssl=true&sasl=plain', account, /^The setting EVENT_BUS_URL is wrong: .* other host names\.$/],
      [
        'a password that nobody asked for',
        undefined,
        'sasl=scram-sha-512',
        account,
        /^The setting EVENT_BUS_URL is wrong: .* leave out sasl\.$/,
      ],
    ] as const)('refuses %s (%s, %s) in one sentence, and quotes no secret', async (what, listener, query, as, sentence) => {
      trust();
      const url = listener ? at(listener, query) : `${kafka.url}?${query}`;
      const asked = what === 'another host name' ? url.replace('localhost', '127.0.0.1') : url;
      const refusal = await refusalOf(asked, as);
      expect(refusal).toBeInstanceOf(SettingError);
      expect(String(refusal)).not.toMatch(/fox|\. [A-Z]|127\.0\.0\.1/);
      expect((refusal as SettingError).message).toMatch(sentence);
      await expect(
        groupLags({ EVENT_BUS_URL: asked, KAFKA_PARTITIONS: 4, KAFKA_USERNAME: as.username, KAFKA_PASSWORD: as.password }, '').read(),
      ).rejects.toThrow(sentence);
    });
  });

  describe('a consumer', () => {
    let databases: Awaited<ReturnType<typeof backboneDatabases>>;
    let bus: EventBus;
    beforeAll(async () => {
      databases = await backboneDatabases();
      await databases.pool.query('CREATE TABLE effect (subject text, n int)');
      bus = await open(kafka.url, { topics: [topicOf('story')] });
    });
    afterAll(async () => {
      await bus.close();
      await databases.close();
    });

    it('parks what it cannot read, each for itself and once, and flows on', async () => {
      const { client, pool } = databases;
      const reactions = {
        Counted: async (event: StoredEvent, tx: SqlTransaction) => {
          await tx.$executeRawUnsafe('INSERT INTO effect VALUES ($1, $2)', event.subject, (event.data as { n: number }).n);
        },
      };
      const consumer = await startConsumer({ consumer: 'reader', catalog: counting, reactions, client, bus, log });
      const key = subjectOf('good');
      const made = (name: string, more: Partial<StoredEvent> = {}) => {
        const [event] = storedEvents(subjectOf(name), [1]) as [StoredEvent];
        return kafkaMessage({ ...event, ...more });
      };
      await bus.publish(topicOf('story'), storedEvents(key, [1]));
      await sendRaw(kafka.url, topicOf('story'), [
        { key: 'other', value: '{"n":1}' },
        { key: null, value: null },
        { key: 'large', value: 'x'.repeat(2 * 1024 * 1024) },
        { key: 'binary', value: Buffer.from([0, 255, 1]), headers: { ce_specversion: '1.0' } },
        { ...made('text'), value: 'not JSON' },
        made('nul', { data: { n: '\0' } }),
        made('unheard', { type: 'NeverHeardOf' }),
        made('newer', { version: 7 }),
      ]);
      await bus.publish(topicOf('story'), storedEvents(key, upTo(5).slice(1)));
      const parked = async () =>
        (
          await pool.query<{ event: { body?: string }; error: string }>(
            `SELECT event, error FROM backbone.parked WHERE consumer = 'reader'`,
          )
        ).rows;
      await until(async () => (await pool.query('SELECT 1 FROM effect WHERE subject = $1', [key])).rowCount === 5);
      await until(async () => (await parked()).length === 7);
      const errors = (await parked()).map(({ error }) => error);
      const count = (pattern: RegExp) => errors.filter((error) => pattern.test(error)).length;
      expect([count(/no CloudEvents 1.0 headers/), count(/value is not JSON/), count(/does not store/), count(/version 7/)]).toEqual([
        3, 2, 1, 1,
      ]);
      expect(errors).toHaveLength(7);
      await consumer.close();
    });

    it('misses nothing when the broker is killed under load; commands go on, and events wait in the outbox', async () => {
      const { url, count, pool } = databases;
      const said: string[] = [];
      const witness = pino({ level: 'warn' }, { write: (line: string) => void said.push((JSON.parse(line) as { msg: string }).msg) });
      const relay = startRelay({ databaseUrl: url, context: 'story', bus, log: witness });
      const subjects = upTo(10).map((n) => subjectOf(`load-${n}`));
      const heard = new Map<string, number[]>(subjects.map((subject) => [subject, []]));
      const subscription = await bus.subscribe(
        'load',
        [topicOf('story')],
        async ({ subject, sequence }) => void heard.get(subject)?.push(sequence),
      );
      const commands = async (times: number) => {
        for (let n = 0; n < times; n += 1) await Promise.all(subjects.map((subject) => count(subject, [n, n], relay.nudge)));
      };
      await commands(10);
      const during = commands(20);
      await kafka.kill();
      await during;
      await commands(5);
      await until(() => bus.health().state === 'degraded');
      expect((await pool.query('SELECT 1 FROM backbone.outbox')).rowCount).toBeGreaterThan(0);
      // A service that is started now starts, and is well as soon as the broker is.
      const late = await open(kafka.url, { topics: [topicOf('story')], log: witness });
      expect(late.health()).toEqual({ state: 'degraded', detail: 'The brokers cannot be reached. Events wait in the outbox.' });
      await kafka.restart();
      await until(async () => (await pool.query('SELECT 1 FROM backbone.outbox')).rowCount === 0, 60_000);
      await until(() => [...heard.values()].every((numbers) => numbers.includes(70)), 60_000);
      for (const numbers of heard.values()) {
        // What was sent twice is behind the version that was reached, so a consumer passes over it.
        const applied = numbers.filter((n, index) => n > Math.max(0, ...numbers.slice(0, index)));
        expect(applied).toEqual(upTo(70));
      }
      await until(() => bus.health().state === 'up' && late.health().state === 'up', 60_000);
      // However often each has tried.
      expect(said).toEqual([
        'the event bus does not take events; they wait in the outbox, and are sent when it does',
        'the brokers cannot be reached; events wait in the outbox',
      ]);
      await relay.stop();
      await subscription.close();
      await late.close();
    });
  });

  it('does not take another batch for a repetition of one that failed', async () => {
    const topic = `frozen-${randomUUID()}`;
    const patient = await open(kafka.url, { topics: [topic] });
    const heard: number[] = [];
    const subscription = await patient.subscribe('frozen', [topic], async ({ sequence }) => void heard.push(sequence));
    const bus = await open(kafka.url, { requestTimeout: 600 });
    // On a busy machine 600 ms may be too short for an honest answer, too: then again, as the relay does.
    const publish = (n: number) =>
      until(() =>
        bus.publish(topic, storedEvents(subjectOf('f'), [n])).then(
          () => true,
          () => false,
        ),
      );
    await publish(1);
    kafka.freeze();
    // The broker has these in its socket and appends them when it wakes; nobody tells the producer.
    await expect(bus.publish(topic, storedEvents(subjectOf('f'), [2]))).rejects.toThrow();
    kafka.thaw();
    await until(() => heard.includes(2));
    await publish(3);
    await until(() => heard.includes(3));
    await subscription.close();
    await bus.close();
    await patient.close();
  });

  it('whose consumer ends for good makes the bus say that it is down', async () => {
    const bus = await open(kafka.url);
    await kafka.restart({ 'group.max.session.timeout.ms': 20_000 });
    await bus.subscribe('crashing', [`crashes-${randomUUID()}`], async () => undefined);
    await until(() => bus.health().state === 'down', 60_000);
    expect(bus.health().detail).toBe('The subscription of crashing ended for good; this process has to start again.');
    await bus.close();
  });
});
