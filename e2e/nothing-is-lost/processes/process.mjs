import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { openEmbeddedLog } from '@storytelling/shared/infrastructure/embedded-log';

export const log = createLogger(process.argv[2], 'warn');

export function openBus() {
  return openEmbeddedLog({ url: process.env.EVENT_BUS_URL.slice('embedded:'.length), log });
}

/** Says that it is ready and goes on until it is told to leave, killed, or alone: a test that dies leaves nobody behind. */
export function runUntilTold(leave) {
  process.once('SIGTERM', () => void leave().finally(() => process.exit()));
  process.once('disconnect', () => process.exit());
  process.send('ready');
}
