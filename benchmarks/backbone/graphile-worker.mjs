// What graphile-worker does with as many jobs that do nothing: the other known way to hand things on from PostgreSQL. It comes from peers/, a
// package with a lockfile of its own.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { openPool } from '@storytelling/shared/infrastructure/database';
import { text, until } from './context.mjs';

const peers = new URL('./peers/', import.meta.url);

function graphileWorker() {
  if (!existsSync(new URL('node_modules/', peers)))
    execFileSync('npm', ['ci'], { cwd: fileURLToPath(peers), stdio: 'inherit', shell: process.platform === 'win32' });
  return createRequire(new URL('package.json', peers))('graphile-worker');
}

let databases = 0;

/** Jobs per second from a full queue, with the settings that its documentation recommends for throughput: fetched and completed in batches. */
export async function graphileJobs({ server }, { events }) {
  const { run, runMigrations } = graphileWorker();
  databases += 1;
  const database = `jobs_${databases}`;
  await server.ensureDatabases([database]);
  const pgPool = openPool({ connectionString: server.databaseUrl(database), max: 10 });
  await runMigrations({ pgPool });
  for (let n = 0; n < events; n += 1_000) {
    await pgPool.query(
      `SELECT graphile_worker.add_jobs(array(
         SELECT json_populate_record(NULL::graphile_worker.job_spec, json_build_object(
           'identifier', 'measured', 'payload', json_build_object('n', n, 'text', $1::text)))
         FROM generate_series($2::int, $3::int) AS n))`,
      [text, n, n + 999],
    );
  }
  await pgPool.query('VACUUM ANALYZE');
  let done = 0;
  const logger = { scope: () => logger, error: console.error, warn: console.error, info: () => undefined, debug: () => undefined };
  const began = performance.now();
  const runner = await run({
    pgPool,
    logger,
    noHandleSignals: true,
    preset: {
      worker: { concurrentJobs: 10, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
    },
    taskList: {
      measured: async () => {
        done += 1;
      },
    },
  });
  await until(() => done >= events);
  const seconds = (performance.now() - began) / 1000;
  await runner.stop();
  const { rows } = await pgPool.query('SELECT count(*)::int AS left FROM graphile_worker.jobs');
  if (rows[0].left > 0) throw new Error(`${rows[0].left} jobs are left.`);
  await pgPool.end();
  return events / seconds;
}
