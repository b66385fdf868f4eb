import { memoryUsers } from './memory-users.js';
import { usersContract } from './users.contract.js';

usersContract('in memory', async () => {
  const { events, ...kept } = memoryUsers(() => new Date());
  return { ...kept, events: async (id) => events(id), close: async () => undefined };
});
