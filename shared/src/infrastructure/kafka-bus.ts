import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin, type Consumer, type EachBatchPayload, type Message, type Producer } from 'kafkajs';
import type { StoredEvent } from '../domain-events/event.js';
import { SettingError } from './environment.js';
import { type EventBus, type EventHandler, type EventSubscription, healthRecord, type UnreadableHandler } from './event-bus.js';
import { connectionOptions, isSignInFailure, settingAtFault } from './kafka-connection.js';
import { kafkaMessage, receivedMessage } from './kafka-envelope.js';
import './kafka-idle-timer.js';
import { leaveGroup } from './kafka-leave.js';
import type { KafkaSettings } from './kafka-settings.js';
import type { Logger } from './logger.js';

/** Erasure counts on it: a topic forgets by itself. */
const retentionMs = 7 * 24 * 60 * 60 * 1_000;
/** Kafka limits the batch, not the record: 1 MB unless its operator says otherwise. */
const maxBatchBytes = 512 * 1024;
/** How long a fetch waits for events: also what a resumed partition waits for its turn, and a close for its end. */
const fetchWait = 1_000;
const slowestRetry = 5_000;
const retryFailedAfter = 1_000;

/**
 * The event bus on Apache Kafka, by kafkajs (docs/decisions/kafkajs.md says why and which of its traps are avoided here). Brokers that
 * cannot be reached keep nobody from starting: publishing rejects, health says degraded, subscriptions begin when they can. Brokers that
 * refuse us, and topics that are not as the settings say, are a SettingError here; later, health says down.
 */
