// What an emotion does to a voice: pitch, range and rate, and how flite is asked for them.

import type { FliteSettings } from './flite.js';
import { OWN_PITCH, type VoiceShape } from './voices.js';

/** Factors of pitch, of range and of rate when the emotion is overwhelming. Each pair of emotions differs in pitch by at least 2 %. */
const EMOTIONS: Readonly<Record<string, readonly [pitch: number, range: number, rate: number]>> = {
  fear: [1.36, 1.2, 1.16],
  surprise: [1.3, 1.7, 1.06],
  joy: [1.22, 1.5, 1.08],
  anger: [1.15, 1.7, 1.1],
  hope: [1.1, 1.2, 0.98],
  pride: [1.05, 1.3, 0.95],
  love: [0.96, 1.1, 0.92],
  calm: [0.92, 0.7, 0.9],
  disgust: [0.89, 0.8, 0.93],
  shame: [0.85, 0.6, 0.9],
  sadness: [0.8, 0.6, 0.84],
};

export interface Performance {
  readonly settings: FliteSettings;
  /** The samples that flite gives are read this much faster. */
  readonly size: number;
}

export function perform({ base, pitch, range, size, rate }: VoiceShape, emotion: string, intensity: number): Performance {
  const factors = EMOTIONS[emotion] ?? [1, 1, 1];
  // Barely felt is a third of overwhelming: less could not be heard.
  const strength = (2 + Math.min(10, Math.max(1, intensity))) / 12;
  const [toPitch, toRange, toRate] = factors.map((factor) => factor ** strength) as [number, number, number];
  // rms ignores the pitch that it is asked for: the whole of it is made by reading faster.
  const obeys = base !== 'rms';
  const read = obeys ? size : (size * pitch * toPitch) / OWN_PITCH[base];
  return {
    settings: {
      voice: base,
      pitch: obeys ? (pitch * toPitch) / read : null,
      range: obeys ? (range * toRange) / read : null,
      // What is read faster is over sooner, so it is spoken slower.
      stretch: read / (rate * toRate),
    },
    size: read,
  };
}
