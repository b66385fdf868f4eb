import { inTransaction } from './database.js';
import type pg from 'pg';
import { PgBoss } from 'pg-boss';
import { deadLetters, jobSchema } from './jobs.js';
import { type Operator, OperationRefused } from './operation-log.js';
import { isUuid } from '../value-objects/uuid.js';

export const jobStates = ['created', 'retry', 'active', 'completed', 'cancelled', 'failed'] as const;
export type JobState = (typeof jobStates)[number];

export interface JobStatus {
  readonly id: string;
  readonly queue: string;
  /** created and retry wait for a worker; failed has used up its attempts, and its dead letter has told whoever waited. */
  readonly state: JobState;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  /** The code or name of the last error; never its message, which may quote a person. null: none, or the worker was killed. */
  readonly error: string | null;
}

const jobColumns = `id, name AS queue, state::text AS state, retry_count + (state > 'retry')::int AS attempts, created_on AS "createdAt",
  started_on AS "startedAt", coalesce(output ->> 'code', output ->> 'name') AS error`;

/** Jobs of this context, newest first; without a state, those that are not completed. */
export async function listJobs(pool: pg.Pool, { state, limit = 100 }: { state?: JobState; limit?: number } = {}): Promise<JobStatus[]> {
  if (!(await hasJobs(pool))) return [];
  const { rows } = await pool.query<JobStatus>(
    `SELECT ${jobColumns} FROM ${jobSchema}.job WHERE CASE WHEN $1::text IS NULL THEN state <> 'completed' ELSE state::text = $1 END
     ORDER BY created_on DESC LIMIT $2`,
    [state, limit],
  );
  return rows;
}

export async function findJob(pool: pg.Pool, id: string): Promise<JobStatus | undefined> {
  if (!isUuid(id) || !(await hasJobs(pool))) return undefined;
  const { rows } = await pool.query<JobStatus>(`SELECT ${jobColumns} FROM ${jobSchema}.job WHERE id = $1`, [id]);
  return rows[0];
}

/** Puts a job that failed for good, or was cancelled, back into its queue for one more attempt. */
export async function rerunJob(pool: pg.Pool, id: string, operator: Operator): Promise<JobStatus> {
  return operate(pool, id, 'rerun', operator, async (boss, { queue, state }) => {
    if (state === 'failed') await boss.retry(queue, id);
    else if (state === 'cancelled') await boss.resume(queue, id);
    else throw new OperationRefused(`Job ${id} is ${state}: only one that failed or was cancelled can be run again.`);
  });
}

/**
 * Ends a job: one that waits is not run, of one that runs the signal is aborted (within 5 s, by its next heartbeat) and the effect rolled back.
 * Whoever waits for it is told as if it had been given up.
 */
export async function cancelJob(pool: pg.Pool, id: string, operator: Operator): Promise<JobStatus> {
  return operate(pool, id, 'cancel', operator, async (boss, { queue, state }) => {
    const [job] = await boss.findJobs<object>(queue, { id });
    if (!job || state === 'completed' || state === 'cancelled' || state === 'failed')
      throw new OperationRefused(`Job ${id} is ${state}: there is nothing to cancel.`);
    await boss.cancel(queue, id);
    const deadLetter = deadLetters(queue);
    if (await boss.getQueue(deadLetter)) await boss.send(deadLetter, job.data);
  });
}

/** What is done and the record of it commit together. */
async function operate(
  pool: pg.Pool,
  id: string,
  action: string,
  { operator, why }: Operator,
  work: (boss: PgBoss, job: JobStatus) => Promise<void>,
): Promise<JobStatus> {
  const job = await findJob(pool, id);
  if (!job) throw new OperationRefused(`There is no job ${id}.`);
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ state: JobState }>(`SELECT state::text AS state FROM ${jobSchema}.job WHERE id = $1 FOR UPDATE`, [
      id,
    ]);
    // Not started: it neither migrates, supervises nor works, it only knows the statements.
    const boss = new PgBoss({ db: { executeSql: (sql, values) => client.query(sql, values) }, schema: jobSchema });
    await work(boss, { ...job, state: rows[0]?.state ?? job.state });
    await client.query('INSERT INTO backbone.operation_log (operator, action, target, why, details) VALUES ($1, $2, $3, $4, $5)', [
      operator,
      action,
      `${job.queue} ${id}`,
      why,
      { attempts: job.attempts, error: job.error },
    ]);
  }).catch((error: unknown) => {
    if ((error as { code?: string }).code === '23505')
      throw new OperationRefused(`Another job of ${job.queue} with the same key waits or runs already: let that one end first.`);
    throw error;
  });
  return (await findJob(pool, id)) ?? job;
}

/** A context that never had a job has no such schema. */
async function hasJobs(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ has: boolean }>(`SELECT to_regclass('${jobSchema}.job') IS NOT NULL AS has`);
  return rows[0]?.has ?? false;
}
