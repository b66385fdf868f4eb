// What is measured of a recorded voice, and what follows from it.

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
