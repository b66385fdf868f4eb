import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StoredEvent } from '../src/domain-events/event.js';
import { type Consumer, startConsumer } from '../src/infrastructure/consumer.js';
import type { EventBus } from '../src/infrastructure/event-bus.js';
import { openPool } from '../src/infrastructure/database.js';
import { appendEvents, type SqlTransaction } from '../src/infrastructure/event-store.js';
import { listOperations } from '../src/infrastructure/operation-log.js';
import { type Projector, startProjection } from '../src/infrastructure/projection.js';
import { listProjections, rebuildStatus, requestRebuild } from '../src/infrastructure/rebuild.js';
import { lockKey, type Relay, startRelay } from '../src/infrastructure/relay.js';
import { startReplays } from '../src/infrastructure/replay.js';
import { backboneDatabases, Counted, counting, subjectOf, until, Whispered } from './backbone-database.js';

describe('a projection', () => {
  /** `story` owns the events, `reader` reads them; each has its database, both share the bus. */
  let story: Awaited<ReturnType<typeof backboneDatabases>>;
  let reader: Awaited<ReturnType<typeof backboneDatabases>>;
  let bus: EventBus;
  let relay: Relay;
  let replays: ReturnType<typeof startReplays>;
  let consumers: Consumer[];
  let reacted = 0;
  /** Streams with the event of theirs that cannot be applied for now. */
  const poisoned = new Map<string, number>();
  /** Streams that the fresh tables get slowly. */
  const slow = new Set<string>();
  const me = { operator: 'ada', why: 'a bug in 1.3 wrote wrong sums' };
  const databaseOf = (context: string) => (context === 'story' ? story.pool : reader.pool);

  const sum: Projector<SqlTransaction> = async (event, tx) => {
    if (poisoned.get(event.subject) === event.sequence) throw new Error('no');
    if (slow.has(event.subject)) {
      const [row] = await tx.$queryRawUnsafe<{ schema: string }[]>('SELECT current_schema() AS schema');
      if (row?.schema !== 'public') await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await tx.$executeRawUnsafe(
      `INSERT INTO total (subject, sum) VALUES ($1, $2) ON CONFLICT (subject) DO UPDATE SET sum = total.sum + EXCLUDED.sum`,
      event.subject,
      (event.data as { n: number }).n,
    );
  };

  beforeAll(async () => {
    story = await backboneDatabases();
    reader = await backboneDatabases();
    await reader.pool.query('CREATE TABLE total (subject text PRIMARY KEY, sum int NOT NULL CHECK (sum >= 0))');
    bus = await story.openBus();
    relay = startRelay({ databaseUrl: story.url, context: 'story', bus, log: story.log });
    replays = startReplays({ context: 'story', databaseUrl: story.url, pool: story.pool, bus, log: story.log });
    consumers = await startReader();
  });
  afterAll(async () => {
    for (const consumer of consumers) await consumer.close();
    await replays.stop();
    await relay.stop();
    await bus.close();
    await story.close();
    await reader.close();
  });

  async function startReader(): Promise<Consumer[]> {
    const { client, clientOn, url, pool, log } = reader;
    const shared = { catalog: counting, client, bus, log };
    return [
      await startProjection({
        ...shared,
        projection: 'reader.totals',
        tables: ['total'],
        handlers: { Counted: sum },
        clientOn,
        databaseUrl: url,
        pool,
      }),
      await startConsumer({ ...shared, consumer: 'reader', reactions: { Counted: async () => void (reacted += 1) } }),
    ];
  }

  const totals = async () => {
    const { rows } = await reader.pool.query<{ subject: string; sum: number }>('SELECT subject, sum FROM total');
    return Object.fromEntries(rows.map((row) => [row.subject, row.sum]));
  };
  /** Whose lag operators would see for ever. */
  const groupsOfRebuilds = async () => {
    const busPool = openPool({ connectionString: story.busUrl, max: 1 });
    const { rowCount } = await busPool.query(`SELECT 1 FROM group_offset WHERE consumer_group LIKE '%@%'`);
    await busPool.end();
    return rowCount;
  };
  const rebuilt = async (id: string) => {
    await until(async () => (await rebuildStatus(reader.pool, id)).finishedAt !== null);
    return rebuildStatus(reader.pool, id);
  };
  const [a, b, c] = [subjectOf('a'), subjectOf('b'), subjectOf('c')];
  const nudge = () => relay.nudge();

  it('is rebuilt from its owners’ event_store while the old one serves; no reaction runs again', async () => {
    await story.count(a, [1, 2], nudge);
    await story.count(a, [100], nudge, Whispered);
    await story.count(a, [3], nudge);
    await story.count(b, [10], nudge);
    await until(() => reacted === 4);
    await until(async () => (await totals())[a] === 6 && (await totals())[b] === 10);
    await reader.pool.query(`UPDATE total SET sum = 999 WHERE subject = $1`, [a]);
    await reader.pool.query(`DELETE FROM total WHERE subject = $1`, [b]);
    await reader.pool.query(`INSERT INTO total VALUES ('story.Story-ghost', 1)`);

    const seen = new Set<string>();
    const { id } = await requestRebuild(databaseOf, 'reader.totals', me);
    expect(await requestRebuild(databaseOf, 'reader.totals', me)).toEqual({ id, context: 'reader' });
    // Events go on meanwhile, and so do readers.
    let done = false;
    const writing = (async () => {
      for (let n = 0; n < 40; n += 1) await story.count(n % 2 ? a : c, [1], nudge);
    })();
    const reading = (async () => {
      while (!done) seen.add(JSON.stringify(Object.keys(await totals()).sort()));
    })();
    expect(await rebuilt(id)).toMatchObject({ state: 'done', error: null });
    await writing;
    done = true;
    await reading;
    await until(async () => (await totals())[a] === 26 && (await totals())[c] === 20);
    expect(await totals()).toEqual({ [a]: 26, [b]: 10, [c]: 20 });
    // Nobody saw it half built: b came back with the ghost's end.
    for (const keys of seen) expect(keys.includes(b)).toBe(!keys.includes('ghost'));
    await until(() => reacted === 44);
    expect(reacted).toBe(44);
    expect((await listProjections(reader.pool))[0]).toMatchObject({
      name: 'reader.totals',
      sources: ['story'],
      tables: ['total'],
      lastRebuild: { id, state: 'done' },
    });
    expect(await listOperations(reader.pool)).toMatchObject([{ action: 'rebuild', target: 'reader.totals', ...me }]);
    expect(await listOperations(story.pool)).toMatchObject([{ action: 'replay', target: 'reader.totals', ...me }]);
    expect((await reader.pool.query(`SELECT 1 FROM pg_namespace WHERE nspname LIKE 'rebuild%'`)).rowCount).toBe(0);
    await until(async () => (await groupsOfRebuilds()) === 0);
  });

  it('goes on after its service was stopped in the middle', async () => {
    await reader.pool.query(`UPDATE total SET sum = 999 WHERE subject = $1`, [a]);
    await replays.stop();
    const { id } = await requestRebuild(databaseOf, 'reader.totals', me);
    await until(async () => (await rebuildStatus(reader.pool, id)).state === 'building');
    for (const consumer of consumers) await consumer.close();
    replays = startReplays({ context: 'story', databaseUrl: story.url, pool: story.pool, bus, log: story.log });
    consumers = await startReader();
    expect(await rebuilt(id)).toMatchObject({ state: 'done' });
    expect(await totals()).toEqual({ [a]: 26, [b]: 10, [c]: 20 });
    expect(reacted).toBe(44);
  });

  it('that cannot be rebuilt says why, and the old one stays', async () => {
    poisoned.set(a, 4);
    await reader.pool.query(`UPDATE total SET sum = 27 WHERE subject = $1`, [a]);
    const { id } = await requestRebuild(databaseOf, 'reader.totals', me);
    expect(await rebuilt(id)).toMatchObject({
      state: 'failed',
      error: expect.stringMatching(/^Counted 4 of .* could not be applied .*: the old tables go on serving\.$/),
    });
    expect((await totals())[a]).toBe(27);
    await until(async () => (await groupsOfRebuilds()) === 0);
    const { rows } = await reader.pool.query(
      `SELECT 1 FROM backbone.parked UNION ALL SELECT 1 FROM pg_namespace WHERE nspname LIKE 'rebuild%'`,
    );
    expect(rows).toEqual([]);
    poisoned.clear();
  });

  it('loses what was parked before, because it has it now', async () => {
    const d = subjectOf('d');
    poisoned.set(d, 3);
    await story.count(d, [1, 1, 1, 1], nudge);
    const parked = async () => (await reader.pool.query(`SELECT 1 FROM backbone.parked WHERE consumer = 'reader.totals'`)).rowCount;
    await until(async () => (await parked()) === 2);
    await reader.pool.query(`UPDATE backbone.parked SET state = 'parked'`);
    poisoned.clear();
    const { id } = await requestRebuild(databaseOf, 'reader.totals', me);
    expect(await rebuilt(id)).toMatchObject({ state: 'done' });
    expect((await totals())[d]).toBe(4);
    expect(await parked()).toBe(0);
    await story.count(d, [1], nudge);
    await until(async () => (await totals())[d] === 5);
  });

  it('changes places only when it has all that the old one has taken meanwhile', async () => {
    const e = subjectOf('e');
    slow.add(e);
    await story.count(e, [1], nudge);
    const { id } = await requestRebuild(databaseOf, 'reader.totals', me);
    await until(async () => (await story.pool.query('SELECT 1 FROM backbone.replay WHERE finished_at IS NULL')).rowCount === 0);
    // Too late for the replay; the old one has them at once.
    await story.count(e, [1, 1, 1], nudge);
    await until(async () => (await totals())[e] === 4);
    expect((await rebuildStatus(reader.pool, id)).finishedAt).toBeNull();
    expect(await rebuilt(id)).toMatchObject({ state: 'done' });
    expect((await totals())[e]).toBe(4);
    slow.clear();
  });

  it('takes nothing while it changes places, and parks nothing for it', async () => {
    const f = subjectOf('f');
    const session = await reader.pool.connect();
    await session.query('SELECT pg_advisory_lock($1)', [lockKey('switch:reader.totals')]);
    await story.count(f, [1], nudge);
    await until(() => consumers[0]?.pausedBy() === 'reader.totals is changing places with its rebuilt tables');
    expect(await totals()).not.toHaveProperty(f);
    await session.query('SELECT pg_advisory_unlock_all()');
    session.release();
    await until(async () => (await totals())[f] === 1);
    expect((await reader.pool.query('SELECT 1 FROM backbone.parked')).rowCount).toBe(0);
  });

  it('may neither publish events nor enqueue jobs: a rebuild would do it again', async () => {
    const { client, clientOn, url, pool, log } = reader;
    const tries: unknown[] = [];
    const publishing: Projector<SqlTransaction> = async (_event: StoredEvent, tx) => {
      await appendEvents(tx, { id: 'story.Story-no', type: 'Story' }, 0, [Counted({ n: 1 })], counting).catch((error: unknown) => {
        tries.push(error);
      });
    };
    const consumer = await startProjection({
      projection: 'reader.wrong',
      tables: [],
      catalog: counting,
      handlers: { Counted: publishing },
      client,
      clientOn,
      databaseUrl: url,
      pool,
      bus,
      log,
    });
    await until(() => tries.length > 0);
    expect(String(tries[0])).toContain('The projection reader.wrong may not publish events');
    await consumer.close();
  });

  it('that nobody has is not rebuilt', async () => {
    await expect(requestRebuild(databaseOf, 'reader.none', me)).rejects.toThrow('reader has no projection reader.none.');
  });
});
