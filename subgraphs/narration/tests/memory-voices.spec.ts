import { memoryVoices } from './memory-voices.js';
import { voicesContract } from './voices.contract.js';

voicesContract('memory', async () => {
  const voices = memoryVoices();
  return {
    voices,
    events: async (id) => voices.kept.get(id)?.events ?? [],
    forgotten: () => voices.forgotten,
    close: async () => undefined,
  };
});
