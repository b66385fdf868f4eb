import type pg from 'pg';

/** Who does something by hand, and why: it is kept in `backbone.operation_log` with what was done. */
export interface Operator {
  readonly operator: string;
  readonly why: string;
}

export interface LoggedOperation extends Operator {
  readonly at: Date;
  readonly action: string;
  readonly target: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What operators did to this context, newest first. */
export async function listOperations(pool: pg.Pool, limit = 100): Promise<LoggedOperation[]> {
  const { rows } = await pool.query<LoggedOperation>(
    'SELECT at, operator, action, target, why, details FROM backbone.operation_log ORDER BY id DESC LIMIT $1',
    [limit],
  );
  return rows;
}

/** An operator asked for what cannot be done; the message is one sentence for them. */
export class OperationRefused extends Error {
  override readonly name = 'OperationRefused';
}
