import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { RolledBack, transactionsOn, write } from './context.mjs';
import { runUntilTold } from './process.mjs';
import { seeded } from './random.mjs';

const { seed, writers, streams, events, durationMs } = JSON.parse(process.env.TASK);
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: writers });
pool.on('error', () => undefined);
const client = transactionsOn(pool);

const eventsPerTransaction = 2; // one to three
const pause = (durationMs * writers * eventsPerTransaction * 0.8) / events;
let begun = 0;
const told = { committed: 0, rolledBack: 0, unknown: 0 };
const acknowledged = new Map();

async function writer(random) {
  while (told.committed < events) {
    await sleep(random() * 2 * pause);
    const subject = `story.Story-${Math.floor(random() * streams)}`;
    const count = 1 + Math.floor(random() * 3);
    begun += 1;
    try {
      const reached = await write(client, subject, count, { rollBack: random() < 0.2, hold: random() * 15 });
      told.committed += count;
      acknowledged.set(subject, Math.max(reached, acknowledged.get(subject) ?? 0));
    } catch (error) {
      // Without an answer to COMMIT nobody knows; the store does.
      if (error instanceof RolledBack) told.rolledBack += 1;
      else {
        told.unknown += 1;
        await sleep(200);
      }
    }
  }
}

runUntilTold(() => pool.end());
await Promise.all(Array.from({ length: writers }, (_, index) => writer(seeded(seed + index))));
process.send({ ...told, transactions: begun, acknowledged: Object.fromEntries(acknowledged) });
await pool.end();
process.disconnect();
