import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { cancelJob, findJob, listJobs, rerunJob } from '../src/infrastructure/job-operations.js';
import { type Job, type Jobs, startJobs } from '../src/infrastructure/jobs.js';
import { listOperations } from '../src/infrastructure/operation-log.js';
import { backboneDatabases, until } from './backbone-database.js';

jest.setTimeout(45_000);

const operator = { operator: 'Ada', why: 'a test' };

describe('jobs, by hand and after a kill', () => {
  let databases: Awaited<ReturnType<typeof backboneDatabases>>;
  let jobs: Jobs;
  let patient: Jobs;
  let handle: (job: Job<{ name: string }>) => Promise<void>;
  const givenUp: string[] = [];

  beforeAll(async () => {
    databases = await backboneDatabases();
    jobs = await startJobs({ databaseUrl: databases.url, queues: ['short'], retryLimit: 0, log: databases.log });
    patient = await startJobs({ databaseUrl: databases.url, queues: ['long'], log: databases.log });
    await jobs.work<{ name: string }>('short', { concurrency: 3, giveUp: async ({ name }) => void givenUp.push(name) }, (job) =>
      handle(job),
    );
  });
  afterAll(async () => {
    await Promise.all([jobs.stop(), patient.stop()]);
    await databases.close();
  });

  const enqueue = (name: string, key = name, queue = 'short') =>
    databases.client.$transaction((tx) => jobs.enqueue(tx, queue, { name }, key));
  const complete = ({ complete: inTransaction }: Job<{ name: string }>) => databases.client.$transaction((tx) => inTransaction(tx));

  it('one runs at a time per key; the same key waiting twice is one job', async () => {
    let running = 0;
    let most = 0;
    const ran: string[] = [];
    handle = async (job) => {
      most = Math.max(most, ++running);
      await sleep(300);
      running -= 1;
      ran.push(job.data.name);
      await complete(job);
    };
    for (const name of ['first', 'again', 'and again']) await enqueue(name, 'one key');
    await until(() => ran.length === 1);
    await sleep(1_200);
    expect({ most, ran }).toEqual({ most: 1, ran: ['first'] });
    await enqueue('later', 'one key');
    await until(() => ran.length === 2);
  });

  it('a dead letter is run again by an operator, and it is written down who did it and why', async () => {
    let broken = true;
    const done: string[] = [];
    handle = async (job) => {
      if (broken) throw Object.assign(new Error('about ada@example.org'), { code: 'PROVIDER_DOWN' });
      await complete(job);
      done.push(job.data.name);
    };
    await enqueue('unlucky');
    await until(() => givenUp.includes('unlucky'));
    const [failed] = await listJobs(databases.pool, { state: 'failed' });
    expect(failed).toMatchObject({ queue: 'short', state: 'failed', attempts: 1, error: 'PROVIDER_DOWN' });
    expect(JSON.stringify(failed)).not.toContain('ada@');

    broken = false;
    const { id } = failed ?? { id: '' };
    await rerunJob(databases.pool, id, operator);
    await until(() => done.includes('unlucky'));
    await until(async () => (await findJob(databases.pool, id))?.state === 'completed');
    await expect(rerunJob(databases.pool, id, operator)).rejects.toThrow('only one that failed or was cancelled');
    expect(await listOperations(databases.pool)).toMatchObject([
      { action: 'rerun', target: `short ${id}`, operator: 'Ada', why: 'a test' },
    ]);
  });

  it('one that runs is cancelled: its signal is aborted, its effect rolled back, and whoever waits is told', async () => {
    let aborted = false;
    let outcome: unknown;
    handle = async (job) => {
      await new Promise((resolve) => job.signal.addEventListener('abort', resolve));
      aborted = true;
      outcome = await complete(job).catch((error: unknown) => error);
      throw outcome;
    };
    await enqueue('endless');
    await until(async () => (await listJobs(databases.pool, { state: 'active' })).length === 1);
    const [{ id } = { id: '' }] = await listJobs(databases.pool, { state: 'active' });
    expect((await cancelJob(databases.pool, id, operator)).state).toBe('cancelled');
    await until(() => aborted && outcome !== undefined);
    expect(outcome).toMatchObject({ name: 'LostTurn' });
    await until(() => givenUp.includes('endless'));
    expect((await findJob(databases.pool, id))?.state).toBe('cancelled');
    await expect(cancelJob(databases.pool, id, operator)).rejects.toThrow('nothing to cancel');
  });

  it('one that waits is cancelled and never runs; its key is free again', async () => {
    await enqueue('waiting', 'key', 'long'); // nobody works on this queue yet
    const [{ id } = { id: '' }] = await listJobs(databases.pool, { state: 'created' });
    await cancelJob(databases.pool, id, operator);
    await enqueue('another', 'key', 'long');
    expect(await listJobs(databases.pool, { state: 'created' })).toMatchObject([{ queue: 'long' }, { queue: 'long-given-up' }]);
    await expect(rerunJob(databases.pool, id, operator)).rejects.toThrow('the same key');
    const [waiting] = (await listJobs(databases.pool, { state: 'created' })).filter(({ queue }) => queue === 'long');
    await cancelJob(databases.pool, waiting?.id ?? '', operator);
  });

  it('whose worker is killed with -9 is taken over within 30 s', async () => {
    const worker = fork(join(import.meta.dirname, 'processes/worker.mjs'), {
      env: { ...process.env, DATABASE_URL: databases.url },
      execArgv: [],
    });
    try {
      const begun = once(worker, 'message') as Promise<[string]>;
      await enqueue('taken over', 'taken over', 'long');
      const [id] = await begun;
      worker.kill('SIGKILL');
      const killed = Date.now();
      const taken: string[] = [];
      await patient.work<{ name: string }>('long', { concurrency: 1, giveUp: async () => undefined }, async (job) => {
        await complete(job);
        taken.push(job.id);
      });
      await until(() => taken.includes(id), 30_000);
      expect(Date.now() - killed).toBeLessThan(30_000);
    } finally {
      worker.kill('SIGKILL');
    }
  });
});
