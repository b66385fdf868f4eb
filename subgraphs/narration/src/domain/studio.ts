// The port to everything that is done with sound itself. Adapter: infrastructure/audio.

import type { RecordingMeasures } from './recording.js';
import type { Sound } from './speech-provider.js';

export const AUDIO_FORMATS = ['mp3', 'ogg', 'wav'] as const;
export type AudioFormat = (typeof AUDIO_FORMATS)[number];

/** What a recording may be sent as. */
export const RECORDING_TYPES = ['audio/wav', 'audio/mpeg', 'audio/ogg', 'audio/webm'] as const;

export interface Recording {
  readonly measures: RecordingMeasures;
  /** Mono, 16 bits, at most 24 kHz: what is kept of it, without anything else that the file said. */
  readonly wav: Uint8Array;
}

/** A piece of a narration as it is stored: a whole file of its own, and a part of the joined one. */
export interface MasteredSegment {
  readonly bytes: Uint8Array;
  readonly durationSeconds: number;
  /** Integrated loudness in LUFS (ITU-R BS.1770), after it was evened; null: too short or too quiet to tell. */
  readonly loudness: number | null;
}

export interface JoinedPart {
  readonly bytes: number;
  readonly durationSeconds: number;
  /** The file as `master` made it. */
  open(): Promise<AsyncIterable<Uint8Array>>;
}

export interface Studio {
  /**
   * Decodes and measures what somebody has sent, whatever it calls itself. Refuses with VOICE_SAMPLE_UNREADABLE (nothing that it can decode; tells what is
   * taken), VOICE_SAMPLE_TOO_LONG (more than 120 s, found without decoding more than that).
   */
  examine(file: Uint8Array, signal: AbortSignal): Promise<Recording>;
  /** Evens the loudness, adds the pause that follows, encodes. */
  master(
    sound: Sound,
    as: { readonly format: AudioFormat; readonly sampleRate: number; readonly pauseSeconds: number },
    signal: AbortSignal,
  ): Promise<MasteredSegment>;
  /** One file of many segments of the same format and sample rate, in memory that does not grow with their number. */
  join(parts: readonly JoinedPart[], as: { readonly format: AudioFormat; readonly sampleRate: number }): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}
