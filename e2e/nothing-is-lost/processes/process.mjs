import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { eventBusOf } from '@storytelling/shared/infrastructure/open-event-bus';

export const log = createLogger(process.argv[2], 'warn');

export function openBus() {
  return eventBusOf({ EVENT_BUS_URL: process.env.EVENT_BUS_URL, KAFKA_PARTITIONS: 4 })({
    context: 'story',
    databaseUrl: process.env.DATABASE_URL,
    log,
  });
}

/** Says that it is ready and goes on until it is told to leave, killed, or alone: a test that dies leaves nobody behind. */
export function runUntilTold(leave) {
  process.once('SIGTERM', () => void leave().finally(() => process.exit()));
  process.once('disconnect', () => process.exit());
  process.send('ready');
}
