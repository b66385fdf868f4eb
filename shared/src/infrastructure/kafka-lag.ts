import kafkajs from 'kafkajs';
import type { GroupLag } from './group-lag.js';
import { connectionOptions, settingAtFault } from './kafka-connection.js';
import './kafka-idle-timer.js';
import type { KafkaSettings } from './kafka-settings.js';

/** The lag of every group that has committed an offset in a topic of ours. Broadcast groups commit none: they are never behind by design. */
export async function kafkaLag(settings: KafkaSettings): Promise<GroupLag[]> {
  const admin = new kafkajs.Kafka({
    clientId: 'lag',
    ...connectionOptions(settings),
    connectionTimeout: 3_000,
    requestTimeout: 5_000,
    retry: { retries: 1, initialRetryTime: 100 },
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin();
  try {
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith('storytelling.'));
    const ends = new Map<string, bigint>();
    await Promise.all(
      topics.map(async (topic) => {
        for (const { partition, high } of await admin.fetchTopicOffsets(topic)) ends.set(`${topic}/${partition}`, BigInt(high));
      }),
    );
    const { groups } = await admin.listGroups();
    const lags = await Promise.all(
      groups
        .filter(({ protocolType }) => protocolType === 'consumer')
        .map(async ({ groupId: group }) =>
          (await admin.fetchOffsets({ groupId: group, topics })).flatMap(({ topic, partitions }) =>
            partitions
              .filter(({ offset }) => BigInt(offset) >= 0n)
              .map(({ partition, offset }) => ({
                group,
                topic,
                partition,
                offset,
                events: Number((ends.get(`${topic}/${partition}`) ?? 0n) - BigInt(offset)),
              })),
          ),
        ),
    );
    return lags.flat().sort((a, b) => `${a.group} ${a.topic}`.localeCompare(`${b.group} ${b.topic}`) || a.partition - b.partition);
  } catch (error) {
    throw settingAtFault(error) ?? error;
  } finally {
    void admin.disconnect().catch(() => undefined);
  }
}
