// What is measured of a recorded voice, and what follows from it.

import { refuse } from './refusals.js';

/** Of one recording, decoded and mixed down to mono. Levels are in dBFS: 0 is the loudest that can be stored. */
export interface RecordingMeasures {
  readonly durationSeconds: number;
  /** Seconds in which somebody speaks. */
  readonly speechSeconds: number;
  /** Mean level of the speech. */
  readonly speechLevel: number;
  /** Level between the words. */
  readonly noiseLevel: number;
  readonly peakLevel: number;
  /** Share of the samples that are cut off at the top, 0 to 1. */
  readonly clipped: number;
  /** Median pitch of the voiced parts in Hz; null: none was found. */
  readonly pitch: number | null;
  /** From the 10th to the 90th percentile of the pitch, in semitones. */
  readonly pitchRange: number;
}

const SHORTEST_SECONDS = 1;
export const LONGEST_SECONDS = 120;
/** Half a word is no sample, and below this level there is nothing but the noise of the microphone. */
const LEAST_SPEECH_SECONDS = 0.5;
const QUIETEST_SPEECH = -50;

/** Refuses a recording that nothing can be learnt from. */
export function checkRecording({ durationSeconds, speechSeconds, speechLevel }: RecordingMeasures): void {
  if (durationSeconds < SHORTEST_SECONDS) throw refuse.VOICE_SAMPLE_TOO_SHORT({ min: SHORTEST_SECONDS });
  if (durationSeconds > LONGEST_SECONDS) throw refuse.VOICE_SAMPLE_TOO_LONG({ max: LONGEST_SECONDS });
  if (speechSeconds < LEAST_SPEECH_SECONDS || speechLevel < QUIETEST_SPEECH) throw refuse.VOICE_SAMPLE_SILENT();
}

/** One minute of speech is what a clone needs; more adds little. */
const ENOUGH_SPEECH_SECONDS = 60;
/** Emotions that are needed to hear what moves the voice; more add little. */
const ENOUGH_EMOTIONS = 4;

/** The parts of a quality, each 0 to 1. */
export interface SampleQuality {
  /** How much speech there is: its logarithm, from 3 seconds (0) to a minute (1). */
  readonly length: number;
  /** How loud the speech is: 1 from -30 to -10 dBFS, 0 at -50 and at 0. */
  readonly level: number;
  /** How far the speech is above the noise between the words: 0 at 6 dB, 1 at 36 dB. */
  readonly noise: number;
  /** How little is cut off at the top: 1 for none, 0 from a hundredth of the samples. */
  readonly clipping: number;
  /** How many emotions were recorded: 0.4 for one, 1 for four. */
  readonly coverage: number;
  /** Their geometric mean, weighted 3 (length), 2 (level), 3 (noise), 2 (clipping), 1 (coverage): one bad part cannot be hidden behind four good ones. */
  readonly overall: number;
}

/** How well a voice can be told from its samples, 0 to 1, in every part measured: samples count by the seconds of speech in them. */
export function qualityOf(samples: readonly { readonly emotion: string; readonly measures: RecordingMeasures }[]): SampleQuality {
  const speech = samples.reduce((sum, { measures }) => sum + measures.speechSeconds, 0);
  const mean = (part: (measures: RecordingMeasures) => number) =>
    speech === 0 ? 0 : samples.reduce((sum, { measures }) => sum + (part(measures) * measures.speechSeconds) / speech, 0);
  const emotions = new Set(samples.filter(({ measures }) => measures.speechSeconds > 0).map(({ emotion }) => emotion)).size;
  const parts = {
    length: share(Math.log(Math.max(speech, 1)), Math.log(3), Math.log(ENOUGH_SPEECH_SECONDS)),
    level: mean(({ speechLevel }) => Math.min(share(speechLevel, -50, -30), share(speechLevel, 0, -10))),
    noise: mean(({ speechLevel, noiseLevel }) => share(speechLevel - noiseLevel, 6, 36)),
    clipping: mean(({ clipped }) => share(clipped, 0.01, 0)),
    coverage: emotions === 0 ? 0 : 0.4 + 0.6 * share(emotions, 1, ENOUGH_EMOTIONS),
  };
  const weights = { length: 3, level: 2, noise: 3, clipping: 2, coverage: 1 } as const;
  const entries = Object.entries(weights) as [keyof typeof weights, number][];
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
  const logarithm = entries.reduce((sum, [part, weight]) => sum + (weight / total) * Math.log(parts[part]), 0);
  return { ...parts, overall: Math.exp(logarithm) };
}

/** How far `value` has come from `none` (0) to `all` (1). */
function share(value: number, none: number, all: number): number {
  return Math.min(1, Math.max(0, (value - none) / (all - none)));
}
