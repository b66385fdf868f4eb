import { memoryNarrations } from './memory-narrations.js';
import { narrationsContract } from './narrations.contract.js';

narrationsContract('memory', async () => {
  const narrations = memoryNarrations();
  return { narrations, events: narrations.events, close: async () => undefined };
});
