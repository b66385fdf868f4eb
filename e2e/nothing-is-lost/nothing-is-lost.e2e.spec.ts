import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { allWell, type Member, startFleet } from './fleet.js';
import { seeded } from './processes/random.mjs';

// 64 writers write to 100 streams, a fifth of their transactions rolls back, and the processes that carry the events are killed all the
// time. `npm run test:chaos` is the long form. CHAOS_SEED=… repeats what was written and who was killed.

const long = process.env.CHAOS === 'long';
const scale = long ? { events: 20_000, kills: 50, durationMs: 75_000 } : { events: 2_000, kills: 8, durationMs: 9_000 };
const seed = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
jest.setTimeout(scale.durationMs * 4 + 60_000);

describe(`whoever is killed (seed ${seed})`, () => {
  let fleet: Awaited<ReturnType<typeof startFleet>>;
  beforeAll(async () => {
    fleet = await startFleet();
  });
  afterAll(() => fleet.stop());

  it('every committed event has its effect once, in order, and no rolled-back one has any', async () => {
    const random = seeded(seed);
    const carriers: Member[] = await Promise.all(
      (['relay', 'relay', 'relay', 'consumer', 'consumer', 'consumer'] as const).map((kind) => fleet.start(kind)),
    );
    const task = { ...scale, seed, writers: 64, streams: 100 };
    const writers = await fleet.start('writers', task);
    let written: { committed: number; rolledBack: number; unknown: number; acknowledged: Record<string, number> } | undefined;
    void once(writers.child, 'message').then(([told]) => {
      written = told;
    });

    const ends = { killed: 0, left: 0 };
    const pause = scale.durationMs / (scale.kills * 1.5);
    let next = Date.now();
    while (!written) {
      // On a slow machine a start takes as long as the pause: then the next one is due at once.
      next += random() * pause * 2;
      await sleep(Math.max(0, next - Date.now()));
      // Every other time the eldest of its kind, which is the one that holds the shards or partitions; the others wait for its end.
      const kind = random() < 0.5 ? 'relay' : 'consumer';
      const victim = (
        random() < 0.5 ? carriers.find((one) => one.kind === kind) : carriers[Math.floor(random() * carriers.length)]
      ) as Member;
      // Some consumers leave as they should; their successors join.
      const leaves = victim.kind === 'consumer' && random() < 0.3;
      await victim.kill(leaves ? 'SIGTERM' : 'SIGKILL');
      ends[leaves ? 'left' : 'killed'] += 1;
      carriers.splice(carriers.indexOf(victim), 1);
      carriers.push(await fleet.start(victim.kind));
    }
    await fleet.drained(60_000);

    const { acknowledged, ...counts } = written;
    console.log(`seed ${seed}:`, JSON.stringify({ ...counts, ...ends, sentAgain: await fleet.sentAgain() }));
    expect(await fleet.account()).toEqual(allWell);
    // What was acknowledged to a writer is stored.
    const { rows } = await fleet.story.query<{ stream_id: string; version: number }>(
      'SELECT stream_id, max(event_version) AS version FROM backbone.event_store GROUP BY stream_id',
    );
    const stored = new Map(rows.map((row) => [row.stream_id, row.version]));
    expect(Object.entries(acknowledged).filter(([subject, version]) => (stored.get(subject) ?? 0) < version)).toEqual([]);
    // The run was what it says.
    expect(counts.committed).toBeGreaterThanOrEqual(scale.events);
    expect(counts.rolledBack).toBeGreaterThan(scale.events / 20);
    expect(ends.killed).toBeGreaterThanOrEqual(scale.kills);
  });
});
