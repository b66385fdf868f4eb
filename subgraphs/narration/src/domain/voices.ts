import type { VoiceEvent } from '@storytelling/shared/domain-events/narration';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { JobInTransaction } from './narrations.js';
import type { RecordingMeasures } from './recording.js';
import type { Emotion, SpeakingVoice, Trained } from './speech-provider.js';
import type { Recorded, Voice, VoiceId } from './voice.js';

/** What is stored of a sample beside its event. */
export interface NewSample extends Recorded {
  /** What was said. */
  readonly text: string;
  readonly audioKey: string;
  readonly bytes: number;
  readonly measures: RecordingMeasures;
}

/** Voices as a collection. Each method that decides is one transaction: what changes, its events and its jobs commit together. */
export interface Voices {
  /** `decide` is told how many voices the owner has; two that are added at once are counted one after the other. */
  add(owner: UserId, decide: (owned: number) => readonly VoiceEvent[]): Promise<VoiceId>;
  /** Lock, decide, write what the events say, append them. Refuses an unknown id with VOICE_NOT_FOUND. */
  update(id: VoiceId, decide: (voice: Voice) => readonly VoiceEvent[]): Promise<VoiceId>;
  /** As `update`; keeps the sample beside its event, if there is one. Resolves to the sample's id. */
  record(id: VoiceId, sampleId: string, decide: (voice: Voice) => readonly VoiceEvent[], sample?: NewSample): Promise<string>;
  /** As it is just now, not locked. */
  find(id: VoiceId): Promise<Voice | undefined>;
  /** Whether there was such a voice, and this person has deleted it. */
  wasDeletedBy(id: VoiceId, owner: UserId): Promise<boolean>;
}

export interface Training {
  readonly voiceId: VoiceId;
  readonly trainingId: string;
  readonly provider: string;
}

/** What a training has to do. */
export interface TrainingWork {
  readonly owner: UserId;
  readonly name: string;
  readonly language: string;
  readonly samples: readonly StoredSample[];
  /** When the provider was asked, by an earlier try whose outcome nobody knows. */
  readonly askedAt: Date | null;
}

export interface StoredSample {
  readonly id: string;
  readonly emotion: Emotion;
  readonly audioKey: string;
  readonly measures: RecordingMeasures;
}

/** What a training has made. */
export interface TrainedVoice extends Pick<SpeakingVoice, 'providerVoiceId' | 'settings'> {
  /** Of a line that it speaks; null: it could not be made. */
  readonly previewKey: string | null;
}

/** What the training job needs beyond that. */
export interface VoiceTrainings extends Voices {
  /** undefined: nobody waits for this training any more. */
  work(training: Training): Promise<TrainingWork | undefined>;
  /** Remembers that the provider is being asked, before it is. false: nobody waits for it any more. */
  asked(training: Training, at: Date): Promise<boolean>;
  /**
   * As `update`, and ends the job; of a job that has been given up there is nothing to end. Where nobody waits for the training any more, or it has failed,
   * what the provider may have made is forgotten afterwards.
   */
  finish(
    training: Training,
    decide: (voice: Voice) => readonly VoiceEvent[],
    ended: { readonly trained: TrainedVoice | null; readonly job: JobInTransaction | null },
  ): Promise<void>;
  /** Enqueues it again. */
  forget(voice: ForgottenVoice): Promise<void>;
}

/** Something outside of the database that has to go: a durable job, done again until it is gone. */
export interface ForgottenVoice {
  readonly voiceId: VoiceId;
  readonly provider: string;
  /** Which trainings of it at the provider; all: it was deleted. */
  readonly trained: 'all' | 'none' | Pick<Trained, 'providerVoiceId' | 'key'>;
  /** Which objects of it; all: it was deleted. */
  readonly objects: 'all' | readonly string[];
}

/** Where to send a recording, and the id to name it by. */
export interface PromisedUpload {
  readonly id: string;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  readonly expiresAt: Date;
}

/** A recording that somebody has sent. */
export interface SentRecording {
  /** The same for the same upload, and nobody else's. */
  readonly sampleId: string;
  /** The bytes as they came: anybody can call anything a WAV. */
  read(): Promise<Uint8Array>;
  /** When it has been taken: it is used up, and thrown away. Never fails: what stays is swept. */
  used(): Promise<void>;
}

/** The sound itself of voices and their samples. */
export interface VoiceAudio {
  /** Refuses other types than recordings, and more than 25 MB, with UPLOAD_…. */
  promise(owner: UserId, id: VoiceId, file: { readonly contentType: string; readonly sizeBytes: number }): Promise<PromisedUpload>;
  /** Refuses what is no upload of theirs for this voice with UPLOAD_…. */
  sent(owner: UserId, id: VoiceId, uploadId: string): SentRecording;
  /** The key of a sample that is stored now; the same one when it is stored again. Refuses the recordings of somebody who was erased with PERSON_ERASED. */
  putSample(owner: UserId, id: VoiceId, sampleId: string, wav: Uint8Array): Promise<string>;
  readSample(key: string): Promise<Uint8Array>;
  /** The same for what a voice says for itself after a training. */
  putPreview(owner: UserId, id: VoiceId, trainingId: string, mp3: Uint8Array): Promise<string>;
  putReadyMadePreview(id: string, mp3: Uint8Array): Promise<string>;
  remove(keys: readonly string[]): Promise<void>;
  removeOf(id: VoiceId): Promise<void>;
}
