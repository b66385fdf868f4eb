import type pg from 'pg';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { readBacklog } from './backlog.js';
import type { EventBus, EventHandler } from './event-bus.js';
import type { GroupLags } from './group-lag.js';
import type { HttpRoute } from './http-server.js';
import type { Logger } from './logger.js';
import { metricsRoute } from './metrics-route.js';

export interface ContextMetrics {
  /** GET /metrics. Backlogs are read when it is asked for: two queries on the context's database, one on the event bus. */
  readonly route: HttpRoute;
  /** The same bus; what passes through it is counted and timed. */
  measured(bus: EventBus): EventBus;
}

/** Labels are names of ours (topics, groups, queues), never an id or anything of a person. */
export function contextMetrics({
  context,
  pool,
  lags,
  log,
}: {
  context: string;
  pool: pg.Pool;
  lags: GroupLags;
  log: Logger;
}): ContextMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service: context });
  const registers = [registry];
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name: `storytelling_${name}`, help, labelNames, registers });

  const outboxEvents = gauge('outbox_events', 'Committed events that the relay has not handed on.');
  const outboxAge = gauge('outbox_oldest_seconds', 'How long the oldest of them has waited.');
  const parked = gauge('parked_events', 'Events put aside: retrying by themselves, or parked for an operator.', 'consumer', 'state');
  const lag = gauge('consumer_lag_events', 'Events of a topic that a group has not read.', 'group', 'topic');
  const jobs = gauge('jobs', 'Jobs that are queued, active, failed or cancelled.', 'queue', 'state');
  const readable = gauge(
    'backlog_readable',
    '1: the numbers above are of this moment. 0: the database or the event bus did not answer.',
    'what',
  );
  const relayed = new Counter({
    name: 'storytelling_relayed_events_total',
    help: 'Events that the event bus has taken from the relay.',
    labelNames: ['topic'],
    registers,
  });
  const relayFailures = new Counter({
    name: 'storytelling_relay_failures_total',
    help: 'Batches that the event bus did not take; they are sent again.',
    labelNames: ['topic'],
    registers,
  });
  const handling = new Histogram({
    name: 'storytelling_handler_seconds',
    help: 'From an event reaching a group to the end of its transaction. again: it could be neither handled nor put aside, and comes again.',
    labelNames: ['group', 'outcome'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });

  async function readInto(what: string, read: () => Promise<void>): Promise<void> {
    try {
      await read();
      readable.set({ what }, 1);
    } catch (error) {
      log.debug({ err: error, what }, 'metrics could not be read');
      readable.set({ what }, 0);
    }
  }

  const readDatabase = async () => {
    for (const each of [outboxEvents, outboxAge, parked, jobs]) each.reset();
    const backlog = await readBacklog(pool);
    outboxEvents.set(backlog.outbox.events);
    outboxAge.set(backlog.outbox.oldestSeconds);
    for (const { consumer, state, events } of backlog.parked) parked.inc({ consumer: nameOf(consumer), state }, events);
    for (const { queue, state, jobs: count } of backlog.jobs) jobs.set({ queue, state }, count);
  };
  const readBus = async () => {
    lag.reset();
    for (const { group, topic, events } of await lags.read())
      if (group === context || group.startsWith(`${context}.`)) lag.inc({ group: nameOf(group), topic: nameOf(topic) }, events);
  };

  const timed =
    (group: string, handle: EventHandler): EventHandler =>
    async (event) => {
      const end = handling.startTimer({ group: nameOf(group) });
      try {
        await handle(event);
        end({ outcome: 'done' });
      } catch (error) {
        end({ outcome: 'again' });
        throw error;
      }
    };

  return {
    route: metricsRoute(registry, () => Promise.all([readInto('database', readDatabase), readInto('event bus', readBus)])),
    measured: (bus) => ({
      ...bus,
      async publish(topic, events) {
        try {
          await bus.publish(topic, events);
          relayed.inc({ topic: nameOf(topic) }, events.length);
        } catch (error) {
          relayFailures.inc({ topic: nameOf(topic) });
          throw error;
        }
      },
      subscribe: (group, topics, handle, unreadable) => bus.subscribe(group, topics, timed(group, handle), unreadable),
    }),
  };
}

/** A rebuild has a topic and groups of its own, named with its id: as labels they would be new series each time. */
function nameOf(name: string): string {
  return name.replace(/[@.](?:rebuild\.)?[\da-f]{8}-[\da-f-]{27}/, '.rebuild');
}
