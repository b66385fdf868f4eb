// A worker of the queue `long` in a process of its own, for tests that kill it. Says which job it has begun, and never ends one.
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { startJobs } from '@storytelling/shared/infrastructure/jobs';

process.once('disconnect', () => process.exit());
const jobs = await startJobs({ databaseUrl: process.env.DATABASE_URL, queues: ['long'], log: createLogger('worker', 'silent') });
await jobs.work('long', { concurrency: 1, giveUp: async () => undefined }, async ({ id }) => {
  process.send(id);
  await new Promise(() => undefined);
});
