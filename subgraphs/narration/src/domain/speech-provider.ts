// The port through which a line is spoken and a voice is trained, and its words. Adapters: infrastructure/providers.

import { type FailureEntry, failuresOf } from '@storytelling/shared/value-objects/failure';
import type { RecordingMeasures } from './recording.js';

/** How a line can be spoken: the words of the analysis, which is where lines come from. */
export const EMOTIONS = [
  'neutral',
  'joy',
  'sadness',
  'fear',
  'anger',
  'surprise',
  'disgust',
  'love',
  'hope',
  'pride',
  'shame',
  'calm',
] as const;
export type Emotion = (typeof EMOTIONS)[number];

/** What the provider needs to speak in a voice: ready-made, trained or cloned. Kept with the voice, never shown to clients. */
export interface SpeakingVoice {
  readonly provider: string;
  /** The provider's own name of it. */
  readonly providerVoiceId: string;
  /** What training has found (a profile), or the provider's own settings. */
  readonly settings: VoiceSettings;
}
export type VoiceSettings = Readonly<Record<string, number | string | boolean>>;

/** One segment of a script, as it is to be heard. */
export interface Line {
  /** As it stands in the text, white space and quotation marks included. */
  readonly text: string;
  /** BCP 47. */
  readonly language: string;
  /** In the script's words (neutral, joy, sadness, fear, anger, surprise, disgust, love, hope, pride, shame, calm); another one is spoken as neutral. */
  readonly emotion: string;
  /** 1 (barely) to 10 (overwhelming). */
  readonly intensity: number;
  readonly voice: SpeakingVoice;
}

/** Mono, 16 bits a sample. */
export interface Sound {
  readonly samples: Int16Array;
  readonly sampleRate: number;
}

export interface SpokenLine extends Sound {
  /** What the provider counts, for billing. */
  readonly characters: number;
  /** A decimal amount as text. null: free, or the price is not known. */
  readonly cost: { readonly amount: string; readonly currency: string } | null;
}

export interface ReadyMadeVoice {
  readonly providerVoiceId: string;
  readonly name: string;
  /** BCP 47. */
  readonly language: string;
  /** One sentence on how it sounds. */
  readonly description: string;
}

/** A call that may be paid for: what was intended is recorded before, so that nothing is paid twice when its outcome was lost. */
export interface Request {
  /** The same for each try of the same work. */
  readonly key: string;
  /** When an earlier try began whose outcome nobody knows: the provider is asked for its result first. null: the first try. */
  readonly unknownSince: Date | null;
}

export interface Sample {
  readonly id: string;
  readonly emotion: string;
  readonly measures: RecordingMeasures;
  /** WAV, mono, 16 bits: as the studio has kept it. Read when it is asked for: fifty of them are 280 MB, and not every provider needs them. */
  wav(): Promise<Uint8Array>;
}

/** Something that a training made at the provider: what the provider calls it, or, where its answer was lost, the key of the request that asked for it. */
export interface Trained {
  /** Of the voice, in this context. */
  readonly id: string;
  readonly providerVoiceId: string | null;
  /** null, as is providerVoiceId: whatever was ever trained of this voice. */
  readonly key: string | null;
}

export interface SpeechProvider {
  readonly name: string;
  /** Of the audio that it makes and that a narration by it is kept in. */
  readonly sampleRate: number;
  /** What training makes here: a copy of the voice, or only a profile of it. Told to users. */
  readonly trains: 'clone' | 'profile';
  /** Whoever asks for speech spends something by it. */
  readonly isPaid: boolean;
  /** How many lines may be asked for at once. */
  readonly concurrency: number;
  /** Whether it speaks texts of this language (BCP 47) at all. */
  speaks(language: string): boolean;
  /** Each rejects with a SpeechFailure, or with the signal's reason once the signal is aborted. */
  readyMadeVoices(signal: AbortSignal): Promise<readonly ReadyMadeVoice[]>;
  speak(line: Line, request: Request, signal: AbortSignal): Promise<SpokenLine>;
  train(
    voice: { readonly id: string; readonly name: string; readonly samples: readonly Sample[] },
    request: Request,
    signal: AbortSignal,
  ): Promise<Pick<SpeakingVoice, 'providerVoiceId' | 'settings'>>;
  /**
   * Deletes what was trained, at the provider; what is gone, or was never made, is no error. By `key` it deletes what that request made and nothing else:
   * the same voice may be trained anew by then.
   */
  forget(trained: Trained, signal: AbortSignal): Promise<void>;
  /** MP3 in which a ready-made voice is heard, where the provider has one and takes nothing for it; otherwise a line is spoken. */
  preview?(providerVoiceId: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
  close?(): Promise<void>;
}

/** `sentence` is for people; what an operator can do about it goes to the log. Listed in schema/errors.md by tools/schema.mjs. @public */
export const speechFailures = {
  SPEECH_LANGUAGE_UNSUPPORTED: { retryable: false, sentence: 'The voice does not speak the language of this story; choose another voice.' },
  SPEECH_VOICE_UNKNOWN: { retryable: false, sentence: 'The provider does not know this voice any more; choose another voice.' },
  SPEECH_PROVIDER_UNAVAILABLE: { retryable: true, sentence: 'The speech provider did not answer; it can be tried again.' },
  SPEECH_PROVIDER_REFUSED: { retryable: false, sentence: 'The speech provider refused this text or these recordings.' },
  SPEECH_PROVIDER_MISCONFIGURED: {
    retryable: false,
    operator: 'the provider rejects our requests: check ELEVENLABS_API_KEY and ELEVENLABS_BASE_URL',
    sentence: 'Speech is not set up rightly on our side; try again when it is mended.',
  },
  SPEECH_QUOTA_EXHAUSTED: {
    retryable: false,
    operator: 'the account at the provider has no credit left: add credit',
    sentence: 'No speech can be made by this provider just now; try again later.',
  },
  SPEECH_FAILED: { retryable: true, sentence: 'The speech could not be made on our side; try again later.' },
} as const satisfies Record<string, FailureEntry>;
export type SpeechFailureCode = keyof typeof speechFailures;

/** Why something could not be spoken or trained: a stable code, whether trying again can help, and one sentence without anything of the text or of a key. */
export class SpeechFailure extends failuresOf(speechFailures) {
  override readonly name = 'SpeechFailure';
}
