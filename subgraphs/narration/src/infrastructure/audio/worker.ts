// Entry of the worker threads of the studio.

import type { Sound } from '../../domain/speech-provider.js';
import type { AudioFormat, MasteredSegment, Recording } from '../../domain/studio.js';
import { decode } from './decode.js';
import { encode } from './encode.js';
import { evenLoudness } from './loudness.js';
import { measure } from './measure.js';
import { resample } from './resample.js';
import { trim } from './trim.js';
import { writeWav } from './wav.js';

// The decoder of Opus tells the console of each damaged packet. Whoever sends one is told; the log of the service is not theirs to fill.
// eslint-disable-next-line no-console -- silenced, not used
console.error = () => {};

/** Why it was not read is nobody's business but the log's. */
export type Examined =
  | { readonly kind: 'recording'; readonly recording: Recording }
  | { readonly kind: 'too long' }
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface ExamineTask {
  readonly file: Uint8Array;
  readonly maxSeconds: number;
}

/** Called by its name. @public */
export async function examine({ file, maxSeconds }: ExamineTask): Promise<Examined> {
  try {
    const waveform = await decode(file, maxSeconds);
    if (waveform.samples.length > maxSeconds * waveform.sampleRate) return { kind: 'too long' };
    return { kind: 'recording', recording: { measures: measure(waveform), wav: writeWav(waveform) } };
  } catch (error) {
    // Whatever a decoder throws at a file is the file's fault: it was given nothing else.
    return { kind: 'unreadable', reason: error instanceof Error ? error.name : 'unknown' };
  }
}

export interface MasterTask {
  readonly sound: Sound;
  readonly as: { readonly format: AudioFormat; readonly sampleRate: number; readonly pauseSeconds: number };
}

/** Called by its name. @public */
export async function master({ sound, as }: MasterTask): Promise<MasteredSegment> {
  const waveform = { samples: toFloats(sound.samples), sampleRate: sound.sampleRate };
  const evened = resample(waveform, as.sampleRate).samples;
  const loudness = evenLoudness(evened, as.sampleRate);
  const samples = trim(evened, as.sampleRate);
  const withPause = new Float32Array(samples.length + Math.round(as.pauseSeconds * as.sampleRate));
  withPause.set(samples);
  return { ...(await encode({ samples: withPause, sampleRate: as.sampleRate }, as.format)), loudness };
}

/** Full scale is 1. In a loop, because `Float32Array.from` with a function takes ten times as long: a fifteenth of all that a line takes. */
function toFloats(samples: Int16Array): Float32Array {
  const floats = new Float32Array(samples.length);
  for (let i = 0; i < samples.length; i += 1) floats[i] = (samples[i] as number) / 32_768;
  return floats;
}
