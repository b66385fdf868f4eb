/** The same samples at `factor` times the speed, pitch and size of the speaker, by cubic interpolation (Catmull-Rom): enough for speech below 8 kHz. */
export function readFaster(samples: Int16Array, factor: number): Int16Array {
  if (Math.abs(factor - 1) < 0.001) return samples;
  const result = new Int16Array(Math.floor(samples.length / factor));
  const last = samples.length - 1;
  for (let i = 0; i < result.length; i += 1) {
    const position = i * factor;
    const index = Math.floor(position);
    const t = position - index;
    const a = samples[index > 0 ? index - 1 : 0] as number;
    const b = samples[index] as number;
    const c = samples[index < last ? index + 1 : last] as number;
    const d = samples[index + 2 < last ? index + 2 : last] as number;
    const value = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
    result[i] = value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : Math.round(value);
  }
  return result;
}
