import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startConsumer } from '@storytelling/shared/infrastructure/consumer';
import { topicOf } from '@storytelling/shared/infrastructure/event-bus';
import { startLiveStreams } from '@storytelling/shared/infrastructure/live-streams';
import { startRelay } from '@storytelling/shared/infrastructure/relay';
import { freshContext, log, quantile, streamOf, until } from './context.mjs';

const warmUp = 50;

/** From the commit to the moment the handler has the event, and to the moment a live client has it; events come one by one, `pauseMs` apart. */
export async function latency(on, { events, pauseMs }) {
  const context = await freshContext(on);
  const { urls, bus, listener, pool } = context;
  const relay = startRelay({ databaseUrl: urls.story, context: context.name, bus, log });
  const streams = await startLiveStreams({ databaseUrl: urls.story, pool, log });
  const handled = new Map();
  const seen = new Map();
  const reactions = { Measured: async ({ data }) => void handled.set(data.n, performance.now()) };
  const consumer = await startConsumer({ consumer: 'benchmark', catalog: context.catalog, reactions, client: listener, bus, log });
  const following = streams.follow(streamOf('live'), 0);
  const watching = (async () => {
    for await (const { data } of following) seen.set(data.n, performance.now());
  })();
  const committed = new Map();
  for (let n = 0; n < events + warmUp; n += 1) {
    committed.set(n, await context.commit(streamOf('live'), n, [n], relay.nudge));
    await sleep(pauseMs);
  }
  await until(() => handled.size === committed.size && seen.size === committed.size);
  await following.return();
  await watching;
  await consumer.close();
  await relay.stop();
  await streams.stop();
  await context.close();
  const waits = (arrived) => [...committed].slice(warmUp).map(([n, at]) => Math.max(0, arrived.get(n) - at));
  return {
    handlerP50: quantile(waits(handled), 0.5),
    handlerP99: quantile(waits(handled), 0.99),
    liveP50: quantile(waits(seen), 0.5),
    liveP99: quantile(waits(seen), 0.99),
  };
}

/** Events per second from a full outbox to a subscriber that only counts: select, notify, send, acknowledge, delete, receive. */
export async function throughput(on, { events, streams }) {
  const context = await freshContext(on);
  await fill(context, events, streams);
  let heard = 0;
  await context.bus.subscribe('benchmark', [topicOf(context.name)], async () => {
    heard += 1;
  });
  await sleep(1_000);
  const began = performance.now();
  const relay = startRelay({ databaseUrl: context.urls.story, context: context.name, bus: context.bus, log });
  await until(() => heard >= events);
  const seconds = (performance.now() - began) / 1000;
  await relay.stop();
  await context.close();
  return events / seconds;
}

/** Events per second that one consumer has had its effect of: a transaction each. */
export async function effects(on, { events, streams }) {
  const context = await freshContext(on);
  await fill(context, events, streams);
  const relay = startRelay({ databaseUrl: context.urls.story, context: context.name, bus: context.bus, log });
  await until(async () => (await context.pool.query('SELECT 1 FROM backbone.outbox LIMIT 1')).rowCount === 0);
  await relay.stop();
  let handled = 0;
  const reactions = {
    Measured: async () => {
      handled += 1;
    },
  };
  const began = performance.now();
  const consumer = await startConsumer({
    consumer: 'benchmark',
    catalog: context.catalog,
    reactions,
    client: context.listener,
    bus: context.bus,
    log,
  });
  await until(() => handled >= events);
  const seconds = (performance.now() - began) / 1000;
  await consumer.close();
  await context.close();
  return events / seconds;
}

async function fill(context, events, streams) {
  const perStream = events / streams;
  const batch = Math.min(100, perStream);
  for (let version = 0; version < perStream; version += batch) {
    const size = Math.min(batch, perStream - version);
    for (let first = 0; first < streams; first += 10) {
      await Promise.all(
        Array.from({ length: Math.min(10, streams - first) }, (_, index) =>
          context.commit(
            streamOf(first + index),
            version,
            Array.from({ length: size }, (_, n) => version + n),
          ),
        ),
      );
    }
  }
}

/** Percent of a core that a process with relays, consumers and live streams takes while nothing happens. */
export async function idling(on, { contexts: count, seconds }) {
  const contexts = [];
  for (let n = 0; n < count; n += 1) contexts.push(await freshContext(on));
  const child = fork(fileURLToPath(new URL('./idle-process.mjs', import.meta.url)), {
    env: { ...process.env, CONTEXTS: JSON.stringify(contexts.map(({ urls }) => urls)), SECONDS: String(seconds) },
  });
  for (const context of contexts) await context.close();
  const [percent] = await once(child, 'message');
  await once(child, 'exit');
  return percent;
}