export async function openKafkaBus({
  settings,
  clientId,
  topics: ownTopics,
  log,
  requestTimeout = 30_000,
}: {
  settings: KafkaSettings;
  /** Shown in the brokers' logs; begins the names of broadcast groups. */
  clientId: string;
  /** Made, or found to be right, before this resolves. Others are when they are first used. */
  topics: readonly string[];
  log: Logger;
  requestTimeout?: number;
}): Promise<EventBus> {
  const health = healthRecord();
  const stopping = new AbortController();
  const subscriptions = new Set<EventSubscription>();

  /** One per consumer: kafkajs shares committed offsets between all clients of an instance, also those of two members of one group. */
  const kafka = (name = clientId) =>
    new kafkajs.Kafka({
      clientId: name,
      ...connectionOptions(settings),
      connectionTimeout: 5_000,
      requestTimeout,
      // Short: whoever calls tries again and says so, which kafkajs would not for minutes.
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000, multiplier: 2, factor: 0.2 },
      // What matters is logged here, once; kafkajs reports each attempt as an error.
      logLevel: kafkajs.logLevel.WARN,
      logCreator:
        () =>
        ({ namespace, log: { message } }) =>
          log.debug({ kafkajs: namespace }, message),
    });

  /** An outage is told once, however often we try; what a person has to put right is, too. */
  function tellOnce() {
    let told: string | undefined;
    return {
      trouble(error: unknown, consequence: string, more: object = {}) {
        const what = error instanceof SettingError ? error.message : consequence;
        if (what === told) return;
        told = what;
        if (error instanceof SettingError) log.error(more, what);
        else log.warn({ err: error, ...more }, what);
      },
      /** Whether there was one. */
      over() {
        const had = told !== undefined;
        told = undefined;
        return had;
      },
    };
  }

  // ── Topics ──

  const rightTopics = new Set<string>();

  async function ensureTopics(topics: readonly string[]): Promise<void> {
    const unknown = topics.filter((topic) => !rightTopics.has(topic));
    if (unknown.length === 0) return;
    await withAdmin(async (admin) => {
      const existing = await admin.listTopics();
      for (const topic of unknown.filter((name) => !existing.includes(name))) await createTopic(admin, topic);
      const { topics: found } = await admin.fetchTopicMetadata({ topics: [...unknown] });
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: unknown.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: ['retention.ms'] })),
      });
      for (const { name, partitions } of found) {
        const retention = Number(
          resources.find(({ resourceName }) => resourceName === name)?.configEntries.find(({ configName }) => configName === 'retention.ms')
            ?.configValue,
        );
        const replicas = partitions[0]?.replicas.length;
        if (partitions.length !== settings.partitions)
          throw new SettingError(
            `The topic ${name} has ${partitions.length} partitions, not ${settings.partitions}: set KAFKA_PARTITIONS to ${partitions.length}; adding partitions would break the order of events.`,
          );
        if (settings.replication !== undefined && replicas !== settings.replication)
          throw new SettingError(
            `The topic ${name} is replicated ${replicas} times, not ${settings.replication}: reassign it, or set KAFKA_REPLICATION to ${replicas}.`,
          );
        if (retention !== retentionMs)
          throw new SettingError(
            `The topic ${name} keeps events for ${retention} ms, not 7 days: set its retention.ms to ${retentionMs}, since erasure counts on it.`,
          );
        rightTopics.add(name);
      }
    });
  }

  /** Resolves also when another service of the fleet made it at the same time. */
  async function createTopic(admin: Admin, topic: string): Promise<void> {
    const { partitions, replication } = settings;
    const isNew = await admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic,
          numPartitions: partitions,
          replicationFactor: replication ?? -1,
          configEntries: [
            { name: 'retention.ms', value: String(retentionMs) },
            { name: 'cleanup.policy', value: 'delete' },
            // An acknowledged event is on two machines at least, and one may be down.
            ...(replication !== undefined && replication > 2 ? [{ name: 'min.insync.replicas', value: '2' }] : []),
          ],
        },
      ],
    });
    if (isNew) log.info({ topic, partitions }, 'topic made');
  }

  async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = kafka().admin();
    try {
      await admin.connect();
      return await work(admin);
    } catch (error) {
      throw settingAtFault(error) ?? error;
    } finally {
      void admin.disconnect().catch(() => undefined);
    }
  }

  // ── Publishing ──

  let producer: Promise<Producer> | undefined;
  /** One batch at a time, so that one that fails has no other behind it. */
  let lastPublished: Promise<void> = Promise.resolve();

  async function connectProducer(): Promise<Producer> {
    const made = kafka().producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await made.connect();
    return made;
  }

  async function publish(topic: string, events: readonly StoredEvent[]): Promise<void> {
    try {
      await ensureTopics([topic]);
      for (const messages of batchesOf(events)) {
        producer ??= connectProducer();
        await (await producer).send({ topic, messages, acks: -1 });
      }
      health.clear('publishing');
    } catch (error) {
      // kafkajs takes the sequence numbers of a failed batch back, but the broker may have appended it: it would take another batch of the same
      // length for a repetition, acknowledge it and drop it. A new producer has a new id, under which nothing was sent.
      discardProducer();
      if (!stopping.signal.aborted) health.report('publishing', ...unreachable(error, 'Events wait in the outbox'));
      throw error;
    }
  }

  function discardProducer(): void {
    const discarded = producer;
    producer = undefined;
    void discarded?.then((made) => made.disconnect()).catch(() => undefined);
  }

  // ── Subscribing ──

  async function follow(
    name: string,
    groupId: string,
    topics: readonly string[],
    /** Where a broadcast is, by topic and partition: kept here, since a group of its own would be forgotten by nobody. */
    positions: Map<string, string> | undefined,
    handle: EventHandler,
    unreadable: UnreadableHandler,
  ): Promise<EventSubscription> {
    const closing = new AbortController();
    const ended = AbortSignal.any([closing.signal, stopping.signal]);
    let paused = false;
    let consumer: Consumer | undefined;
    let pause = 250;
    const tell = tellOnce();
    /** Ours alone: by it the group tells which members are this subscription's, also one that kafkajs knows nothing of any more. */
    const memberName = `${clientId}.${randomUUID()}`;
    let mayHaveLeftBehind = false;
    const left = Promise.withResolvers<undefined>();
    if (ended.aborted) left.resolve(undefined);
    ended.addEventListener('abort', () => left.resolve(undefined), { once: true });

    /** From joining to the crash that ends it. Resolves to whether another may be tried. */
    async function live(started: () => void): Promise<boolean> {
      await ensureTopics(topics);
      if (positions && positions.size === 0) await findEnds(topics, positions);
      let isRetriable = false;
      const made = kafka(memberName).consumer({
        groupId,
        partitionAssigners: [
          (config) => {
            const assigner = kafkajs.PartitionAssigners.roundRobin(config);
            const protocol: typeof assigner.protocol = (subscription) => {
              // Asked for on each attempt to join, which kafkajs goes on with when it has been told to stop.
              ended.throwIfAborted();
              return assigner.protocol(subscription);
            };
            return { ...assigner, protocol };
          },
        ],
        sessionTimeout: 45_000,
        heartbeatInterval: 3_000,
        rebalanceTimeout: 90_000,
        maxWaitTimeInMs: fetchWait,
        allowAutoTopicCreation: false,
        retry: {
          retries: 3,
          initialRetryTime: 100,
          maxRetryTime: 1_000,
          // Asked only where kafkajs would try again. We do, with a client that knows nothing of the brokers before.
          restartOnFailure: async () => {
            isRetriable = true;
            return false;
          },
        },
      });
      const crashed = new Promise<Error>((resolve) => made.on(made.events.CRASH, ({ payload }) => resolve(payload.error)));
      made.on(made.events.GROUP_JOIN, () => {
        consumer = made;
        health.clear(name);
        pause = 250;
        if (tell.over()) log.info({ group: groupId }, 'a subscription goes on');
        if (positions) for (const [key, offset] of positions) made.seek({ ...partitionOf(key), offset });
        if (paused) made.pause(topics.map((topic) => ({ topic })));
      });
      let error: Error | undefined;
      try {
        if (mayHaveLeftBehind) await leaveGroup(kafka(), groupId, memberName);
        await made.subscribe({ topics: [...topics], fromBeginning: !positions });
        // Resolves when the group has taken us in, for which it waits until members that were killed are given up (45 s). Whoever subscribes is
        // starting a service, which must not wait: the events do.
        mayHaveLeftBehind = true;
        const joining = made.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          partitionsConsumedConcurrently: 4,
          eachBatch: takeBatch,
        });
        started();
        const refused = new Promise<never>((_, reject) => void joining.catch(reject));
        error = await Promise.race([crashed, left.promise, refused]);
      } finally {
        const hadJoined = consumer === made;
        consumer = undefined;
        const hasEnded = await limited(made.disconnect(), 3_000);
        if (ended.aborted && mayHaveLeftBehind && !(hadJoined && hasEnded)) await limited(leaveGroup(kafka(), groupId, memberName), 1_000);
      }
      if (!error) return false;
      const fault = settingAtFault(error);
      if (fault) {
        health.report(name, 'down', fault.message);
        log.error(fault.message);
        return false;
      }
      isRetriable ||= isSignInFailure(error);
      if (isRetriable) health.report(name, ...unreachable(error, `${name} waits`));
      else health.report(name, 'down', `${name} ended for good; this process has to start again.`);
      if (!isRetriable) log.error({ err: error, group: groupId }, 'a subscription ended for good: this process has to start again');
      return isRetriable;
    }

    async function takeBatch({
      batch,
      resolveOffset,
      heartbeat,
      commitOffsetsIfNecessary,
      isRunning,
      isStale,
      ...payload
    }: EachBatchPayload) {
      const { topic, partition } = batch;
      let next: string | undefined;
      let lastCommit = Date.now();
      const commit = async () => {
        if (next === undefined) return;
        if (positions) positions.set(keyOf(topic, partition), next);
        else await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: next }] }] });
        lastCommit = Date.now();
      };
      try {
        for (const message of batch.messages) {
          if (paused || ended.aborted || !isRunning() || isStale()) break;
          try {
            const received = receivedMessage(topic, partition, message);
            await ('event' in received ? handle(received.event) : unreadable(received.unreadable));
          } catch (error) {
            log.error(
              { err: error, group: groupId, topic, partition, offset: message.offset },
              'an event was not taken; its partition is tried again',
            );
            // Only this partition waits. To kafkajs an error would be its own: a few repetitions, then the end of all partitions.
            if (!paused) {
              const resume = payload.pause();
              setTimeout(() => paused || resume(), retryFailedAfter).unref();
            }
            break;
          }
          resolveOffset(message.offset);
          next = (BigInt(message.offset) + 1n).toString();
          await heartbeat();
          if (Date.now() - lastCommit > 1_000) await commit();
        }
      } finally {
        await commit();
      }
    }

    const done = Promise.withResolvers<void>();
    const first = Promise.withResolvers<void>();
    void (async () => {
      while (!ended.aborted) {
        try {
          if (!(await live(first.resolve))) break;
        } catch (error) {
          first.reject(error);
          health.report(name, ...unreachable(error, `${name} waits`));
          tell.trouble(error, 'a subscription waits for the brokers', { group: groupId });
        }
        await sleep(pause, undefined, { signal: ended }).catch(() => undefined);
        pause = Math.min(pause * 2, slowestRetry);
      }
      first.resolve();
      done.resolve();
    })();

    const subscription: EventSubscription = {
      pause() {
        paused = true;
        consumer?.pause(topics.map((topic) => ({ topic })));
      },
      resume() {
        paused = false;
        consumer?.resume(topics.map((topic) => ({ topic })));
      },
      async close() {
        subscriptions.delete(subscription);
        closing.abort();
        await limited(done.promise, 4_000);
        health.clear(name);
        if (positions)
          await limited(
            withAdmin((admin) => admin.deleteGroups([groupId])),
            1_000,
          );
      },
    };
    subscriptions.add(subscription);
    try {
      await first.promise;
    } catch (error) {
      if (error instanceof SettingError) {
        await subscription.close();
        throw error;
      }
    }
    return subscription;
  }

  async function findEnds(topics: readonly string[], positions: Map<string, string>): Promise<void> {
    await withAdmin(async (admin) => {
      for (const topic of topics)
        for (const { partition, offset } of await admin.fetchTopicOffsets(topic)) positions.set(keyOf(topic, partition), offset);
    });
  }

  // ── Opening ──

  try {
    await ensureTopics(ownTopics);
  } catch (error) {
    if (error instanceof SettingError) throw error;
    const tell = tellOnce();
    tell.trouble(error, 'the brokers cannot be reached; events wait in the outbox');
    health.report('topics', ...unreachable(error, 'Events wait in the outbox'));
    void (async () => {
      for (let pause = 250; !stopping.signal.aborted; pause = Math.min(pause * 2, slowestRetry)) {
        await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
        try {
          await ensureTopics(ownTopics);
          health.clear('topics');
          break;
        } catch (later) {
          health.report('topics', ...unreachable(later, 'Events wait in the outbox'));
          tell.trouble(later, 'the brokers cannot be reached; events wait in the outbox');
        }
      }
    })();
  }

  return {
    publish(topic, events) {
      const published = lastPublished.then(() => publish(topic, events));
      lastPublished = published.catch(() => undefined);
      return published;
    },
    subscribe: (group, topics, handle, unreadable) =>
      follow(
        `The subscription of ${group}`,
        group,
        topics,
        undefined,
        handle,
        unreadable ?? (async ({ position, reason }) => log.error({ position }, `A message was passed over. ${reason}`)),
      ),
    subscribeBroadcast: (topics, handle) => {
      const groupId = `${clientId}.${randomUUID()}`;
      const takeOnce: EventHandler = (event) =>
        handle(event).catch((error: unknown) =>
          log.error({ err: error, event: event.id, type: event.type }, 'a broadcast event was not taken'),
        );
      return follow('The broadcast', groupId, topics, new Map(), takeOnce, async ({ position, reason }) =>
        log.error({ position }, `A message was passed over. ${reason}`),
      );
    },
    // Its log cannot be changed: the topics' retention, which is checked when they are first used, does it.
    erase: async () => undefined,
    forgetGroup: (group) =>
      withAdmin(async (admin) => {
        const { groups } = await admin.listGroups();
        if (groups.some(({ groupId }) => groupId === group)) await admin.deleteGroups([group]);
      }),
    health: () => health.current(),
    async close() {
      stopping.abort();
      await Promise.all([...subscriptions].map((subscription) => subscription.close()));
      await limited(
        (producer ?? Promise.resolve(undefined)).then((made) => made?.disconnect()),
        2_000,
      );
    },
  };
}

