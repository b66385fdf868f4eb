import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { evolve, fail, recordConsent, remove, reportProgress, requestTraining, type Voice, withdrawConsent } from '../src/domain/voice.js';
import type { ForgottenVoice } from '../src/domain/voices.js';
import { forgetVoiceQueue, toVoice, trainingQueue } from '../src/infrastructure/prisma-voices.js';
import { voiceDatabase } from './voice-database.js';
import { aNarratorVoice, aReadyVoice, inTraining, job, recorded, trainedAs } from './voice-examples.js';
import { voicesContract } from './voices.contract.js';

voicesContract('PostgreSQL', async () => {
  const database = await voiceDatabase();
  const forgotten = () =>
    database.enqueued
      .filter(({ queue, afterSeconds }) => queue === forgetVoiceQueue && afterSeconds === undefined)
      .map(({ data }) => data as ForgottenVoice);
  return { ...database, forgotten };
});

describe('voices in PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof voiceDatabase>>;
  beforeAll(async () => {
    database = await voiceDatabase();
  });
  afterAll(() => database.close());

  it('fold: every stream leads to its row', async () => {
    const { voices, prisma } = database;
    await aNarratorVoice(voices);
    await recorded(voices, await aNarratorVoice(voices));
    const training = await inTraining(voices);
    await voices.asked(training, new Date());
    await voices.update(training.voiceId, (voice) => reportProgress(voice, training.trainingId, { stage: 'training', done: 1, total: 2 }));
    await recorded(voices, await aReadyVoice(voices));
    const failed = await inTraining(voices);
    await voices.finish(
      failed,
      (voice) => fail(voice, failed.trainingId, { code: 'SPEECH_FAILED', message: 'It failed.', retryable: true }),
      { trained: null, job },
    );
    await voices.update(await aReadyVoice(voices), withdrawConsent);
    await voices.update(await aReadyVoice(voices), remove);
    const records = await prisma.narratorVoiceRecord.findMany({ include: { samples: { orderBy: { createdAt: 'asc' } } } });
    expect(records).toHaveLength(6);
    for (const record of records) {
      const events = await database.events(record.id);
      expect(toVoice(record)).toEqual(events.reduce<Voice | undefined>(evolve, undefined));
      expect(record.streamVersion).toBe(events.length);
    }
  });

  it('have one job for each training', async () => {
    const { enqueued, voices } = database;
    const training = await inTraining(voices);
    expect(enqueued.at(-1)).toEqual({ queue: trainingQueue, key: training.trainingId, data: training });
  });

  it('decide one after the other: of 10 who ask for a training at once, one gets it', async () => {
    const { voices } = database;
    const id = await aNarratorVoice(voices);
    await recorded(voices, id);
    await voices.update(id, (voice) => recordConsent(voice, { speaker: 'Ada', statement: 'I agree.' }));
    const crowd = Array.from({ length: 10 });
    // With a connection ready for each of them, they really come at once.
    await Promise.all(crowd.map(() => aNarratorVoice(voices, { owner: userId(`crowd-${randomUUID()}`) })));
    const asked = await Promise.allSettled(crowd.map(() => voices.update(id, (voice) => requestTraining(voice, randomUUID()))));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const refused of asked.filter(({ status }) => status === 'rejected'))
      expect(refused).toMatchObject({ reason: { code: 'VOICE_BEING_TRAINED' } });
    expect(database.enqueued.filter(({ queue, data }) => queue === trainingQueue && 'voiceId' in data && data.voiceId === id)).toHaveLength(
      1,
    );
  });

  it('are looked for again at the provider when what it was asked for may still come', async () => {
    const { enqueued, voices } = database;
    const later = (id: string) =>
      enqueued.filter(({ key, afterSeconds }) => key.startsWith(id) && afterSeconds === 600).map(({ data }) => data);
    const training = await inTraining(voices);
    const { voiceId, trainingId: key } = training;
    const failure = { code: 'SPEECH_FAILED', message: 'It failed.', retryable: true };
    await voices.finish(training, (voice) => fail(voice, key, failure), { trained: null, job });
    expect(later(voiceId)).toEqual([{ voiceId, provider: 'local', trained: { providerVoiceId: null, key }, objects: [] }]);
    const known = await aReadyVoice(voices);
    await voices.update(known, withdrawConsent);
    expect(later(known)).toEqual([]);
  });

  it('leave no row with anything of a voice whose consent was withdrawn', async () => {
    const { voices, prisma } = database;
    const id = await aReadyVoice(voices, {}, trainedAs('the-clone', `narration/voices/preview.mp3`));
    const { consent } = await prisma.narratorVoiceRecord.findUniqueOrThrow({ where: { id } });
    expect(consent).toEqual({ speaker: 'Ada', statement: 'I agree.', at: expect.stringMatching(/^20.*Z$/) });
    await voices.update(id, withdrawConsent);
    expect(await prisma.narratorVoiceRecord.findUniqueOrThrow({ where: { id }, include: { samples: true } })).toMatchObject({
      ...{ providerVoiceId: null, settings: null, previewKey: null, qualityScore: null, consent: null, training: null, failure: null },
      ...{ trainingStatus: 'pending', samples: [] },
    });
  });

  it('keep when somebody agreed, whatever happens afterwards', async () => {
    const { voices, prisma } = database;
    const id = await aNarratorVoice(voices);
    await voices.update(id, (voice) => recordConsent(voice, { speaker: 'Ada', statement: 'I agree.' }));
    const before = await prisma.narratorVoiceRecord.findUniqueOrThrow({ where: { id } });
    await recorded(voices, id);
    const after = await prisma.narratorVoiceRecord.findUniqueOrThrow({ where: { id } });
    expect(after.consent).toEqual(before.consent);
    expect(after.trainingStatus).toBe('collecting');
  });

  it('obey the rules of the data model even where a verb would not', async () => {
    const id = await aNarratorVoice(database.voices);
    const set = (sql: string) => database.pool.query(`UPDATE narrator_voices SET ${sql} WHERE id = $1`, [id]);
    for (const wrong of ["training_status = 'lost'", "training_status = 'training'", "training_status = 'ready'", 'quality_score = 1.5'])
      await expect(set(wrong)).rejects.toMatchObject({ code: '23514' });
  });
});
