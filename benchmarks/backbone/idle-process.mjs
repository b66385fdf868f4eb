import { setTimeout as sleep } from 'node:timers/promises';
import { startConsumer } from '@storytelling/shared/infrastructure/consumer';
import { startLiveStreams } from '@storytelling/shared/infrastructure/live-streams';
import { startRelay } from '@storytelling/shared/infrastructure/relay';
import { log, openContext, streamOf } from './context.mjs';

const seconds = Number(process.env.SECONDS);
for (const urls of JSON.parse(process.env.CONTEXTS)) {
  const { name, catalog, bus, pool, listener } = await openContext(urls);
  startRelay({ databaseUrl: urls.story, context: name, bus, log });
  const streams = await startLiveStreams({ databaseUrl: urls.story, pool, log });
  void streams.follow(streamOf('quiet'), 0).next();
  const reactions = { Measured: async () => undefined };
  await startConsumer({ consumer: 'benchmark', catalog, reactions, client: listener, bus, log });
}
await sleep(3_000);
const before = process.cpuUsage();
await sleep(seconds * 1_000);
const { user, system } = process.cpuUsage(before);
process.send((user + system) / (seconds * 10_000));
process.exit();
