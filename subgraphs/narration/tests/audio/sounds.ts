// Sounds that are known exactly, and what is done with them in tests.

import type { Sound } from '../../src/domain/speech-provider.js';
import type { Studio } from '../../src/domain/studio.js';

export const never = new AbortController().signal;

/** A sine, full scale 1. */
export function tone(hertz: number, seconds: number, sampleRate: number, amplitude = 0.5): Float32Array {
  return Float32Array.from(
    { length: Math.round(seconds * sampleRate) },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hertz * i) / sampleRate),
  );
}

/** Like a voice: ten harmonics, in syllables of 0.4 s with pauses of 0.2 s, over a little noise. */
export function babble(hertz: number, seconds: number, sampleRate: number, { amplitude = 0.5, noise = 0.001 } = {}): Float32Array {
  const period = Float32Array.from({ length: 4_096 }, (_, i) => {
    let sum = 0;
    for (let harmonic = 1; harmonic <= 10; harmonic += 1) sum += Math.sin((2 * Math.PI * harmonic * i) / 4_096) / harmonic;
    return sum / 2;
  });
  let seed = 1;
  return Float32Array.from({ length: Math.round(seconds * sampleRate) }, (_, i) => {
    seed = (seed * 16_807) % 2_147_483_647;
    const time = i / sampleRate;
    const voice = time % 0.6 < 0.4 ? amplitude * (period[Math.floor(hertz * time * 4_096) % 4_096] as number) : 0;
    return voice + noise * ((2 * seed) / 2_147_483_647 - 1);
  });
}

export const sound = (samples: Float32Array, sampleRate: number): Sound => ({
  samples: Int16Array.from(samples, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767)))),
  sampleRate,
});

export const floats = ({ samples }: Sound): Float32Array => Float32Array.from(samples, (value) => value / 32_768);

export function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

/** As an object store hands it out: in chunks that end anywhere. */
export function part(bytes: Uint8Array, durationSeconds: number): Parameters<Studio['join']>[0][number] {
  return {
    bytes: bytes.length,
    durationSeconds,
    open: async () =>
      (async function* () {
        for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
      })(),
  };
}
