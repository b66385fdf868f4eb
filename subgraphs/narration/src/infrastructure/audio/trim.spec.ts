import { describe, expect, it } from '@jest/globals';
import { tone } from '../../../tests/audio/sounds.js';
import { trim } from './trim.js';

const rate = 16_000;
const seconds = (samples: Float32Array) => samples.length / rate;
const between = (before: number, samples: Float32Array, after: number) =>
  Float32Array.from([...new Float32Array(before * rate), ...samples, ...new Float32Array(after * rate)]);

describe('trimming', () => {
  it('takes the silence before and after, but for a moment', () => {
    expect(seconds(trim(between(0.4, tone(200, 1, rate), 0.5), rate))).toBeCloseTo(1.15, 2);
  });

  it('takes nothing from what begins and ends with sound, or from within', () => {
    const sound = Float32Array.from([...tone(200, 0.5, rate), ...new Float32Array(rate), ...tone(200, 0.5, rate)]);
    expect(trim(sound, rate)).toEqual(sound);
  });

  it('takes the quiet noise of a room for silence', () => {
    const room = Float32Array.from({ length: rate }, (_, i) => (i % 2 === 0 ? 0.002 : -0.002));
    expect(seconds(trim(Float32Array.from([...room, ...tone(200, 1, rate), ...room]), rate))).toBeCloseTo(1.15, 2);
  });

  it('leaves what is silent from end to end as it is', () => {
    const silence = new Float32Array(rate);
    expect(trim(silence, rate)).toBe(silence);
  });
});
