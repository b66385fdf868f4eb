// What training finds of a voice here: not a copy of it, but which of our voices is nearest, and at which pitch and range it has to speak.

import type { RecordingMeasures } from '../../../domain/recording.js';
import { OWN_PITCH, type VoiceShape } from './voices.js';

const between = (low: number, high: number, value: number) => Math.min(high, Math.max(low, value));

/** From at least one recording in which somebody speaks; null: in none of them a pitch was found. Longer ones count for more. */
export function profileOf(recordings: readonly RecordingMeasures[]): VoiceShape | null {
  let seconds = 0;
  let logPitch = 0;
  let semitones = 0;
  for (const { pitch, pitchRange, speechSeconds } of recordings) {
    if (pitch === null) continue;
    seconds += speechSeconds;
    logPitch += speechSeconds * Math.log2(pitch);
    semitones += speechSeconds * pitchRange;
  }
  if (seconds === 0) return null;
  // Intervals are heard as ratios, so the mean is of the logarithms.
  const pitch = between(60, 400, 2 ** (logPitch / seconds));
  // Of a normal distribution, 80 % lie within 2.56 standard deviations.
  const deviation = semitones / seconds / 2.56;
  const base = Math.abs(Math.log2(pitch / OWN_PITCH.awb)) <= Math.abs(Math.log2(pitch / OWN_PITCH.slt)) ? 'awb' : 'slt';
  return {
    base,
    pitch: round(pitch),
    // Below 3 % it sounds like a machine, above 25 % like singing.
    range: round(pitch * between(0.03, 0.25, 2 ** (deviation / 12) - 1)),
    // Who speaks lower tends to be larger, by much less than the pitch tells.
    size: round(between(0.8, 1.3, (pitch / OWN_PITCH[base]) ** (1 / 3))),
    rate: 1,
  };
}

const round = (value: number) => Math.round(value * 1_000) / 1_000;