/** In order, each of at most `maxBatchBytes`. */
function batchesOf(events: readonly StoredEvent[]): Message[][] {
  const batches: Message[][] = [];
  let room = 0;
  for (const event of events) {
    const message = kafkaMessage(event);
    // Headers, key and the record's own numbers take less than this.
    const size = Buffer.byteLength(message.value) + 1_024;
    if (size > room) {
      batches.push([]);
      room = maxBatchBytes;
    }
    batches.at(-1)?.push(message);
    room -= size;
  }
  return batches;
}

/** A wrong topic or password needs a person; everything else may pass. Neither the error's text nor an address is for everybody who asks for health. */
function unreachable(error: unknown, consequence: string): ['degraded' | 'down', string] {
  const fault = error instanceof SettingError ? error : settingAtFault(error);
  return fault ? ['down', fault.message] : ['degraded', `The brokers cannot be reached. ${consequence}.`];
}

const keyOf = (topic: string, partition: number) => `${topic}/${partition}`;

function partitionOf(key: string): { topic: string; partition: number } {
  const at = key.lastIndexOf('/');
  return { topic: key.slice(0, at), partition: Number(key.slice(at + 1)) };
}

/** A broker that does not answer must not keep a process from ending. Resolves to whether the work was done. */
async function limited(work: Promise<unknown>, ms: number): Promise<boolean> {
  const end = new AbortController();
  const isDone = work.then(
    () => true,
    () => false,
  );
  const isDoneInTime = await Promise.race([isDone, sleep(ms, false, { signal: end.signal }).catch(() => false)]);
  end.abort();
  return isDoneInTime;
}
