// Pitch of a voice by YIN (de Cheveigné and Kawahara, 2002): the lag at which a piece of sound is most like itself.

/** Nobody speaks lower or higher; a wider search only finds more octave errors. */
const LOWEST = 60;
const HIGHEST = 500;
/** A piece that differs from itself by more than this share of its power is not voiced. The paper uses 0.1 to 0.15; telephones and MP3 add noise. */
const VOICED = 0.18;
/** Enough for 500 Hz, and a third of the work at 24 kHz. */
const WORKING_RATE = 8_000;
const WINDOW_SECONDS = 0.05;
const HOP_SECONDS = 0.02;

/**
 * The pitch in Hz of each voiced piece of 50 ms, every 20 ms, in order; empty: nothing is voiced. Exact to 2 % on tones from 60 to 500 Hz. Pieces quieter
 * than `floor` (full scale is 1, root mean square) are left out.
 */
export function findPitches(samples: Float32Array, sampleRate: number, floor: number): number[] {
  const factor = Math.max(1, Math.floor(sampleRate / WORKING_RATE));
  const rate = sampleRate / factor;
  const sound = decimate(samples, factor);
  const shortest = Math.floor(rate / HIGHEST);
  const longest = Math.ceil(rate / LOWEST);
  const window = Math.round(rate * WINDOW_SECONDS);
  const hop = Math.round(rate * HOP_SECONDS);
  const differences = new Float64Array(longest + 2);
  const pitches: number[] = [];
  for (let start = 0; start + window + longest + 1 < sound.length; start += hop) {
    let energy = 0;
    for (let i = start; i < start + window; i += 1) energy += (sound[i] as number) ** 2;
    if (Math.sqrt(energy / window) < floor) continue;
    const lag = bestLag(sound, start, window, shortest, longest, differences);
    if (lag !== null) pitches.push(rate / lag);
  }
  return pitches;
}

/** In samples and fractions of them; null: not voiced. */
function bestLag(
  sound: Float32Array,
  start: number,
  window: number,
  shortest: number,
  longest: number,
  differences: Float64Array,
): number | null {
  let sum = 0;
  for (let lag = 1; lag <= longest + 1; lag += 1) {
    let difference = 0;
    for (let i = start; i < start + window; i += 1) {
      const delta = (sound[i] as number) - (sound[i + lag] as number);
      difference += delta * delta;
    }
    sum += difference;
    differences[lag] = sum === 0 ? 1 : (difference * lag) / sum;
  }
  // The first dip that is deep enough, at its bottom: a later one is an octave lower.
  for (let lag = Math.max(2, shortest); lag <= longest; lag += 1) {
    if ((differences[lag] as number) >= VOICED) continue;
    while (lag < longest && (differences[lag + 1] as number) < (differences[lag] as number)) lag += 1;
    const [before, here, after] = [differences[lag - 1] as number, differences[lag] as number, differences[lag + 1] as number];
    const bend = before - 2 * here + after;
    return bend > 0 ? lag + (before - after) / (2 * bend) : lag;
  }
  return null;
}

/** Every `factor` samples become their mean, which keeps the worst of what is above the new rate out. */
function decimate(samples: Float32Array, factor: number): Float32Array {
  if (factor === 1) return samples;
  const result = new Float32Array(Math.floor(samples.length / factor));
  for (let i = 0; i < result.length; i += 1) {
    let sum = 0;
    for (let j = 0; j < factor; j += 1) sum += samples[i * factor + j] as number;
    result[i] = sum / factor;
  }
  return result;
}
