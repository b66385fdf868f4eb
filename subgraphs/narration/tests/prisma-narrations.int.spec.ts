import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cancel, evolve, fail, type Narration, regenerate, remove, resume } from '../src/domain/narration.js';
import { narrationQueue, toNarration } from '../src/infrastructure/prisma-narrations.js';
import { narrationDatabase } from './narration-database.js';
import { aNarration, completed, spoken } from './narration-examples.js';
import { narrationsContract } from './narrations.contract.js';

narrationsContract('PostgreSQL', narrationDatabase);

describe('narrations in PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof narrationDatabase>>;
  beforeAll(async () => {
    database = await narrationDatabase();
  });
  afterAll(() => database.close());

  const segmentOf = async (id: string) =>
    (await database.prisma.narrationSegmentRecord.findFirstOrThrow({ where: { narrationId: id } })).id;
  const wantedOf = async (id: string) => ({ segmentId: await segmentOf(id), text: 'Anew.', emotion: null, voice: null });

  it('fold: every stream leads to its row', async () => {
    const { narrations, prisma } = database;
    await aNarration(narrations);
    await spoken(narrations, await aNarration(narrations), undefined, 1);
    const failed = await aNarration(narrations);
    await narrations.update(failed, (narration) =>
      fail(narration, failed, { code: 'SPEECH_FAILED', message: 'It failed.', retryable: true }),
    );
    const resumed = await aNarration(narrations);
    await narrations.update(resumed, cancel);
    await narrations.update(resumed, (narration) => resume(narration, randomUUID()));
    const anew = await completed(narrations);
    await narrations.regenerate(anew, await wantedOf(anew), (narration, segment) => regenerate(narration, segment, randomUUID()));
    await completed(narrations);
    const records = await prisma.narrationRecord.findMany();
    expect(records).toHaveLength(6);
    for (const record of records) {
      const events = await database.events(record.id);
      expect(toNarration(record)).toEqual(events.reduce<Narration | undefined>(evolve, undefined));
      expect(record.streamVersion).toBe(events.length);
    }
  });

  it('have a job for each run, which ends with a run that is called off', async () => {
    const { narrations, enqueued, cancelled } = database;
    const id = await aNarration(narrations);
    expect(enqueued.at(-1)).toEqual({ queue: narrationQueue, key: id, data: { narrationId: id, runId: id } });
    await narrations.update(id, cancel);
    expect(cancelled.at(-1)).toBe(id);
    const runId = randomUUID();
    await narrations.update(id, (narration) => resume(narration, runId));
    expect(enqueued.at(-1)).toEqual({ queue: narrationQueue, key: runId, data: { narrationId: id, runId } });
    await narrations.update(id, remove);
    expect(cancelled.at(-1)).toBe(runId);
    expect(enqueued.at(-1)).toEqual({ queue: 'forget-narration', key: id, data: { narrationId: id } });
  });

  it('do not cancel the job of a run that fails by itself: it ends so', async () => {
    const { narrations, cancelled } = database;
    const id = await aNarration(narrations);
    await narrations.update(id, (narration) => fail(narration, id, { code: 'SPEECH_FAILED', message: 'It failed.', retryable: true }));
    expect(cancelled).not.toContain(id);
  });

  it('obey the rules of the data model even where a verb would not', async () => {
    const id = await completed(database.narrations);
    const set = (sql: string) => database.pool.query(`UPDATE story_narrations SET ${sql} WHERE id = $1`, [id]);
    for (const wrong of [
      "generation_status = 'lost'",
      "generation_status = 'pending'",
      'audio = NULL',
      "audio_format = 'flac'",
      'done_segments = 4',
    ])
      await expect(set(wrong)).rejects.toMatchObject({ code: '23514' });
    for (const wrong of ['take = NULL', 'intensity = 11', 'segment_index = -1'])
      await expect(database.pool.query(`UPDATE narration_segments SET ${wrong} WHERE narration_id = $1`, [id])).rejects.toMatchObject({
        code: '23514',
      });
  });
});
