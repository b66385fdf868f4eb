import { openPool } from './database.js';
import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import type { EventBusSettings } from './environment.js';
import type { EventBus } from './event-bus.js';
import { type LiveStreams, startLiveStreams } from './live-streams.js';
import type { Logger } from './logger.js';
import { deployContextMigrations } from './migrations.js';
import { groupLags } from './group-lag.js';
import type { HttpRoute } from './http-server.js';
import { contextMetrics } from './metrics.js';
import { eventBusOf } from './open-event-bus.js';
import { type Relay, startRelay } from './relay.js';
import { startReplays } from './replay.js';

/** What every context runs on: its database, the event bus, the relay of its outbox, live readers of its streams. */
export interface ContextRuntime {
  readonly pool: pg.Pool;
  readonly adapter: PrismaPg;
  /** For tables of another schema than `public`: those of a projection that is being rebuilt. */
  adapterOn(schema: string): PrismaPg;
  readonly bus: EventBus;
  readonly relay: Relay;
  readonly streams: LiveStreams;
  /** GET /metrics. */
  readonly metrics: HttpRoute;
  /** Last opened, first closed: what is under way can finish. */
  close(): Promise<void>;
}

export async function openContextRuntime({
  context,
  databaseUrl,
  eventBus,
  migrations,
  log,
}: {
  context: string;
  databaseUrl: string;
  eventBus: EventBusSettings;
  /** Folder of the context's own migrations. */
  migrations: string;
  log: Logger;
}): Promise<ContextRuntime> {
  const openEventBus = eventBusOf(eventBus);
  await deployContextMigrations(databaseUrl, migrations);
  await using closing = new AsyncDisposableStack();
  const pool = openPool(
    {
      connectionString: databaseUrl,
      max: 10,
      application_name: context,
      // A statement of ours takes milliseconds; one that takes this long is stuck and must not hold locks or connections.
      statement_timeout: 10_000,
    },
    (error) => log.warn({ err: error }, 'idle database connection lost'),
  );
  closing.defer(() => pool.end());
  const lags = groupLags(eventBus, databaseUrl);
  closing.defer(() => lags.close());
  const metrics = contextMetrics({ context, pool, lags, log });
  const bus = metrics.measured(await openEventBus({ context, databaseUrl, log }));
  closing.defer(() => bus.close());
  const relay = startRelay({ databaseUrl, context, bus, log });
  closing.defer(() => relay.stop());
  const replays = startReplays({ context, databaseUrl, pool, bus, log });
  closing.defer(() => replays.stop());
  const streams = await startLiveStreams({ databaseUrl, pool, log });
  closing.defer(() => streams.stop());

  const opened = closing.move();
  return {
    pool,
    adapter: new PrismaPg(pool),
    adapterOn: (schema) => new PrismaPg(pool, { schema }),
    bus,
    relay,
    streams,
    metrics: metrics.route,
    close: () => opened.disposeAsync(),
  };
}
