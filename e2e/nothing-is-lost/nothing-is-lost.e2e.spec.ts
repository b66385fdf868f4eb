import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { allWell, type Member, startFleet } from './fleet.js';
import { embedded, kafka } from './transports.js';
import { seeded } from './processes/random.mjs';

// 64 writers write to 100 streams, a fifth of their transactions rolls back, and the processes that carry the events are killed all the
// time. `npm run test:chaos` is the long form. CHAOS_SEED=… repeats what was written and who was killed.

const long = process.env.CHAOS === 'long';
const scale = long ? { events: 20_000, kills: 50, durationMs: 75_000 } : { events: 2_000, kills: 8, durationMs: 9_000 };
const seed = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
jest.setTimeout(scale.durationMs * 4 + 250_000);

describe.each([embedded, kafka].filter(({ canRun }) => canRun))(`on $name, whoever is killed (seed ${seed})`, (transport) => {
  let fleet: Awaited<ReturnType<typeof startFleet>>;
  beforeAll(async () => {
    fleet = await startFleet(transport);
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
    const pause = scale.durationMs / (scale.kills * 3);
    const replacements: Promise<void>[] = [];
    let next = Date.now();
    // On a slow machine the last kills fall into the time after the last write, when the outbox still drains.
    while (!written || ends.killed < scale.kills) {
      // On a slow machine a start takes as long as the pause: then the next one is due at once.
      next += random() * pause * 2;
      await sleep(Math.max(0, next - Date.now()));
      // Every other time the eldest of its kind, which is the one that holds the shards or partitions; the others wait for its end.
      const kind = random() < 0.75 ? 'relay' : 'consumer';
      const candidates = carriers.filter((one) => one.kind === kind);
      const victim = candidates[random() < 0.5 ? 0 : Math.floor(random() * candidates.length)] as Member;
      // Some consumers leave as they should; their successors join. On Kafka a killed one holds up its whole group until its session is over:
      // in the short form there all leave.
      const leaves = victim.kind === 'consumer' && (random() < 0.3 || (transport === kafka && !long));
      ends[leaves ? 'left' : 'killed'] += 1;
      carriers.splice(carriers.indexOf(victim), 1);
      const replace = async () => {
        await victim.kill(leaves ? 'SIGTERM' : 'SIGKILL');
        carriers.push(await fleet.start(victim.kind));
      };
      // Leaving a group takes a while; the killing goes on. Nobody is left without anybody of a kind.
      replacements.push(replace());
      if (!carriers.some((one) => one.kind === victim.kind)) await Promise.all(replacements);
    }
    await Promise.all(replacements);
    await fleet.drained(60_000 + 3 * transport.sessionMs);

    const { acknowledged, ...counts } = written;
    console.log(`seed ${seed}:`, JSON.stringify({ on: transport.name, ...counts, ...ends, sentAgain: fleet.sentAgain() }));
    expect(await fleet.account()).toEqual(allWell);
    // What was acknowledged to a writer is stored.
    const { rows } = await fleet.story.query<{ stream_id: string; version: number }>(
      'SELECT stream_id, max(event_version) AS version FROM backbone.event_store GROUP BY stream_id',
    );
    const stored = new Map(rows.map((row) => [row.stream_id, row.version]));
    expect(Object.entries(acknowledged).filter(([subject, version]) => (stored.get(subject) ?? 0) < version)).toEqual([]);
    // One relay sends a shard: only what was under way at a kill is sent again. Without their locks, three send more than half again.
    expect(fleet.sentAgain()).toBeLessThan(counts.committed / 4);
    // The run was what it says.
    expect(counts.committed).toBeGreaterThanOrEqual(scale.events);
    expect(counts.rolledBack).toBeGreaterThan(scale.events / 20);
    expect(ends.killed).toBeGreaterThanOrEqual(scale.kills);
  });
});
