import { type Stream, stream } from '@storytelling/shared/domain-events/event';
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
import type { Language } from '@storytelling/shared/value-objects/language';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { Consent } from './consent.js';
import type { Failure, Progress } from './narration.js';
import { refuse } from './refusals.js';
import type { Emotion } from './speech-provider.js';

// ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────
// voice     a voice of somebody's own, which their stories can be read in once it is trained
// sample    one recording of it, in one emotion
// consent   whose voice it is, and in which words they agreed: a voice is biometric
// training  what a provider makes of all samples: a clone of the voice, or a profile of it
// locked    a sample that a training has used: it stays as it is, as long as the voice does

// ── states ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export type VoiceId = string & { readonly __brand: 'VoiceId' };

/** Everything live about a voice is a view of this one. */
export const voiceStream = (id: string): Stream => stream('narration', 'Voice', id);

interface AnyVoice {
  readonly id: VoiceId;
  readonly ownerId: UserId;
  /** null: erased with its owner. */
  readonly name: string | null;
  /** Who trains it, and speaks in it then. */
  readonly provider: string;
  /** Of the samples. */
  readonly language: Language;
  readonly consent: Consent | null;
  readonly samples: readonly VoiceSample[];
  /** Of what was trained last, 0 to 1; null: nothing was. */
  readonly quality: number | null;
}
export interface VoiceSample {
  readonly id: string;
  readonly emotion: Emotion;
  /** In seconds, as precise as a row keeps it. */
  readonly duration: number;
  readonly isLocked: boolean;
}
/** Nothing has been recorded. */
export interface PendingVoice extends AnyVoice {
  readonly status: 'pending';
}
export interface CollectingVoice extends AnyVoice {
  readonly status: 'collecting';
}
/** What was trained before cannot be used meanwhile. */
export interface TrainingVoice extends AnyVoice {
  readonly status: 'training';
  readonly training: TrainingUnderWay;
}
export interface TrainingUnderWay {
  readonly id: string;
  readonly progress: Progress | null;
}
/** It can speak. Samples that came afterwards count with the next training. */
export interface ReadyVoice extends AnyVoice {
  readonly status: 'ready';
}
export interface FailedVoice extends AnyVoice {
  readonly status: 'failed';
  readonly failure: Failure;
}
/** The end of a stream: there is no such voice any more, and nothing that was made of it. */
export interface DeletedVoice extends AnyVoice {
  readonly status: 'deleted';
}
export type Voice = PendingVoice | CollectingVoice | TrainingVoice | ReadyVoice | FailedVoice | DeletedVoice;

export const MOST_VOICES = 20;
export const MOST_SAMPLES = 50;
/** In seconds. A provider asks for one to three minutes; ten of WAV are 29 MB, in each export of its owner, too. */
export const MOST_RECORDED = 600;

// ── verbs ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface NewVoice {
  readonly id: VoiceId;
  readonly ownerId: UserId;
  readonly name: string;
  readonly provider: string;
  readonly language: Language;
}

/** `owned`: how many voices its owner has already. */
export function create({ id, ownerId, name, provider, language }: NewVoice, owned: number): VoiceEvent[] {
  if (owned >= MOST_VOICES) throw refuse.VOICE_LIMIT({ max: MOST_VOICES });
  return [VoiceCreated({ voiceId: id, userId: ownerId, name, provider, language })];
}

export interface Recorded {
  readonly id: string;
  readonly emotion: Emotion;
  /** In seconds. */
  readonly duration: number;
}

/** One that is there already is no event, whatever has happened since: whoever has lost the answer asks again. */
export function recordSample(voice: Voice, { id: sampleId, emotion, duration }: Recorded): VoiceEvent[] {
  if (isRecorded(voice, sampleId)) return [];
  requireRecordable(voice);
  const recorded = voice.samples.reduce((sum, sample) => sum + sample.duration, duration);
  if (recorded > MOST_RECORDED) throw refuse.VOICE_RECORDINGS_TOO_LONG({ max: MOST_RECORDED });
  return [VoiceSampleRecorded({ ...subjectOf(voice), sampleId, emotion, duration })];
}

export const isRecorded = (voice: Voice, sampleId: string): boolean =>
  voice.status !== 'deleted' && voice.samples.some(({ id }) => id === sampleId);

/** Whether one more sample can be taken. */
export function requireRecordable(voice: Voice): void {
  if (requireExisting(voice).status === 'training') throw refuse.VOICE_BEING_TRAINED();
  if (voice.samples.length >= MOST_SAMPLES) throw refuse.VOICE_SAMPLES_LIMIT({ max: MOST_SAMPLES });
}

export function removeSample(voice: Voice, sampleId: string): VoiceEvent[] {
  const sample = requireExisting(voice).samples.find(({ id }) => id === sampleId);
  if (!sample) throw refuse.VOICE_SAMPLE_NOT_FOUND();
  if (sample.isLocked) throw refuse.VOICE_SAMPLE_LOCKED();
  return [VoiceSampleRemoved({ ...subjectOf(voice), sampleId })];
}

/** The same words again are no event. */
export function recordConsent(voice: Voice, { speaker, statement }: Consent): VoiceEvent[] {
  const { consent } = requireExisting(voice);
  if (consent?.speaker === speaker && consent.statement === statement) return [];
  return [ConsentRecorded({ ...subjectOf(voice), speaker, statement })];
}

