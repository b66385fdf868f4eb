// What can be measured of a recording without knowing what was said.

import type { RecordingMeasures } from '../../domain/recording.js';
import { findPitches } from './pitch.js';
import type { Waveform } from './wav.js';

const FRAME_SECONDS = 0.02;
/** Digital silence has no logarithm. */
const SILENCE = -120;
/** Two samples in a row up here were cut off; one may be a peak that just fits. */
const CLIPPED_FROM = 0.999;

const decibels = (power: number) => Math.max(SILENCE, 10 * Math.log10(power || Number.MIN_VALUE));

export function measure({ samples, sampleRate }: Waveform): RecordingMeasures {
  const frame = Math.max(1, Math.round(sampleRate * FRAME_SECONDS));
  const powers = new Float64Array(Math.floor(samples.length / frame));
  let peak = 0;
  let clipped = 0;
  let before = 0;
  for (let i = 0; i < samples.length; i += 1) {
    const size = Math.abs(samples[i] as number);
    if (size > peak) peak = size;
    if (size >= CLIPPED_FROM && before >= CLIPPED_FROM) clipped += 1;
    before = size;
    const index = Math.floor(i / frame);
    if (index < powers.length) powers[index] = (powers[index] as number) + size ** 2 / frame;
  }
  const threshold = speechThreshold(powers);
  const speech = powers.filter((power) => decibels(power) >= threshold);
  const rest = powers.filter((power) => decibels(power) < threshold);
  // Without a pause there is no telling what the noise is: the quietest tenth is as near as one gets, and is no flattery.
  const noise =
    rest.length >= powers.length / 20
      ? rest
      : powers
          .slice()
          .sort()
          .subarray(0, Math.ceil(powers.length / 10));
  const pitches = findPitches(samples, sampleRate, 10 ** (threshold / 20)).sort((a, b) => a - b);
  const [low, median, high] = [0.1, 0.5, 0.9].map((share) => pitches[Math.floor((pitches.length - 1) * share)]);
  // A few pieces that repeat are found in any noise.
  const voiced = pitches.length >= 5 && low !== undefined && median !== undefined && high !== undefined;
  return {
    durationSeconds: samples.length / sampleRate,
    speechSeconds: speech.length * FRAME_SECONDS,
    speechLevel: decibels(mean(speech)),
    noiseLevel: decibels(mean(noise)),
    peakLevel: decibels(peak ** 2),
    clipped: samples.length === 0 ? 0 : clipped / samples.length,
    pitch: voiced ? median : null,
    pitchRange: voiced ? 12 * Math.log2(high / low) : 0,
  };
}

/**
 * In dBFS: what is louder is speech. 20 dB below the loud words and 6 dB above the quiet pauses, whichever is higher, so that a noisy room is not taken for
 * speech; never below -60, so that neither is an empty one.
 */
function speechThreshold(powers: Float64Array): number {
  if (powers.length === 0) return 0;
  const sorted = powers.slice().sort();
  const at = (share: number) => decibels(sorted[Math.floor((sorted.length - 1) * share)] as number);
  const [quiet, loud] = [at(0.1), at(0.95)];
  return Math.max(-60, loud - 20, Math.min(quiet + 6, loud - 6));
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}
