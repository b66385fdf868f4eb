import { describe, expect, it } from '@jest/globals';
import { babble, tone } from '../../../tests/audio/sounds.js';
import { measure } from './measure.js';
import { findPitches } from './pitch.js';

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

describe('pitch', () => {
  it.each([8_000, 16_000, 22_050, 24_000, 44_100])('of tones is found within 2 %% at %i Hz', (sampleRate) => {
    for (const hertz of [62, 80, 110, 147, 203, 261.6, 330, 440, 490]) {
      for (const found of findPitches(tone(hertz, 0.5, sampleRate), sampleRate, 0.01))
        expect(Math.abs(found / hertz - 1)).toBeLessThan(0.02);
      expect(findPitches(tone(hertz, 0.5, sampleRate), sampleRate, 0.01).length).toBeGreaterThan(10);
    }
  });

  it('of a voice is that of its lowest harmonic, with noise as well', () => {
    for (const hertz of [95, 140, 210]) {
      expect(Math.abs(median(findPitches(babble(hertz, 3, 16_000, { noise: 0.03 }), 16_000, 0.05)) / hertz - 1)).toBeLessThan(0.02);
    }
  });

  it('is not found in noise, in silence, or in what is quieter than asked for', () => {
    expect(findPitches(babble(140, 2, 16_000, { amplitude: 0, noise: 0.3 }), 16_000, 0.01).length).toBeLessThan(5);
    expect(findPitches(new Float32Array(16_000), 16_000, 0)).toEqual([]);
    expect(findPitches(tone(140, 1, 16_000, 0.001), 16_000, 0.01)).toEqual([]);
  });
});

describe('what is measured of a recording', () => {
  it('tells speech from pauses, and its level from theirs', () => {
    const measures = measure({ samples: babble(140, 6, 16_000, { amplitude: 0.4, noise: 0.004 }), sampleRate: 16_000 });
    expect(measures.durationSeconds).toBe(6);
    // 0.4 s of each 0.6 s.
    expect(measures.speechSeconds).toBeCloseTo(4, 0);
    // Noise of ±0.004 is 0.0023 root mean square.
    expect(measures.noiseLevel).toBeCloseTo(-52.7, 0);
    expect(measures.speechLevel).toBeGreaterThan(-18);
    expect(measures.pitch).toBeCloseTo(140, 0);
    expect(measures.pitchRange).toBeLessThan(0.5);
    expect(measures.clipped).toBe(0);
  });

  it('is the range of a voice that moves, in semitones', () => {
    // From 110 to 220 Hz, evenly in semitones: 80 % of an octave.
    const samples = new Float32Array(16_000 * 5);
    let phase = 0;
    for (let i = 0; i < samples.length; i += 1) {
      phase += (2 * Math.PI * 110 * 2 ** (i / samples.length)) / 16_000;
      samples[i] = 0.3 * Math.sin(phase);
    }
    const { pitch, pitchRange } = measure({ samples, sampleRate: 16_000 });
    expect(pitch).toBeCloseTo(110 * Math.SQRT2, -1);
    expect(Math.abs(pitchRange - 9.6)).toBeLessThan(0.5);
  });

  it('counts what is cut off at the top', () => {
    const loud = tone(140, 2, 16_000, 1.4).map((value) => Math.max(-1, Math.min(1, value)));
    expect(measure({ samples: loud, sampleRate: 16_000 }).clipped).toBeGreaterThan(0.3);
    expect(measure({ samples: loud, sampleRate: 16_000 }).peakLevel).toBeCloseTo(0, 5);
    expect(measure({ samples: tone(140, 2, 16_000, 0.99), sampleRate: 16_000 }).clipped).toBe(0);
  });

  it('of nothing is silence, not a number that is none', () => {
    for (const samples of [new Float32Array(), new Float32Array(10), new Float32Array(16_000)]) {
      const measures = measure({ samples, sampleRate: 16_000 });
      expect(measures).toMatchObject({ speechSeconds: 0, speechLevel: -120, peakLevel: -120, pitch: null, pitchRange: 0, clipped: 0 });
      for (const value of Object.values(measures)) expect(Number.isNaN(value)).toBe(false);
    }
  });
});
