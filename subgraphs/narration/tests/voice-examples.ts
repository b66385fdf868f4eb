import { randomUUID } from 'node:crypto';
import { language } from '@storytelling/shared/value-objects/language';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { RecordingMeasures } from '../src/domain/recording.js';
import type { Emotion } from '../src/domain/speech-provider.js';
import { complete, create, recordConsent, recordSample, requestTraining, type VoiceId } from '../src/domain/voice.js';
import type { NewSample, TrainedVoice, Training, VoiceTrainings } from '../src/domain/voices.js';
import { writer } from './narration-examples.js';

export const measures: RecordingMeasures = {
  ...{ durationSeconds: 4, speechSeconds: 3.5, speechLevel: -20, noiseLevel: -60, peakLevel: -6, clipped: 0 },
  ...{ pitch: 180, pitchRange: 6 },
};

/** A job that ends without anybody noticing. */
export const job = { complete: async () => undefined };

export async function aNarratorVoice(
  voices: VoiceTrainings,
  {
    owner = writer,
    provider = 'local',
    name = 'My voice',
    spoken = 'en',
  }: { owner?: UserId; provider?: string; name?: string; spoken?: string } = {},
): Promise<VoiceId> {
  const id = randomUUID() as VoiceId;
  return voices.add(owner, (owned) => create({ id, ownerId: owner, name, provider, language: language(spoken) }, owned));
}

export const sampleOf = (voiceId: string, emotion: Emotion = 'joy', id: string = randomUUID()): NewSample => ({
  ...{ id, emotion, duration: measures.durationSeconds, text: `Said with ${emotion}.`, bytes: 5, measures },
  audioKey: `narration/voices/${voiceId}/samples/${id}.wav`,
});

export async function recorded(voices: VoiceTrainings, id: VoiceId, sample = sampleOf(id)): Promise<string> {
  return voices.record(id, sample.id, (voice) => recordSample(voice, sample), sample);
}

/** Recorded, agreed to, and asked for. */
export async function inTraining(voices: VoiceTrainings, options: Parameters<typeof aNarratorVoice>[1] = {}): Promise<Training> {
  const voiceId = await aNarratorVoice(voices, options);
  await recorded(voices, voiceId);
  await voices.update(voiceId, (voice) => recordConsent(voice, { speaker: 'Ada', statement: 'I agree.' }));
  return trainingOf(voices, voiceId, options.provider);
}

export async function trainingOf(voices: VoiceTrainings, voiceId: VoiceId, provider = 'local'): Promise<Training> {
  const trainingId = randomUUID();
  await voices.update(voiceId, (voice) => requestTraining(voice, trainingId));
  return { voiceId, trainingId, provider };
}

export const trainedAs = (providerVoiceId: string, previewKey: string | null = null): TrainedVoice => ({
  providerVoiceId,
  settings: { pitch: 1.1 },
  previewKey,
});

export const trained = (voices: VoiceTrainings, training: Training, as = trainedAs('made-1')): Promise<void> =>
  voices.finish(training, (voice) => complete(voice, training.trainingId, 0.7), { trained: as, job });

export async function aReadyVoice(
  voices: VoiceTrainings,
  options: Parameters<typeof aNarratorVoice>[1] = {},
  as = trainedAs('made-1'),
): Promise<VoiceId> {
  const training = await inTraining(voices, options);
  await trained(voices, training, as);
  return training.voiceId;
}
