import { describe, expect, it } from '@jest/globals';
import { checkRecording, qualityOf, type RecordingMeasures } from './recording.js';

const GOOD: RecordingMeasures = {
  ...{ durationSeconds: 75, speechSeconds: 62, speechLevel: -20, noiseLevel: -62, peakLevel: -6, clipped: 0 },
  ...{ pitch: 180, pitchRange: 5 },
};
const recording = (changes: Partial<RecordingMeasures> = {}) => ({ ...GOOD, ...changes });
const quality = (changes: Partial<RecordingMeasures> = {}, emotions: readonly string[] = ['neutral', 'joy', 'sadness', 'fear']) =>
  qualityOf(emotions.map((emotion) => ({ emotion, measures: recording(changes) })));

describe('a recording', () => {
  it('of a second to two minutes in which somebody speaks can be used', () => {
    for (const changes of [{}, { durationSeconds: 1, speechSeconds: 0.6 }, { durationSeconds: 120 }, { speechLevel: -49 }])
      expect(() => checkRecording(recording(changes))).not.toThrow();
  });

  it('that is too short, too long or silent is refused with the reason', () => {
    const cases: [Partial<RecordingMeasures>, string, RegExp][] = [
      [{ durationSeconds: 0.99 }, 'VOICE_SAMPLE_TOO_SHORT', /1 second/u],
      [{ durationSeconds: 120.1 }, 'VOICE_SAMPLE_TOO_LONG', /120 seconds/u],
      [{ speechSeconds: 0.4 }, 'VOICE_SAMPLE_SILENT', /microphone/u],
      [{ speechLevel: -51 }, 'VOICE_SAMPLE_SILENT', /microphone/u],
    ];
    for (const [changes, code, sentence] of cases) {
      let refusal: unknown;
      try {
        checkRecording(recording(changes));
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toMatchObject({ code, kind: 'BAD_USER_INPUT', message: expect.stringMatching(sentence) });
    }
  });
});

describe('the quality of a voice’s samples', () => {
  it('is 1 for a minute of clear speech in four emotions, 0 without any', () => {
    expect(quality()).toEqual({ length: 1, level: 1, noise: 1, clipping: 1, coverage: 1, overall: 1 });
    expect(qualityOf([]).overall).toBe(0);
    expect(quality({ speechSeconds: 0 }).overall).toBe(0);
  });

  it('falls with each thing that is measured, and with that part alone', () => {
    const cases: [Partial<RecordingMeasures>, string][] = [
      [{ speechSeconds: 3 }, 'length'],
      [{ speechLevel: -42, noiseLevel: -80 }, 'level'],
      [{ speechLevel: -4 }, 'level'],
      [{ noiseLevel: -35 }, 'noise'],
      [{ clipped: 0.004 }, 'clipping'],
    ];
    for (const [changes, part] of cases) {
      const { overall, ...parts } = quality(changes);
      expect(overall).toBeGreaterThan(0);
      expect(overall).toBeLessThan(1);
      for (const [name, value] of Object.entries(parts)) expect([name, value < 1]).toEqual([name, name === part]);
    }
    expect(quality({}, ['neutral'])).toMatchObject({ coverage: 0.4, length: 1 });
    expect(quality({}, ['neutral', 'joy']).coverage).toBeCloseTo(0.6);
  });

  it('of noise, or cut off throughout, is 0: no good part makes up for it', () => {
    expect(quality({ noiseLevel: -22 }).overall).toBe(0);
    expect(quality({ clipped: 0.02 }).overall).toBe(0);
  });

  it('counts samples by the speech in them', () => {
    const samples = [
      { emotion: 'neutral', measures: recording() },
      { emotion: 'joy', measures: recording({ speechSeconds: 2, noiseLevel: -20 }) },
    ];
    expect(qualityOf(samples).noise).toBeCloseTo(62 / 64);
  });
});
