import { embeddedLogUrl, openEmbeddedLog } from './embedded-log.js';
import type { EventBusSettings } from './environment.js';
import { type EventBus, topicOf } from './event-bus.js';
import { openKafkaBus } from './kafka-bus.js';
import { kafkaSettings } from './kafka-settings.js';
import type { Logger } from './logger.js';

interface BusUse {
  readonly context: string;
  readonly databaseUrl: string;
  readonly log: Logger;
  /** That have to be there; the context's own, unless told. */
  readonly topics?: readonly string[];
}

/** The transport that EVENT_BUS_URL names. Settings that cannot be are refused here, before anything is opened. */
export function eventBusOf(settings: EventBusSettings): (use: BusUse) => Promise<EventBus> {
  const { EVENT_BUS_URL: url } = settings;
  if (!url.startsWith('kafka:')) return ({ databaseUrl, log }) => openEmbeddedLog({ url: embeddedLogUrl(url, databaseUrl), log });
  const kafka = kafkaSettings(settings);
  return ({ context, log, topics = [topicOf(context)] }) => openKafkaBus({ settings: kafka, clientId: context, topics, log });
}
