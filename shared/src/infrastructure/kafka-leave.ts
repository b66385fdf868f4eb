import kafkajs, { type Broker, type Cluster, type Kafka } from 'kafkajs';

/** The call exists in kafkajs, beside those that its types name. */
type Coordinator = Broker & { leaveGroup?(member: { groupId: string; memberId: string }): Promise<unknown> };

/**
 * Takes leave of a group for every member of it that has this client id. kafkajs does not where its consumer has crashed, nor where it ends
 * before the group has taken it in: then the group counts on a member that is gone, and gives it partitions, until its session is over (45 s).
 * On a connection of its own, since brokers answer one request of a connection after the other, and joining may be what is not answered.
 */
export async function leaveGroup(kafka: Kafka, groupId: string, clientId: string): Promise<void> {
  let cluster: Cluster | undefined;
  const client = kafka.consumer({
    groupId,
    partitionAssigners: [
      (config) => {
        cluster = config.cluster;
        return kafkajs.PartitionAssigners.roundRobin(config);
      },
    ],
  });
  try {
    await client.connect();
    const coordinator: Coordinator | undefined = await cluster?.findGroupCoordinator({ groupId });
    const described = (await coordinator?.describeGroups({ groupIds: [groupId] })) as kafkajs.GroupDescriptions | undefined;
    const members = described?.groups.flatMap((group) => group.members) ?? [];
    for (const { memberId } of members.filter((member) => member.clientId === clientId)) {
      try {
        await coordinator?.leaveGroup?.({ groupId, memberId });
      } catch (error) {
        // Forgotten by itself. Anything else (a coordinator that has just started and is still reading its groups) is tried again.
        if ((error as { type?: string }).type !== 'UNKNOWN_MEMBER_ID') throw error;
      }
    }
  } finally {
    void client.disconnect().catch(() => undefined);
  }
}