/** Nothing of the voice stays but its name. Where there is nothing, nothing happens. */
export function withdrawConsent(voice: Voice): VoiceEvent[] {
  const { consent, samples } = requireExisting(voice);
  return consent || samples.length > 0 ? [ConsentWithdrawn(subjectOf(voice))] : [];
}

export function requestTraining(voice: Voice, trainingId: string): VoiceEvent[] {
  const { status, consent, samples } = requireExisting(voice);
  if (status === 'training') throw refuse.VOICE_BEING_TRAINED();
  if (!consent) throw refuse.VOICE_CONSENT_MISSING();
  if (samples.length === 0) throw refuse.VOICE_SAMPLES_MISSING();
  return [TrainingRequested({ ...subjectOf(voice), trainingId, sampleIds: samples.map(({ id }) => id) })];
}

/** Possible in every state. */
export function remove(voice: Voice): VoiceEvent[] {
  return [VoiceDeleted(subjectOf(requireExisting(voice)))];
}

function requireExisting(voice: Voice): Exclude<Voice, DeletedVoice> {
  if (voice.status === 'deleted') throw refuse.VOICE_NOT_FOUND();
  return voice;
}

const subjectOf = ({ id, ownerId }: Voice) => ({ voiceId: id, userId: ownerId });

// ── what a training says of itself; one that is no longer awaited says nothing ───────────────────────────────────────

export function isAwaited(voice: Voice, trainingId: string): voice is TrainingVoice {
  return voice.status === 'training' && voice.training.id === trainingId;
}

export function reportProgress(voice: Voice, trainingId: string, progress: Progress): VoiceEvent[] {
  return isAwaited(voice, trainingId) ? [TrainingProgressed({ ...subjectOf(voice), trainingId, ...progress })] : [];
}

/** `quality` is kept in hundredths. */
export function complete(voice: Voice, trainingId: string, quality: number): VoiceEvent[] {
  if (!isAwaited(voice, trainingId)) return [];
  const { provider } = voice;
  return [VoiceProfileTrained({ ...subjectOf(voice), trainingId, provider, quality: Math.round(quality * 100) / 100 })];
}

export function fail(voice: Voice, trainingId: string, failure: Failure): VoiceEvent[] {
  return isAwaited(voice, trainingId) ? [VoiceTrainingFailed({ ...subjectOf(voice), trainingId, ...failure })] : [];
}

// ── evolve ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export function evolve(voice: Voice | undefined, event: VoiceEvent): Voice {
  if (event.type === 'VoiceCreated') {
    const { voiceId, userId, name, provider, language } = event.data;
    return {
      status: 'pending',
      id: voiceId as VoiceId,
      ownerId: userId as UserId,
      name,
      provider,
      language: language as Language,
      consent: null,
      samples: [],
      quality: null,
    };
  }
  if (!voice) throw new Error(`A voice's stream begins with VoiceCreated, not with ${event.type}.`);
  switch (event.type) {
    case 'VoiceSampleRecorded': {
      const { sampleId: id, emotion, duration } = event.data;
      const sample = { id, emotion: emotion as Emotion, duration: Math.round(duration * 100) / 100, isLocked: false };
      const recorded = { ...voice, samples: [...voice.samples, sample] };
      return voice.status === 'ready' ? recorded : settle(recorded, 'collecting');
    }
    case 'VoiceSampleRemoved': {
      const left = { ...voice, samples: voice.samples.filter(({ id }) => id !== event.data.sampleId) };
      return left.status === 'collecting' && left.samples.length === 0 ? settle(left, 'pending') : left;
    }
    case 'ConsentRecorded': {
      const { speaker, statement } = event.data;
      return { ...voice, consent: { speaker, statement } };
    }
    case 'ConsentWithdrawn':
      return settle({ ...voice, consent: null, samples: [], quality: null }, 'pending');
    case 'TrainingRequested': {
      const { trainingId, sampleIds } = event.data;
      const samples = voice.samples.map((sample) => (sampleIds.includes(sample.id) ? { ...sample, isLocked: true } : sample));
      return { ...settle({ ...voice, samples }, 'pending'), status: 'training', training: { id: trainingId, progress: null } };
    }
    case 'TrainingProgressed': {
      const { stage, done, total } = event.data;
      return voice.status === 'training' ? { ...voice, training: { ...voice.training, progress: { stage, done, total } } } : voice;
    }
    case 'VoiceProfileTrained':
      return settle({ ...voice, quality: event.data.quality }, 'ready');
    case 'VoiceTrainingFailed': {
      const { code, message, retryable } = event.data;
      return { ...settle(voice, 'pending'), status: 'failed', failure: { code, message, retryable } };
    }
    case 'VoiceDeleted':
      return settle({ ...voice, consent: null, samples: [], quality: null }, 'deleted');
  }
}

/** The same voice in a status that carries nothing of its own. */
function settle(voice: Voice, status: Exclude<Voice['status'], 'training' | 'failed'>): Voice {
  const { id, ownerId, name, provider, language, consent, samples, quality } = voice;
  return { id, ownerId, name, provider, language, consent, samples, quality, status };
}
