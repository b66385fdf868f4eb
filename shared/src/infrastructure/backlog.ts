import type pg from 'pg';
import { jobSchema } from './jobs.js';

/** What is still to be done in one context, in two queries. */
export interface Backlog {
  /** Events that the relay has not handed on, and how long the oldest of them has waited. */
  readonly outbox: { readonly events: number; readonly oldestSeconds: number };
  readonly parked: readonly { readonly consumer: string; readonly state: 'retrying' | 'parked'; readonly events: number }[];
  /** Without the completed ones. */
  readonly jobs: readonly { readonly queue: string; readonly state: 'queued' | 'active' | 'failed' | 'cancelled'; readonly jobs: number }[];
}

export async function readBacklog(pool: pg.Pool): Promise<Backlog> {
  const { rows } = await pool.query<Omit<Backlog, 'jobs'> & { hasJobs: boolean }>(
    `SELECT to_regclass('${jobSchema}.job') IS NOT NULL AS "hasJobs",
       jsonb_build_object('events', (SELECT count(*) FROM backbone.outbox), 'oldestSeconds', coalesce((
         SELECT extract(epoch FROM clock_timestamp() - e.occurred_at) FROM backbone.outbox o JOIN backbone.event_store e ON e.id = o.event_id
         ORDER BY o.position LIMIT 1), 0)) AS outbox,
       coalesce((SELECT jsonb_agg(p ORDER BY consumer, state) FROM (
         SELECT consumer, state, count(*) AS events FROM backbone.parked GROUP BY 1, 2) p), '[]') AS parked`,
  );
  const [row] = rows;
  if (!row) throw new Error('One row was expected.');
  const { outbox, parked, hasJobs } = row;
  if (!hasJobs) return { outbox, parked, jobs: [] };
  const { rows: jobs } = await pool.query<Backlog['jobs'][number]>(
    `SELECT name AS queue, CASE WHEN state <= 'retry' THEN 'queued' ELSE state::text END AS state, count(*)::int AS jobs
     FROM ${jobSchema}.job WHERE state <> 'completed' GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  return { outbox, parked, jobs };
}
