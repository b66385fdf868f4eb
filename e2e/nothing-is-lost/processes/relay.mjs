import { startRelay } from '@storytelling/shared/infrastructure/relay';
import { log, openBus, runUntilTold } from './process.mjs';

const bus = await openBus();
const relay = startRelay({ databaseUrl: process.env.DATABASE_URL, context: 'story', bus, log });
runUntilTold(async () => {
  await relay.stop();
  await bus.close();
});
