import { findPitches } from '@storytelling/narration/infrastructure/audio/pitch';
import { MPEGDecoder } from 'mpg123-decoder';

// What is heard, measured: by a decoder that the platform has no hand in.

export interface Heard {
  readonly samples: Float32Array;
  readonly sampleRate: number;
  readonly seconds: number;
}

/** Root mean square of full scale 1, 27 dB below speech of the usual loudness. */
const audible = 0.005;
/** Of one value of an envelope. */
const step = 0.01;

export async function bytesFrom(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`A link was answered with ${response.status}.`);
  return Buffer.from(await response.arrayBuffer());
}

export async function heard(mp3: Uint8Array): Promise<Heard> {
  const decoder = new MPEGDecoder();
  await decoder.ready;
  const { channelData, sampleRate, errors } = decoder.decode(mp3);
  decoder.free();
  const [samples] = channelData;
  if (!samples || errors.length > 0) throw new Error('This is no MP3 that can be heard.');
  return { samples, sampleRate, seconds: samples.length / sampleRate };
}

export const peakOf = ({ samples }: Heard): number => samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Median of what is voiced, in Hz. */
export function pitchOf(...sounds: readonly Heard[]): number {
  const pitches = sounds.flatMap(({ samples, sampleRate }) => findPitches(samples, sampleRate, audible)).sort((a, b) => a - b);
  return pitches[Math.floor(pitches.length / 2)] ?? 0;
}

/** How loud it is in each hundredth of a second. */
export function envelopeOf({ samples, sampleRate }: Heard): Float32Array {
  const frame = Math.round(sampleRate * step);
  return Float32Array.from({ length: Math.ceil(samples.length / frame) }, (_, at) => {
    const piece = samples.subarray(at * frame, (at + 1) * frame);
    return Math.sqrt(piece.reduce((sum, value) => sum + value ** 2, 0) / piece.length);
  });
}

/** Seconds from the beginning to where the first and the last of it is heard; null: silence. */
export function speechIn(envelope: Float32Array): { readonly from: number; readonly until: number } | null {
  const first = envelope.findIndex((value) => value > audible);
  return first < 0 ? null : { from: first * step, until: (envelope.findLastIndex((value) => value > audible) + 1) * step };
}

/** Where in the whole a part is heard, to a hundredth of a second, `within` seconds of where it is said to be; and how like it that is, at most 1. */
export function placeOf(part: Float32Array, whole: Float32Array, saidAt: number, within: number): { at: number; likeness: number } {
  let best = { at: Number.NaN, likeness: -1 };
  const middle = Math.round(saidAt / step);
  // Before the beginning, too: an encoder puts some silence in front of a file, and that of a part is not in the whole.
  for (let shift = middle - within / step; shift <= middle + within / step; shift += 1) {
    const likeness = likenessOf(part, whole, shift);
    if (likeness > best.likeness) best = { at: shift * step, likeness };
  }
  return best;
}

/** Cosine of an envelope and of as much of another one, which is silent outside of itself. */
function likenessOf(one: Float32Array, other: Float32Array, shift: number): number {
  let [both, ones, others] = [0, 0, 0];
  for (const [at, value] of one.entries()) {
    const beside = other[at + shift] ?? 0;
    both += value * beside;
    ones += value ** 2;
    others += beside ** 2;
  }
  return ones > 0 && others > 0 ? both / Math.sqrt(ones * others) : 0;
}

export interface Cue {
  readonly from: number;
  readonly until: number;
  /** null: the narration. */
  readonly voice: string | null;
  readonly text: string;
}

export function cuesIn(vtt: string): Cue[] {
  const [header, ...blocks] = vtt.trim().split('\n\n');
  if (header !== 'WEBVTT') throw new Error('These are no captions.');
  return blocks.map((block) => {
    const [times = '', ...lines] = block.split('\n');
    const [from = Number.NaN, until = Number.NaN] = times.split(' --> ').map((time) => {
      const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number);
      return hours * 3600 + minutes * 60 + seconds;
    });
    const [, voice = null, text = ''] = /^(?:<v ([^>]+)>)?(.*)$/s.exec(lines.join(' ')) ?? [];
    return { from, until, voice, text: text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&') };
  });
}
