import { memoryUsers } from './memory-users.js';
import { usersContract } from './users.contract.js';

usersContract('in memory', async () => {
  const { users, sessions, events } = memoryUsers(() => new Date());
  return { users, sessions, events: async (id) => events(id), close: async () => undefined };
});
