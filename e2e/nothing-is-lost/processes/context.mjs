// The smallest context there is: one event, and the two things that a context does with it.
import { setTimeout as sleep } from 'node:timers/promises';
import { catalogOf, defineEvent } from '@storytelling/shared/domain-events/event';
import { appendEvents } from '@storytelling/shared/infrastructure/event-store';
import { z } from 'zod';

const Counted = defineEvent({
  type: 'Counted',
  context: 'story',
  version: 1,
  reach: 'published',
  meaning: 'One more.',
  schema: z.object({ rolledBack: z.boolean() }),
});
export const counting = catalogOf(Counted);

/** Prisma's interactive transaction, as far as schema `backbone` uses it, on a plain pool. */
export function transactionsOn(pool) {
  return {
    async $transaction(work) {
      const client = await pool.connect();
      // A session that ends while nobody waits for it says so by an event; whoever queries next is told.
      const ignore = () => undefined;
      client.on('error', ignore);
      let broken;
      try {
        await client.query('BEGIN');
        const result = await work({
          $queryRawUnsafe: async (sql, ...values) => (await client.query(sql, values)).rows,
          $executeRawUnsafe: async (sql, ...values) => (await client.query(sql, values)).rowCount ?? 0,
        });
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch((failure) => {
          broken = failure;
        });
        throw error;
      } finally {
        client.off('error', ignore);
        client.release(broken);
      }
    },
  };
}

export class RolledBack extends Error {}

/**
 * What a verb does: locks its aggregate, appends, commits; or thinks better of it at the last moment. `hold` is how long the transaction
 * stays open after it has its positions in the outbox, so that transactions commit in another order than they began.
 */
export function write(client, subject, events, { rollBack = false, hold = 0 } = {}) {
  return client.$transaction(async (tx) => {
    await tx.$queryRawUnsafe('SELECT pg_advisory_xact_lock(hashtext($1))', subject);
    const [{ version }] = await tx.$queryRawUnsafe(
      'SELECT coalesce(max(event_version), 0) AS version FROM backbone.event_store WHERE stream_id = $1',
      subject,
    );
    const counted = Array.from({ length: events }, () => Counted({ rolledBack: rollBack }));
    const reached = await appendEvents(tx, { id: subject, type: 'Story' }, version, counted, counting);
    if (hold > 0) await sleep(hold);
    if (rollBack) throw new RolledBack();
    return reached;
  });
}
