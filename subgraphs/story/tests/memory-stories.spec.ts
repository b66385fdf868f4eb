import { memoryStories } from './memory-stories.js';
import { storiesContract } from './stories.contract.js';

storiesContract('memory', async () => {
  const stories = memoryStories();
  return { stories, events: async (id) => stories.kept.get(id)?.events ?? [], close: async () => undefined };
});
