import type { Waveform } from './wav.js';

/** Zero crossings of the sinc on each side: 60 dB below what would be folded back, inaudible in speech. */
const LOBES = 12;

/**
 * The same sound at another rate, by a windowed sinc whose weights are the same for every sample that falls between two others alike: as many sets as the
 * rates' ratio has in its smallest numbers (24 to 16 kHz: 2).
 */
export function resample({ samples, sampleRate }: Waveform, wanted: number): Waveform {
  if (sampleRate === wanted) return { samples, sampleRate };
  const divisor = greatestCommonDivisor(sampleRate, wanted);
  const [up, down] = [wanted / divisor, sampleRate / divisor];
  // Below both halves of the rates, with room for the slope of the filter.
  const cutoff = 0.95 * Math.min(1, wanted / sampleRate);
  const reach = Math.ceil(LOBES / cutoff);
  const weights = Array.from({ length: up }, (_, phase) => weightsOf(phase / up, cutoff, reach));
  const result = new Float32Array(Math.floor((samples.length * up) / down));
  for (let i = 0; i < result.length; i += 1) {
    const position = i * down;
    const phase = weights[position % up] as Float64Array;
    const first = Math.floor(position / up) - reach + 1;
    let sum = 0;
    for (let j = Math.max(0, -first), end = Math.min(phase.length, samples.length - first); j < end; j += 1) {
      sum += (samples[first + j] as number) * (phase[j] as number);
    }
    result[i] = sum;
  }
  return { samples: result, sampleRate: wanted };
}

function weightsOf(fraction: number, cutoff: number, reach: number): Float64Array {
  const weights = new Float64Array(2 * reach);
  let sum = 0;
  for (let j = 0; j < weights.length; j += 1) {
    const x = j - reach + 1 - fraction;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x);
    const window = Math.abs(x) >= reach ? 0 : Math.cos((Math.PI * x) / (2 * reach)) ** 2;
    weights[j] = sinc * window;
    sum += weights[j] as number;
  }
  // A constant stays what it is.
  return weights.map((weight) => weight / sum);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
