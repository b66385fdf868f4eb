import type { Operator } from '@storytelling/shared/infrastructure/operation-log';
import type pg from 'pg';

/** After a restore: what the lost timeline has sent is then never taken for this one's, by cursors or by consumers. */
export async function changeEpoch(database: pg.Pool | pg.Client, { operator, why }: Operator, details: object = {}): Promise<void> {
  await database.query(
    `WITH changed AS (UPDATE backbone.epoch SET epoch = gen_random_uuid(), since = now() RETURNING epoch)
     INSERT INTO backbone.operation_log (operator, action, target, why, details)
     SELECT $1, 'new epoch', epoch::text, $2, $3 FROM changed`,
    [operator, why, details],
  );
}
