import { describe, expect, it } from '@jest/globals';
import {
  ConsentRecorded,
  ConsentWithdrawn,
  TrainingProgressed,
  TrainingRequested,
  VoiceCreated,
  VoiceDeleted,
  type VoiceEvent,
  VoiceProfileTrained,
  VoiceSampleRecorded,
  VoiceSampleRemoved,
  VoiceTrainingFailed,
} from '@storytelling/shared/domain-events/narration';
import { language } from '@storytelling/shared/value-objects/language';
import { userId } from '@storytelling/shared/value-objects/user-id';
import {
  complete,
  create,
  evolve,
  fail,
  MOST_RECORDED,
  MOST_SAMPLES,
  MOST_VOICES,
  recordConsent,
  recordSample,
  remove,
  removeSample,
  reportProgress,
  requestTraining,
  type Voice,
  type VoiceId,
  withdrawConsent,
} from './voice.js';

const id = '7c9e6679-7425-40de-944b-e07fc1f90ae7' as VoiceId;
const ownerId = userId('user-0000000001');
const trainingId = '0b8a1d3e-5a53-4b8e-8f0e-2f0f8f3f7a11';
const [first, second] = ['0b8a1d3e-5a53-4b8e-8f0e-2f0f8f3f7a21', '0b8a1d3e-5a53-4b8e-8f0e-2f0f8f3f7a22'];
const of = { voiceId: id, userId: ownerId };

const created = VoiceCreated({ ...of, name: 'My voice', provider: 'local', language: 'en' });
const recorded = (sampleId: string) => VoiceSampleRecorded({ ...of, sampleId, emotion: 'joy', duration: 3 });
const agreed = ConsentRecorded({ ...of, speaker: 'Ada', statement: 'I agree.' });
const requested = TrainingRequested({ ...of, trainingId, sampleIds: [first] });
const trained = VoiceProfileTrained({ ...of, trainingId, provider: 'local', quality: 0.7 });
const failure = { code: 'SPEECH_FAILED', message: 'It could not be made.', retryable: true };
const failed = VoiceTrainingFailed({ ...of, trainingId, ...failure });

const given = (...events: VoiceEvent[]): Voice => events.reduce<Voice | undefined>(evolve, undefined) as Voice;
const states: readonly [string, Voice][] = [
  ['pending', given(created)],
  ['collecting', given(created, recorded(first))],
  ['training', given(created, recorded(first), agreed, requested)],
  ['ready', given(created, recorded(first), agreed, requested, trained)],
  ['failed', given(created, recorded(first), agreed, requested, failed)],
];
const [pending, collecting, training, ready, lost] = states.map(([, voice]) => voice) as [Voice, Voice, Voice, Voice, Voice];
const deleted = given(created, VoiceDeleted(of));
const refused = (code: string) => expect.objectContaining({ code });
const sample = (sampleId: string) => ({ id: sampleId, emotion: 'joy', duration: 3 }) as const;

