// Loudness as people hear it: ITU-R BS.1770-5 for one channel, and evening by it.

/** Of speech in one channel. The AES recommends -16 to -20 LUFS for streams of speech; a mono file sounds 3 dB louder than its number on two loudspeakers. */
const TARGET_LUFS = -19;
/** The highest sample after evening. MP3 and Vorbis overshoot by up to 2 dB. */
const CEILING = 10 ** (-3 / 20);
/** Whoever whispers is lifted by this much at most: beyond, it is the noise that is heard. */
const MOST_GAIN_DB = 30;
const BLOCK_SECONDS = 0.4;
const STEP_SECONDS = 0.1;
const ABSOLUTE_GATE = -70;

/** Integrated, in LUFS. null: nothing of it is above the absolute gate. What is shorter than a block of 400 ms is one block. */
export function loudnessOf(samples: Float32Array, sampleRate: number): number | null {
  const step = Math.round(sampleRate * STEP_SECONDS);
  const steps = weightedPowers(samples, sampleRate, step);
  const perBlock = Math.round(BLOCK_SECONDS / STEP_SECONDS);
  const blocks: number[] = [];
  if (steps.length < perBlock) blocks.push((steps.reduce((sum, power) => sum + power, 0) * step) / Math.max(1, samples.length));
  for (let i = 0; i + perBlock <= steps.length; i += 1) {
    let sum = 0;
    for (let j = i; j < i + perBlock; j += 1) sum += steps[j] as number;
    blocks.push(sum / perBlock);
  }
  const loud = blocks.filter((power) => lufs(power) > ABSOLUTE_GATE);
  if (loud.length === 0) return null;
  const relative = lufs(average(loud)) - 10;
  return lufs(average(loud.filter((power) => lufs(power) > relative)));
}

/**
 * To the target, in place, with peaks held below the ceiling. Silence stays silence. Returns the loudness after it, as BS.1770 measures it; null: nothing is
 * above the absolute gate.
 */
export function evenLoudness(samples: Float32Array, sampleRate: number): number | null {
  const loudness = loudnessOf(samples, sampleRate);
  if (loudness === null) return null;
  const gain = 10 ** (Math.min(MOST_GAIN_DB, TARGET_LUFS - loudness) / 20);
  for (let i = 0; i < samples.length; i += 1) samples[i] = (samples[i] as number) * gain;
  // The loudness of what was only multiplied is known.
  return limit(samples, sampleRate) ? loudnessOf(samples, sampleRate) : loudness + 20 * Math.log10(gain);
}

/** Mean power of each step after the K-weighting: a high shelf for the head, a high pass for the ear. */
function weightedPowers(samples: Float32Array, sampleRate: number, step: number): Float64Array {
  const [shelf, pass] = [highShelf(sampleRate), highPass(sampleRate)];
  const powers = new Float64Array(Math.ceil(samples.length / step));
  let [s1, s2, p1, p2] = [0, 0, 0, 0];
  for (let block = 0, i = 0; block < powers.length; block += 1) {
    const end = Math.min(samples.length, i + step);
    let sum = 0;
    for (; i < end; i += 1) {
      const x = samples[i] as number;
      const y = shelf.b0 * x + s1;
      s1 = shelf.b1 * x - shelf.a1 * y + s2;
      s2 = shelf.b2 * x - shelf.a2 * y;
      const z = pass.b0 * y + p1;
      p1 = pass.b1 * y - pass.a1 * z + p2;
      p2 = pass.b2 * y - pass.a2 * z;
      sum += z * z;
    }
    powers[block] = sum / step;
  }
  return powers;
}

interface Biquad {
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly a1: number;
  readonly a2: number;
}

// The recommendation gives coefficients for 48 kHz. These are the analogue filters that they come from (Brecht De Man, "Evaluation of implementations of the
// EBU R128 loudness measurement", 2018), so that they hold at every rate; at 48 kHz both agree to the last printed digit.
function highShelf(sampleRate: number): Biquad {
  const k = Math.tan((Math.PI * 1681.9744509555319) / sampleRate);
  const q = 0.7071752369554193;
  const high = 10 ** (3.99984385397 / 20);
  const band = high ** 0.499666774155;
  const a0 = 1 + k / q + k * k;
  return {
    b0: (high + (band * k) / q + k * k) / a0,
    b1: (2 * (k * k - high)) / a0,
    b2: (high - (band * k) / q + k * k) / a0,
    a1: (2 * (k * k - 1)) / a0,
    a2: (1 - k / q + k * k) / a0,
  };
}

function highPass(sampleRate: number): Biquad {
  const k = Math.tan((Math.PI * 38.13547087613982) / sampleRate);
  const q = 0.5003270373253953;
  const a0 = 1 + k / q + k * k;
  return { b0: 1, b1: -2, b2: 1, a1: (2 * (k * k - 1)) / a0, a2: (1 - k / q + k * k) / a0 };
}

/**
 * In blocks of 2 ms each has the gain that its own peak needs, and within a block the gain goes in a line between neighbours, so no sample ends above the
 * ceiling; it comes back over 20 blocks, too slow to be heard as distortion. Whether anything had to be held.
 */
function limit(samples: Float32Array, sampleRate: number): boolean {
  const block = Math.max(1, Math.round(sampleRate / 500));
  const blocks = Math.ceil(samples.length / block);
  // gains[i] is at the beginning of block i, and stands for its neighbour to the left too.
  const gains = new Float64Array(blocks + 1).fill(1);
  let held = false;
  for (let i = 0; i < blocks; i += 1) {
    let peak = 0;
    for (let j = i * block; j < Math.min(samples.length, (i + 1) * block); j += 1) peak = Math.max(peak, Math.abs(samples[j] as number));
    if (peak <= CEILING) continue;
    held = true;
    gains[i] = Math.min(gains[i] as number, CEILING / peak);
    gains[i + 1] = Math.min(gains[i + 1] as number, CEILING / peak);
  }
  if (!held) return false;
  const slope = 1 / 20;
  for (let i = 1; i <= blocks; i += 1) gains[i] = Math.min(gains[i] as number, (gains[i - 1] as number) + slope);
  for (let i = blocks - 1; i >= 0; i -= 1) gains[i] = Math.min(gains[i] as number, (gains[i + 1] as number) + slope);
  for (let i = 0; i < samples.length; i += 1) {
    const at = Math.floor(i / block);
    const [left, right] = [gains[at] as number, gains[at + 1] as number];
    samples[i] = (samples[i] as number) * (left + ((right - left) * (i - at * block)) / block);
  }
  return true;
}

const lufs = (power: number) => -0.691 + 10 * Math.log10(power || Number.MIN_VALUE);
const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
