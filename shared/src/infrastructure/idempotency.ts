import { createHash } from 'node:crypto';
import { refuseShared } from '../value-objects/refusals.js';
import { codePoints, readableText } from '../value-objects/text.js';
import type { SqlTransaction } from './event-store.js';
import { currentOperation, type Idempotency, runOperation } from './operation.js';

/** The request was carried out before; `outcome` is what it led to then. Caught by `once`, never seen by a client. */
class AlreadyDone extends Error {
  constructor(readonly outcome: string) {
    super('already done');
  }
}

/** Inputs are compared by hash. What shows who asks takes no part: a fast hash of a password must not lie in a table, and a one-time code is another one in a retry. */
function inputHash(input: object): string {
  const canonical = (value: unknown): unknown =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value)
          .filter(([name, part]) => !['idempotencyKey', 'password', 'secondFactorCode'].includes(name) && part !== undefined)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, part]) => [name, canonical(part)])
      : Array.isArray(value)
        ? value.map(canonical)
        : value;
  return createHash('sha256')
    .update(JSON.stringify(canonical(input)))
    .digest('hex');
}

/**
 * Carries out a verb once per (actor, verb, key): a retry gets the first outcome, the same key with another input is refused with
 * IDEMPOTENCY_KEY_REUSED. The outcome is the id of the aggregate, stored in the transaction of its effect (`unitOfWork`), so that
 * no crash separates the two. Without a key the verb simply runs.
 */
export async function once(
  verb: string,
  input: { idempotencyKey?: string | null },
  work: () => Promise<string>,
): Promise<{ id: string; repeated: boolean }> {
  if (input.idempotencyKey === undefined || input.idempotencyKey === null) return { id: await work(), repeated: false };
  const key = readableText(input.idempotencyKey, 'idempotencyKey');
  if (codePoints(key) < 1 || codePoints(key) > 100) throw refuseShared.IDEMPOTENCY_KEY_INVALID();
  const idempotency: Idempotency = { verb, key, inputHash: inputHash(input) };
  try {
    return { id: await runOperation({ ...currentOperation(), idempotency }, work), repeated: false };
  } catch (error) {
    if (error instanceof AlreadyDone) return { id: error.outcome, repeated: true };
    throw error;
  }
}

/**
 * Claims the key of the operation under way. Two at once: the second waits on the first's row until that commits, then sees its
 * outcome; if the first rolls back, the second goes on.
 */
export async function claimIdempotencyKey(tx: SqlTransaction): Promise<((outcome: string) => Promise<void>) | undefined> {
  const { idempotency, actor } = currentOperation();
  if (!idempotency) return undefined;
  const { verb, key } = idempotency;
  const claimed = await tx.$executeRawUnsafe(
    'INSERT INTO backbone.idempotency (actor, verb, key, input_hash) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    actor,
    verb,
    key,
    idempotency.inputHash,
  );
  if (claimed === 0) {
    const [first] = await tx.$queryRawUnsafe<{ input_hash: string; outcome: string | null }[]>(
      'SELECT input_hash, outcome FROM backbone.idempotency WHERE actor = $1 AND verb = $2 AND key = $3',
      actor,
      verb,
      key,
    );
    if (first?.input_hash !== idempotency.inputHash || first.outcome === null) throw refuseShared.IDEMPOTENCY_KEY_REUSED();
    throw new AlreadyDone(first.outcome);
  }
  return async (outcome) => {
    await tx.$executeRawUnsafe(
      'UPDATE backbone.idempotency SET outcome = $4 WHERE actor = $1 AND verb = $2 AND key = $3',
      actor,
      verb,
      key,
      outcome,
    );
  };
}