describe('a voice', () => {
  it.each(states)('is %s after what led there', (status, voice) => expect(voice.status).toBe(status));

  it('begins with a name, a provider and a language', () => {
    const voice = { id, ownerId, name: 'My voice', provider: 'local', language: language('en') };
    expect(create(voice, 0)).toEqual([created]);
    expect(given(created)).toMatchObject({ ...voice, consent: null, samples: [], quality: null });
  });
  it('is one of at most 20', () => {
    const voice = { id, ownerId, name: 'My voice', provider: 'local', language: language('en') };
    expect(create(voice, MOST_VOICES - 1)).toHaveLength(1);
    expect(() => create(voice, MOST_VOICES)).toThrow(refused('VOICE_LIMIT'));
  });

  describe('given a recording', () => {
    it.each([
      ['pending', pending, 'collecting'],
      ['collecting', collecting, 'collecting'],
      ['failed', lost, 'collecting'],
      ['ready', ready, 'ready'],
    ])('when %s keeps it', (_, voice, status) => {
      const events = recordSample(voice, sample(second));
      expect(events).toEqual([recorded(second)]);
      const after = events.reduce(evolve, voice);
      expect(after.status).toBe(status);
      expect(after.samples.at(-1)).toEqual({ id: second, emotion: 'joy', duration: 3, isLocked: false });
    });
    it('while it is trained refuses it', () =>
      expect(() => recordSample(training, sample(second))).toThrow(refused('VOICE_BEING_TRAINED')));
    it('that it has does nothing, even while it is trained', () => {
      for (const voice of [collecting, training, ready, lost]) expect(recordSample(voice, sample(first))).toEqual([]);
    });
    it('has at most 50', () => {
      const ids = Array.from({ length: MOST_SAMPLES }, (_, index) => `0b8a1d3e-5a53-4b8e-8f0e-${String(index).padStart(12, '0')}`);
      const full = given(created, ...ids.map(recorded));
      expect(() => recordSample(full, sample(first))).toThrow(refused('VOICE_SAMPLES_LIMIT'));
      expect(recordSample(given(created, ...ids.slice(1).map(recorded)), sample(first))).toHaveLength(1);
    });
  });

  it('is recorded for at most ten minutes in all', () => {
    const long = (sampleId: string, duration: number) => ({ id: sampleId, emotion: 'joy', duration }) as const;
    const almost = recordSample(pending, long(first, MOST_RECORDED - 1)).reduce(evolve, pending);
    expect(() => recordSample(almost, long(second, 1.5))).toThrow(refused('VOICE_RECORDINGS_TOO_LONG'));
    expect(recordSample(almost, long(second, 1))).toHaveLength(1);
  });

  describe('a recording of which is taken back', () => {
    it('goes on without it', () => {
      expect(removeSample(collecting, first)).toEqual([VoiceSampleRemoved({ ...of, sampleId: first })]);
      expect(evolve(collecting, VoiceSampleRemoved({ ...of, sampleId: first }))).toEqual(pending);
      const two = given(created, recorded(first), recorded(second), VoiceSampleRemoved({ ...of, sampleId: first }));
      expect(two).toMatchObject({ status: 'collecting', samples: [{ id: second }] });
    });
    it('keeps what a training has used', () => {
      for (const voice of [training, ready, lost]) expect(() => removeSample(voice, first)).toThrow(refused('VOICE_SAMPLE_LOCKED'));
    });
    it('gives back what came after the training', () => {
      const later = given(created, recorded(first), agreed, requested, trained, recorded(second));
      expect(removeSample(later, second)).toHaveLength(1);
      expect(evolve(later, VoiceSampleRemoved({ ...of, sampleId: second }))).toEqual(ready);
    });
    it('knows what it has', () => expect(() => removeSample(pending, first)).toThrow(refused('VOICE_SAMPLE_NOT_FOUND')));
  });

  describe('that is to be trained', () => {
    it('needs consent, and says so first', () => {
      expect(() => requestTraining(collecting, trainingId)).toThrow(refused('VOICE_CONSENT_MISSING'));
      expect(() => requestTraining(pending, trainingId)).toThrow(refused('VOICE_CONSENT_MISSING'));
    });
    it('needs recordings', () =>
      expect(() => requestTraining(given(created, agreed), trainingId)).toThrow(refused('VOICE_SAMPLES_MISSING')));
    it('is trained once at a time', () => expect(() => requestTraining(training, trainingId)).toThrow(refused('VOICE_BEING_TRAINED')));
    it.each([
      ['collecting', given(created, recorded(first), agreed)],
      ['ready', ready],
      ['failed', lost],
    ])('is, when %s, from all its recordings, which are locked from then on', (_, voice) => {
      const two = evolve(voice, recorded(second));
      const events = requestTraining(two, trainingId);
      expect(events).toEqual([TrainingRequested({ ...of, trainingId, sampleIds: [first, second] })]);
      const after = events.reduce(evolve, two);
      expect(after).toMatchObject({ status: 'training', samples: [{ isLocked: true }, { isLocked: true }] });
      expect(after).not.toHaveProperty('failure');
    });
  });

  describe('in training', () => {
    const progress = { stage: 'training', done: 1, total: 3 };
    it('tells how far it is', () => {
      expect(reportProgress(training, trainingId, progress)).toEqual([TrainingProgressed({ ...of, trainingId, ...progress })]);
      expect(evolve(training, TrainingProgressed({ ...of, trainingId, ...progress }))).toMatchObject({ training: { progress } });
    });
    it('is ready with a measured quality in hundredths', () => {
      expect(complete(training, trainingId, 0.7049)).toEqual([trained]);
      expect(evolve(training, trained)).toMatchObject({ status: 'ready', quality: 0.7 });
    });
    it('or says why not, and can be trained again', () => {
      expect(fail(training, trainingId, failure)).toEqual([failed]);
      expect(lost).toMatchObject({ failure });
      expect(requestTraining(lost, second)).toHaveLength(1);
    });
    it('keeps the quality of what was trained before until there is another', () => {
      const again = evolve(ready, requested);
      expect(again).toMatchObject({ status: 'training', quality: 0.7 });
    });
    it.each([
      ['another one', training, second],
      ['one after consent was withdrawn', evolve(training, ConsentWithdrawn(of)), trainingId],
      ['one that has ended', ready, trainingId],
      ['one of a voice that is gone', evolve(training, VoiceDeleted(of)), trainingId],
    ])('hears nothing of %s', (_, voice, of) => {
      expect([reportProgress(voice, of, progress), complete(voice, of, 1), fail(voice, of, failure)]).toEqual([[], [], []]);
    });
  });

  describe('whose consent', () => {
    it('is recorded, keeps who agreed in which words', () => {
      expect(recordConsent(pending, { speaker: 'Ada', statement: 'I agree.' })).toEqual([agreed]);
      expect(evolve(pending, agreed).consent).toEqual({ speaker: 'Ada', statement: 'I agree.' });
    });
    it('is the same again, changes nothing', () => expect(recordConsent(ready, { speaker: 'Ada', statement: 'I agree.' })).toEqual([]));
    it.each(states.filter(([status]) => status !== 'pending'))('is withdrawn, when %s, is as it began', (_, voice) => {
      expect(withdrawConsent(voice)).toEqual([ConsentWithdrawn(of)]);
      expect(evolve(voice, ConsentWithdrawn(of))).toEqual(pending);
    });
    it('is withdrawn where there is nothing, stays as it is', () => expect(withdrawConsent(pending)).toEqual([]));
  });

  it.each(states)('can be deleted when %s', (_, voice) => expect(remove(voice)).toEqual([VoiceDeleted(of)]));
  it('that is deleted is not there for any verb', () => {
    const verbs: ((voice: Voice) => unknown)[] = [
      remove,
      withdrawConsent,
      (voice) => recordConsent(voice, { speaker: 'Ada', statement: 'I agree.' }),
      (voice) => recordSample(voice, sample(second)),
      (voice) => removeSample(voice, first),
      (voice) => requestTraining(voice, trainingId),
    ];
    for (const verb of verbs) expect(() => verb(deleted)).toThrow(refused('VOICE_NOT_FOUND'));
  });
});
