import type pg from 'pg';
import { type Operator, OperationRefused } from './operation-log.js';

export interface RebuildStatus {
  readonly id: string;
  readonly state: 'requested' | 'building' | 'done' | 'failed';
  readonly error: string | null;
  readonly requestedAt: Date;
  readonly finishedAt: Date | null;
}

export interface ProjectionStatus {
  readonly name: string;
  /** The contexts whose events it is built from. */
  readonly sources: readonly string[];
  readonly tables: readonly string[];
  readonly lastRebuild: RebuildStatus | null;
}

/** The projections of one context, with how their last rebuild went. */
export async function listProjections(pool: pg.Pool): Promise<ProjectionStatus[]> {
  const { rows } = await pool.query<Pick<ProjectionStatus, 'name' | 'sources' | 'tables'> & { rebuild: string | null }>(
    `SELECT p.name, p.sources, p.tables, (SELECT r.id FROM backbone.rebuild r WHERE r.projection = p.name ORDER BY r.requested_at DESC LIMIT 1) AS rebuild
     FROM backbone.projection p ORDER BY p.name`,
  );
  return Promise.all(
    rows.map(async ({ rebuild, ...projection }) => ({
      ...projection,
      lastRebuild: rebuild ? await rebuildStatus(pool, rebuild) : null,
    })),
  );
}

export async function rebuildStatus(pool: pg.Pool, id: string): Promise<RebuildStatus> {
  const { rows } = await pool.query<RebuildStatus>(
    `SELECT id, state, error, requested_at AS "requestedAt", finished_at AS "finishedAt" FROM backbone.rebuild WHERE id = $1`,
    [id],
  );
  if (!rows[0]) throw new OperationRefused(`There is no rebuild ${id}.`);
  return rows[0];
}

/**
 * Asks the context of a projection (its name until the first point) to build it anew, and the owners of its events to publish them again. The
 * services do the rest, the old tables serve meanwhile; `rebuildStatus` says how it goes. Asked again while one is under way, it only makes sure
 * that all have been asked.
 */
export async function requestRebuild(
  databaseOf: (context: string) => pg.Pool,
  projection: string,
  { operator, why }: Operator,
): Promise<{ id: string; context: string }> {
  const context = projection.split('.')[0] ?? '';
  const { rows: known } = await databaseOf(context).query<{ sources: string[]; event_types: string[] }>(
    'SELECT sources, event_types FROM backbone.projection WHERE name = $1',
    [projection],
  );
  if (!known[0]) throw new OperationRefused(`${context} has no projection ${projection}.`);
  const { sources, event_types: eventTypes } = known[0];
  const { rows } = await databaseOf(context).query<{ id: string }>(
    `WITH asked AS (
       INSERT INTO backbone.rebuild (projection) VALUES ($1) ON CONFLICT (projection) WHERE finished_at IS NULL DO NOTHING RETURNING id
     ), logged AS (
       INSERT INTO backbone.operation_log (operator, action, target, why, details)
       SELECT $2, 'rebuild', $1, $3, jsonb_build_object('rebuild', id) FROM asked
     )
     SELECT id FROM asked UNION ALL SELECT id FROM backbone.rebuild WHERE projection = $1 AND finished_at IS NULL`,
    [projection, operator, why],
  );
  const id = rows[0]?.id;
  if (!id) throw new OperationRefused(`Another rebuild of ${projection} has just ended: look at it first.`);
  // Owners are asked last: what they publish again then holds everything that the projection had taken before.
  for (const source of sources) {
    await databaseOf(source).query(
      `WITH asked AS (INSERT INTO backbone.replay (rebuild, event_types) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING rebuild)
       INSERT INTO backbone.operation_log (operator, action, target, why, details)
       SELECT $3, 'replay', $4, $5, jsonb_build_object('rebuild', rebuild) FROM asked`,
      [id, eventTypes, operator, projection, why],
    );
  }
  return { id, context };
}
