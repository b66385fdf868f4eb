import { startConsumer } from '@storytelling/shared/infrastructure/consumer';
import pg from 'pg';
import { counting, transactionsOn } from './context.mjs';
import { log, openBus, runUntilTold } from './process.mjs';

const consumer = 'listener';
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 3, idle_in_transaction_session_timeout: 10_000 });
pool.on('error', () => undefined);

const reactions = {
  async Counted({ id, subject, sequence, data }, tx) {
    const poisoned = await tx.$queryRawUnsafe('SELECT 1 FROM poison WHERE stream_id = $1 AND version = $2', subject, sequence);
    if (poisoned.length > 0) throw new Error('This handler cannot bear this event.');
    await tx.$executeRawUnsafe(
      'INSERT INTO effect (consumer, event_id, stream_id, version, rolled_back) VALUES ($1, $2, $3, $4, $5)',
      consumer,
      id,
      subject,
      sequence,
      data.rolledBack,
    );
  },
};

const bus = await openBus();
const consuming = await startConsumer({ consumer, catalog: counting, reactions, client: transactionsOn(pool), bus, log });
runUntilTold(async () => {
  await consuming.close();
  await bus.close();
  await pool.end();
});
