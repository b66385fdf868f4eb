import { describe, expect, it } from '@jest/globals';
import { babble, tone } from '../../../tests/audio/sounds.js';
import { evenLoudness, loudnessOf } from './loudness.js';
import { resample } from './resample.js';

const peak = (samples: Float32Array) => samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const concatenate = (...pieces: Float32Array[]) => Float32Array.from(pieces.flatMap((piece) => [...piece]));

describe('loudness', () => {
  // EBU Tech 3341, case 1, in one channel: a sine of 1 kHz at -23 dBFS in both is -23 LUFS, so in one it is 3 LU less.
  it.each([16_000, 24_000, 48_000])('of the reference tone is what EBU Tech 3341 says, at %i Hz', (sampleRate) => {
    const reference = tone(1_000, 5, sampleRate, 10 ** (-23 / 20));
    expect(Math.abs((loudnessOf(reference, sampleRate) ?? 0) + 26.02)).toBeLessThan(0.1);
  });

  it('leaves pauses out, as the gate of BS.1770 says', () => {
    const speech = tone(1_000, 5, 16_000, 0.2);
    const withPauses = concatenate(speech, new Float32Array(16_000 * 20), tone(1_000, 5, 16_000, 0.002));
    expect(Math.abs((loudnessOf(withPauses, 16_000) ?? 0) - (loudnessOf(speech, 16_000) ?? 0))).toBeLessThan(0.2);
  });

  it('of silence is none, of less than a block what it is', () => {
    expect(loudnessOf(new Float32Array(16_000), 16_000)).toBeNull();
    expect(loudnessOf(new Float32Array(), 16_000)).toBeNull();
    expect(
      Math.abs((loudnessOf(tone(1_000, 0.2, 16_000, 0.2), 16_000) ?? 0) - (loudnessOf(tone(1_000, 2, 16_000, 0.2), 16_000) ?? 0)),
    ).toBeLessThan(0.5);
  });
});

describe('evening', () => {
  it('brings whispers and shouts to the same loudness, and says which', () => {
    for (const amplitude of [0.03, 0.1, 0.9]) {
      const samples = babble(150, 4, 16_000, { amplitude, noise: 0 });
      const loudness = evenLoudness(samples, 16_000);
      expect(Math.abs((loudness ?? 0) + 19)).toBeLessThan(0.3);
      expect(Math.abs((loudnessOf(samples, 16_000) ?? 0) - (loudness ?? 0))).toBeLessThan(0.01);
    }
  });

  it('holds peaks at -3 dBFS without a jump of the gain', () => {
    // Quiet speech with clicks: to lift the one, the other has to be held.
    const samples = tone(150, 4, 16_000, 0.02);
    for (let i = 8_000; i < samples.length; i += 16_000) samples[i] = 0.9;
    evenLoudness(samples, 16_000);
    expect(peak(samples)).toBeLessThanOrEqual(10 ** (-3 / 20) + 1e-6);
    expect(peak(samples.subarray(30_000, 38_000))).toBeGreaterThan(0.06);
  });

  it('does not make noise of silence', () => {
    const silence = Float32Array.from({ length: 16_000 }, (_, i) => ((i % 7) - 3) / 100_000);
    const before = silence.slice();
    expect(evenLoudness(silence, 16_000)).toBeNull();
    expect(silence).toEqual(before);
  });
});

describe('resampling', () => {
  it.each([
    [16_000, 24_000],
    [24_000, 16_000],
    [44_100, 24_000],
    [48_000, 24_000],
    [11_025, 16_000],
  ])('from %i to %i Hz keeps tones, their level and the length', (from, to) => {
    for (const hertz of [100, 1_000, 4_000]) {
      const { samples, sampleRate } = resample({ samples: tone(hertz, 1, from), sampleRate: from }, to);
      expect(sampleRate).toBe(to);
      expect(samples.length).toBe(to);
      const wanted = tone(hertz, 1, to);
      // The ends have no neighbours on one side.
      const differences = samples.map((value, i) => value - (wanted[i] as number)).subarray(500, -500);
      expect(peak(differences)).toBeLessThan(0.005);
    }
  });

  it('folds nothing back that the new rate cannot hold', () => {
    const { samples } = resample({ samples: tone(11_000, 1, 24_000), sampleRate: 24_000 }, 16_000);
    expect(peak(samples.subarray(500, -500))).toBeLessThan(0.005);
  });
});
