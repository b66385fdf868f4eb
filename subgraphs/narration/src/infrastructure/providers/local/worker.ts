// Entry of the worker threads that speak.

import type { Sound } from '../../../domain/speech-provider.js';
import { readFaster } from './read-faster.js';
import { flite } from './flite.js';
import type { Performance } from './prosody.js';

export interface Speech {
  /** Each a sentence in ASCII. */
  readonly sentences: readonly string[];
  readonly performance: Performance;
}

/** Mono; the rate is flite's. Called by its name. @public */
export function speak({ sentences, performance }: Speech): Sound {
  const sounds = sentences.map((sentence) => flite(sentence, performance.settings));
  const parts = sounds.map(({ samples }) => readFaster(samples, performance.size));
  const samples = new Int16Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return { samples, sampleRate: sounds[0]?.sampleRate ?? 16_000 };
}
