import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { VoiceEvent } from '@storytelling/shared/domain-events/narration';
import { userId } from '@storytelling/shared/value-objects/user-id';
import {
  complete,
  fail,
  MOST_VOICES,
  remove,
  removeSample,
  reportProgress,
  requestTraining,
  type VoiceId,
  withdrawConsent,
} from '../src/domain/voice.js';
import type { ForgottenVoice, VoiceTrainings } from '../src/domain/voices.js';
import { reader, writer } from './narration-examples.js';
import {
  aNarratorVoice,
  aReadyVoice,
  inTraining,
  job,
  measures,
  recorded,
  sampleOf,
  trained,
  trainedAs,
  trainingOf,
} from './voice-examples.js';

interface Opened {
  readonly voices: VoiceTrainings;
  events(id: VoiceId): Promise<VoiceEvent[]>;
  /** What was to be thrown away, oldest first. */
  forgotten(): readonly ForgottenVoice[];
  close(): Promise<void>;
}

/** What every adapter of the port promises. */
export function voicesContract(name: string, open: () => Promise<Opened>) {
  describe(`voices in ${name}`, () => {
    let kept: Opened;
    let voices: VoiceTrainings;
    beforeAll(async () => {
      kept = await open();
      voices = kept.voices;
    });
    afterAll(() => kept.close());

    const types = async (id: VoiceId) => (await kept.events(id)).map(({ type }) => type);
    const forgottenOf = (id: VoiceId) => kept.forgotten().filter(({ voiceId }) => voiceId === id);
    const failure = { code: 'SPEECH_FAILED', message: 'It failed.', retryable: true };

    it('keep the events of a verb, in order', async () => {
      const id = await aReadyVoice(voices);
      expect(await types(id)).toEqual([
        'VoiceCreated',
        'VoiceSampleRecorded',
        'ConsentRecorded',
        'TrainingRequested',
        'VoiceProfileTrained',
      ]);
      expect(await voices.find(id)).toMatchObject({ status: 'ready', quality: 0.7, ownerId: writer, samples: [{ isLocked: true }] });
    });

    it('change nothing when a decision is a refusal', async () => {
      const id = await aNarratorVoice(voices);
      await expect(voices.update(id, (voice) => requestTraining(voice, randomUUID()))).rejects.toMatchObject({
        code: 'VOICE_CONSENT_MISSING',
      });
      expect(await types(id)).toEqual(['VoiceCreated']);
    });

    it('refuse an unknown id', async () => {
      const id = randomUUID() as VoiceId;
      await expect(voices.update(id, () => [])).rejects.toMatchObject({ code: 'VOICE_NOT_FOUND' });
      await expect(voices.record(id, randomUUID(), () => [])).rejects.toMatchObject({ code: 'VOICE_NOT_FOUND' });
      expect(await voices.find(id)).toBeUndefined();
    });

    it('count what somebody has, also of those who ask at once', async () => {
      const owner = userId(`owner-${randomUUID()}`);
      for (let count = 0; count < MOST_VOICES - 1; count += 1) await aNarratorVoice(voices, { owner });
      // With a connection ready for each of them, they really come at once.
      const crowd = Array.from({ length: 10 });
      await Promise.all(crowd.map(() => aNarratorVoice(voices, { owner: userId(`crowd-${randomUUID()}`) })));
      const asked = await Promise.allSettled(crowd.map(() => aNarratorVoice(voices, { owner })));
      const [refused] = asked.filter(({ status }) => status === 'rejected');
      expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(refused).toMatchObject({ reason: { code: 'VOICE_LIMIT' } });
    });

    it('keep a sample with its event, and answer its id', async () => {
      const id = await aNarratorVoice(voices);
      const sample = sampleOf(id);
      expect(await recorded(voices, id, sample)).toBe(sample.id);
      // Once more, as after a lost answer.
      expect(await recorded(voices, id, sample)).toBe(sample.id);
      expect(await types(id)).toEqual(['VoiceCreated', 'VoiceSampleRecorded']);
      expect((await voices.find(id))?.samples).toEqual([{ id: sample.id, emotion: 'joy', duration: 4, isLocked: false }]);
    });

    it('forget no training that another may have made by then, when there was none', async () => {
      const id = await aNarratorVoice(voices);
      await recorded(voices, id);
      await voices.update(id, withdrawConsent);
      expect(forgottenOf(id)).toMatchObject([{ trained: 'none' }]);
    });

    it('throw the sound of a sample away that was taken back', async () => {
      const id = await aNarratorVoice(voices);
      const sample = sampleOf(id);
      await recorded(voices, id, sample);
      await voices.update(id, (voice) => removeSample(voice, sample.id));
      expect(forgottenOf(id)).toEqual([{ voiceId: id, provider: 'local', trained: 'none', objects: [sample.audioKey] }]);
      expect(await voices.find(id)).toMatchObject({ status: 'pending', samples: [] });
    });

    it('give a training what it was asked for: the samples of that time', async () => {
      const training = await inTraining(voices);
      const work = await voices.work(training);
      expect(work).toMatchObject({
        owner: writer,
        name: 'My voice',
        language: 'en',
        askedAt: null,
        samples: [{ emotion: 'joy', measures }],
      });
      expect(await voices.work({ ...training, trainingId: randomUUID() })).toBeUndefined();
      expect(await voices.work({ ...training, voiceId: randomUUID() as VoiceId })).toBeUndefined();
    });

    it('remember when the provider was asked first, as long as that training lasts', async () => {
      const training = await inTraining(voices);
      const [first, second] = [new Date('2026-01-01T10:00:00Z'), new Date('2026-01-01T11:00:00Z')];
      expect([await voices.asked(training, first), await voices.asked(training, second)]).toEqual([true, true]);
      await voices.update(training.voiceId, (voice) =>
        reportProgress(voice, training.trainingId, { stage: 'training', done: 0, total: 1 }),
      );
      expect((await voices.work(training))?.askedAt).toEqual(first);
      await trained(voices, training);
      const again = await trainingOf(voices, training.voiceId);
      expect((await voices.work(again))?.askedAt).toBeNull();
      expect(await voices.asked(training, first)).toBe(false);
    });

    it('end the job in the transaction of the result', async () => {
      const training = await inTraining(voices);
      let ended = 0;
      const ending = { complete: async () => void (ended += 1) };
      await voices.finish(training, (voice) => complete(voice, training.trainingId, 1), { trained: trainedAs('x'), job: ending });
      expect(ended).toBe(1);
      expect(forgottenOf(training.voiceId)).toEqual([]);
    });

    it('change and forget nothing for a worker that has lost its turn', async () => {
      const training = await inTraining(voices);
      const lost = { complete: () => Promise.reject(new Error('lost its turn')) };
      const late = { trained: trainedAs('x'), job: lost };
      await expect(voices.finish(training, (voice) => complete(voice, training.trainingId, 1), late)).rejects.toThrow('lost its turn');
      await trained(voices, training);
      await expect(voices.finish(training, () => [], late)).rejects.toThrow('lost its turn');
      expect(await voices.find(training.voiceId)).toMatchObject({ status: 'ready', quality: 0.7 });
      expect(forgottenOf(training.voiceId)).toEqual([]);
    });

    it('forget what was made for a training that nobody waits for any more', async () => {
      const training = await inTraining(voices);
      const { voiceId, trainingId: key } = training;
      await voices.update(voiceId, withdrawConsent);
      const finish = (made: ReturnType<typeof trainedAs> | null) =>
        voices.finish(training, (voice) => complete(voice, key, 1), { trained: made, job });
      await finish(trainedAs('too-late', 'narration/voices/late.mp3'));
      await finish(null);
      expect(forgottenOf(voiceId).slice(1)).toEqual([
        { voiceId, provider: 'local', trained: { providerVoiceId: 'too-late', key }, objects: ['narration/voices/late.mp3'] },
        { voiceId, provider: 'local', trained: { providerVoiceId: null, key }, objects: [] },
      ]);
      expect(await voices.find(voiceId)).toMatchObject({ status: 'pending', quality: null });
    });

    it('forget what a failed training may have made, and nothing else', async () => {
      const training = await inTraining(voices);
      const { voiceId, trainingId: key } = training;
      await voices.finish(training, (voice) => fail(voice, key, failure), { trained: null, job });
      expect(await voices.find(voiceId)).toMatchObject({ status: 'failed', failure, samples: [{ isLocked: true }] });
      expect(forgottenOf(voiceId)).toEqual([{ voiceId, provider: 'local', trained: { providerVoiceId: null, key }, objects: [] }]);
    });

    it('forget what was trained before when there is another', async () => {
      const id = await aReadyVoice(voices, {}, trainedAs('first', 'narration/voices/first.mp3'));
      await trained(voices, await trainingOf(voices, id), trainedAs('first', 'narration/voices/again.mp3'));
      const of = { voiceId: id, provider: 'local' };
      expect(forgottenOf(id)).toEqual([{ ...of, trained: 'none', objects: ['narration/voices/first.mp3'] }]);
      await trained(voices, await trainingOf(voices, id), trainedAs('second', 'narration/voices/second.mp3'));
      expect(forgottenOf(id).slice(1)).toEqual([
        { ...of, trained: { providerVoiceId: 'first', key: null }, objects: ['narration/voices/again.mp3'] },
      ]);
    });

    it('keep nothing when consent is withdrawn: recordings, preview and what was trained go', async () => {
      const id = await aReadyVoice(voices, {}, trainedAs('made', 'narration/voices/made.mp3'));
      const later = sampleOf(id, 'fear');
      await recorded(voices, id, later);
      await voices.update(id, withdrawConsent);
      const [{ objects } = { objects: [] }, ...none] = forgottenOf(id);
      expect(none).toEqual([]);
      expect(forgottenOf(id)).toMatchObject([{ trained: { providerVoiceId: 'made', key: null } }]);
      expect(objects).toHaveLength(3);
      expect(objects).toEqual(expect.arrayContaining([later.audioKey, 'narration/voices/made.mp3']));
      expect(await voices.find(id)).toMatchObject({ status: 'pending', samples: [], consent: null, quality: null });
    });

    it('forget a deleted voice whole, but for who deleted it', async () => {
      const id = await aReadyVoice(voices);
      expect(await voices.wasDeletedBy(id, writer)).toBe(false);
      await voices.update(id, remove);
      expect((await types(id)).at(-1)).toBe('VoiceDeleted');
      expect(forgottenOf(id)).toEqual([{ voiceId: id, provider: 'local', trained: 'all', objects: 'all' }]);
      expect(await voices.find(id)).toBeUndefined();
      await expect(voices.update(id, remove)).rejects.toMatchObject({ code: 'VOICE_NOT_FOUND' });
      expect([await voices.wasDeletedBy(id, writer), await voices.wasDeletedBy(id, reader)]).toEqual([true, false]);
    });

    it('try again to forget what could not be forgotten', async () => {
      const trained = { providerVoiceId: 'x', key: null };
      const voice = { voiceId: randomUUID() as VoiceId, provider: 'local', trained, objects: [] };
      await voices.forget(voice);
      expect(forgottenOf(voice.voiceId)).toEqual([voice]);
    });
  });
}
