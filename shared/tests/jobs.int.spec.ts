import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Jobs, startJobs } from '../src/infrastructure/jobs.js';
import { createLogger } from '../src/infrastructure/logger.js';
import { currentOperation, runOperation } from '../src/infrastructure/operation.js';
import { backboneDatabases, until } from './backbone-database.js';

describe('jobs', () => {
  let databases: Awaited<ReturnType<typeof backboneDatabases>>;
  let jobs: Jobs;
  const done: string[] = [];
  const correlations: string[] = [];

  beforeAll(async () => {
    databases = await backboneDatabases();
    jobs = await startJobs({ databaseUrl: databases.url, queues: ['greet'], log: databases.log });
    await jobs.work<{ name: string }>('greet', { concurrency: 2, giveUp: async () => undefined }, async ({ data, complete }) => {
      correlations.push(currentOperation().correlationId);
      await databases.client.$transaction(async (tx) => {
        await complete(tx);
        if (data.name === 'rolled back' && !done.includes('tried')) {
          done.push('tried');
          throw new Error('the effect failed, so the job is not complete');
        }
      });
      done.push(data.name);
    });
  });
  afterAll(async () => {
    await jobs.stop();
    await databases.close();
  });

  const enqueue = (name: string, key = name) => databases.client.$transaction((tx) => jobs.enqueue(tx, 'greet', { name }, key));

  it('run once committed, and carry the correlation on', async () => {
    await runOperation({ correlationId: 'c-7', actor: 'user:1' }, () => enqueue('Ada'));
    await until(() => done.includes('Ada'));
    expect(correlations).toContain('c-7');
  });

  it('of a rolled-back transaction do not exist', async () => {
    await expect(
      databases.client.$transaction(async (tx) => {
        await jobs.enqueue(tx, 'greet', { name: 'ghost' }, 'ghost');
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await enqueue('after the ghost');
    await until(() => done.includes('after the ghost'));
    expect(done).not.toContain('ghost');
  });

  it('wait as long as they are told to', async () => {
    await databases.client.$transaction((tx) => jobs.enqueue(tx, 'greet', { name: 'late' }, 'late', 2));
    await enqueue('before the late one');
    await until(() => done.includes('before the late one'));
    expect(done).not.toContain('late');
    await until(() => done.includes('late'));
  });

  it('whose effect rolls back run again', async () => {
    await enqueue('rolled back');
    await until(() => done.includes('rolled back'));
    expect(done).toContain('tried');
  });

  it('are cancelled with the transaction that asks for it: one that waits is not run, one that runs loses its effect', async () => {
    const cancelling = await startJobs({ databaseUrl: databases.url, queues: ['cancelled'], log: databases.log });
    const effects: string[] = [];
    const begun: string[] = [];
    let aborted = 0;
    await cancelling.work<{ name: string }>(
      'cancelled',
      { concurrency: 1, giveUp: async () => undefined },
      async ({ data, signal, complete }) => {
        begun.push(data.name);
        if (data.name === 'runs') await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        aborted += Number(signal.aborted);
        await databases.client.$transaction(complete);
        effects.push(data.name);
      },
    );
    const inOne = (name: string) => databases.client.$transaction((tx) => cancelling.enqueue(tx, 'cancelled', { name }, name));
    await inOne('runs');
    await until(() => begun.includes('runs'));
    await inOne('waits');
    await databases.client.$transaction((tx) => cancelling.cancel(tx, 'cancelled', 'waits'));
    await expect(
      databases.client.$transaction(async (tx) => {
        await cancelling.cancel(tx, 'cancelled', 'runs');
        throw new Error('not after all');
      }),
    ).rejects.toThrow('not after all');
    expect(aborted).toBe(0);
    await databases.client.$transaction((tx) => cancelling.cancel(tx, 'cancelled', 'runs'));
    await databases.client.$transaction((tx) => cancelling.cancel(tx, 'cancelled', 'nobody'));
    await until(() => aborted === 1);
    await inOne('another');
    await until(() => effects.includes('another'));
    expect({ begun, effects }).toEqual({ begun: ['runs', 'another'], effects: ['another'] });
    await cancelling.stop();
  });

  it('that wait together are taken without a pause between them', async () => {
    const names = Array.from({ length: 12 }, (_, count) => `of many ${count}`);
    await databases.client.$transaction(async (tx) => {
      for (const name of names) await jobs.enqueue(tx, 'greet', { name }, name);
    });
    const began = performance.now();
    await until(() => names.every((name) => done.includes(name)));
    // Looking every 0.5 s, two workers would take 3 s.
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it('hear at once that the service stops, which is no failure, and run again when it is back', async () => {
    const log = createLogger('test', 'silent');
    let [begun, warnings] = [0, 0];
    log.warn = () => void (warnings += 1);
    const start = async () => {
      const interrupted = await startJobs({ databaseUrl: databases.url, queues: ['long'], log });
      await interrupted.work('long', { concurrency: 1, giveUp: async () => undefined }, async ({ signal }) => {
        begun += 1;
        await sleep(60_000, undefined, { signal });
      });
      return interrupted;
    };
    const first = await start();
    await databases.client.$transaction((tx) => first.enqueue(tx, 'long', {}, 'x'));
    await until(() => begun === 1);
    const began = performance.now();
    await first.stop();
    // Others that do not hear of it have 2 s.
    expect(performance.now() - began).toBeLessThan(1_000);
    const second = await start();
    await until(() => begun === 2);
    await second.stop();
    expect(warnings).toBe(0);
  });

  it('that are given up tell whoever waits, and are not tried again', async () => {
    const hopeless = await startJobs({ databaseUrl: databases.url, queues: ['hopeless'], retryLimit: 0, log: databases.log });
    let tried = 0;
    const givenUp: string[] = [];
    const giveUp = async ({ name }: { name: string }) => void givenUp.push(name);
    await hopeless.work<{ name: string }>('hopeless', { concurrency: 1, giveUp }, async () => {
      tried += 1;
      throw new Error('never');
    });
    await databases.client.$transaction((tx) => hopeless.enqueue(tx, 'hopeless', { name: 'Sisyphus' }, 'x'));
    await until(() => givenUp.length > 0);
    expect({ tried, givenUp }).toEqual({ tried: 1, givenUp: ['Sisyphus'] });
    await hopeless.stop();
  });
});
