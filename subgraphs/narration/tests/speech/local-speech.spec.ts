import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compileWorker } from '@storytelling/shared/testing/compile-worker';
import type { Line, SpeechProvider, SpokenLine } from '../../src/domain/speech-provider.js';
import { findPitches } from '../../src/infrastructure/audio/pitch.js';
import { type LocalSpeechOptions, localSpeech } from '../../src/infrastructure/providers/local-speech.js';
import { babble, floats, never } from '../audio/sounds.js';
import { measure } from '../../src/infrastructure/audio/measure.js';
import { FIRST_TRY, speechProviderContract } from './speech-provider.contract.js';

let worker: Awaited<ReturnType<typeof compileWorker>>;
let provider: SpeechProvider;
beforeAll(async () => {
  worker = await compileWorker('subgraphs/narration/src', ['infrastructure/providers/local'], 'infrastructure/providers/local/worker.ts');
  provider = make();
});
afterAll(async () => {
  await provider.close?.();
  await worker.remove();
});

const make = (options: LocalSpeechOptions = {}) => localSpeech({ workerUrl: worker.url, ...options });
const line = (changes: Partial<Line> & { voiceId?: string } = {}): Line => ({
  text: 'The rain fell and fell on the long grey road, and nobody came.',
  language: 'en',
  emotion: 'neutral',
  intensity: 8,
  voice: { provider: 'local', providerVoiceId: changes.voiceId ?? 'slt', settings: {} },
  ...changes,
});
const speak = (changes: Partial<Line> & { voiceId?: string } = {}) => provider.speak(line(changes), FIRST_TRY, never);
const seconds = ({ samples, sampleRate }: SpokenLine) => samples.length / sampleRate;
const pitch = (spoken: SpokenLine) => {
  const pitches = findPitches(floats(spoken), spoken.sampleRate, 0.02).sort((a, b) => a - b);
  return pitches[Math.floor(pitches.length / 2)] ?? 0;
};

speechProviderContract('local speech', async () => make());

describe('a line', () => {
  it('sounds as high as its emotion, in every voice', async () => {
    for (const voiceId of ['slt', 'awb', 'rms', 'giant']) {
      const heard: number[] = [];
      for (const emotion of ['fear', 'joy', 'neutral', 'sadness']) heard.push(pitch(await speak({ voiceId, emotion })));
      const [fear, joy, neutral, sadness] = heard as [number, number, number, number];
      expect(fear / joy).toBeGreaterThan(1.04);
      expect(joy / neutral).toBeGreaterThan(1.08);
      expect(neutral / sadness).toBeGreaterThan(1.08);
    }
  });

  it('is the same sample by sample, whatever was spoken before it by the same program', async () => {
    const alone = make({ threads: 1 });
    const first = await alone.speak(line(), FIRST_TRY, never);
    await alone.close?.();
    const one = make({ threads: 1 });
    const other = (index: number) =>
      line({ text: `So said number ${index}. `.repeat(1 + (index % 7)), emotion: index % 2 ? 'fear' : 'sadness' });
    for (const [index, voiceId] of ['awb', 'rms', 'machine', 'giant', 'slt', 'child'].entries())
      await one.speak({ ...other(index), voice: { provider: 'local', providerVoiceId: voiceId, settings: {} } }, FIRST_TRY, never);
    const again = await one.speak(line(), FIRST_TRY, never);
    await one.close?.();
    expect(again.samples).toEqual(first.samples);
  });

  it('is moved more by what is felt more', async () => {
    const [barely, more] = [await speak({ emotion: 'fear', intensity: 1 }), await speak({ emotion: 'fear', intensity: 10 })];
    expect(pitch(more) / pitch(barely)).toBeGreaterThan(1.1);
    expect(seconds(more)).toBeLessThan(seconds(barely));
  });

  it('of ten voices, none sounds as high as another', async () => {
    const voices = await provider.readyMadeVoices(never);
    const pitches: number[] = [];
    for (const { providerVoiceId } of voices) pitches.push(pitch(await speak({ voiceId: providerVoiceId })));
    pitches.sort((a, b) => a - b);
    expect(voices.length).toBeGreaterThanOrEqual(8);
    for (const [index, hertz] of pitches.slice(1).entries()) expect(hertz / (pitches[index] as number)).toBeGreaterThan(1.005);
    expect((pitches.at(-1) as number) / (pitches[0] as number)).toBeGreaterThan(4);
  });

  it('lasts as long whether its voice is small or large, for the same rate', async () => {
    const [small, large] = [await speak({ voiceId: 'child' }), await speak({ voiceId: 'slt' })];
    expect(seconds(small) / seconds(large)).toBeGreaterThan(0.85);
    expect(seconds(small) / seconds(large)).toBeLessThan(1.1);
  });

  it('in which there is nothing to pronounce is a short silence', async () => {
    for (const text of ['…', '***', '\n—\n', '雨が降った。']) {
      const spoken = await speak({ text });
      expect(seconds(spoken)).toBeLessThan(1);
      expect(spoken.samples.every((value) => value === 0)).toBe(true);
      expect(spoken.characters).toBe([...text].length);
    }
  });

  it('of a page is spoken sentence by sentence, whole', async () => {
    const text = Array.from({ length: 12 }, (_, index) => `Paragraph ${index} is about the rain, which fell and fell. `).join('');
    expect(seconds(await speak({ text }))).toBeGreaterThan(30);
  });

  it('in another language than English is refused', async () => {
    await expect(speak({ language: 'de' })).rejects.toMatchObject({ code: 'SPEECH_LANGUAGE_UNSUPPORTED', retryable: false });
    expect(seconds(await speak({ language: 'en-GB', text: 'Rain.' }))).toBeGreaterThan(0.3);
  });

  it('that was abandoned stops the work on it at once', async () => {
    const own = make({ threads: 1 });
    const stop = new AbortController();
    const long = own.speak(line({ text: 'The rain fell and fell on the long grey road. '.repeat(400) }), FIRST_TRY, stop.signal);
    setTimeout(() => stop.abort(new Error('stopped')), 300);
    const began = performance.now();
    await expect(long).rejects.toThrow('stopped');
    // All of it would take about half a minute, and there is one thread.
    await own.speak(line({ text: 'Rain.' }), FIRST_TRY, never);
    expect(performance.now() - began).toBeLessThan(8_000);
    await own.close?.();
  });
});

describe('a thread', () => {
  const threads = () => (process.report.getReport() as { workers: unknown[] }).workers.length;

  it('ends when it has had nothing to do for a while, and gives its memory back', async () => {
    await provider.close?.();
    const before = threads();
    provider = make({ idleMs: 50 });
    await speak({ text: 'Rain.' });
    expect(threads()).toBe(before + 1);
    for (let tries = 0; threads() > before && tries < 50; tries += 1) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(threads()).toBe(before);
    expect(seconds(await speak({ text: 'Rain.' }))).toBeGreaterThan(0.3);
  });
});

describe('training', () => {
  it('finds a profile: a base voice, its pitch and its range, nothing that cannot be spoken with', async () => {
    const waveform = (hertz: number) => ({ samples: babble(hertz, 6, 16_000), sampleRate: 16_000 });
    const sample = (hertz: number) => ({
      id: 's',
      emotion: 'neutral',
      measures: measure(waveform(hertz)),
      wav: async () => new Uint8Array(),
    });
    const low = await provider.train({ id: 'v', name: 'Low', samples: [sample(110), sample(120)] }, FIRST_TRY, never);
    const high = await provider.train({ id: 'v', name: 'High', samples: [sample(210)] }, FIRST_TRY, never);
    expect(low.settings).toMatchObject({ base: 'awb' });
    expect(high.settings).toMatchObject({ base: 'slt' });
    const heard = async (trained: typeof low) => pitch(await speak({ voice: { provider: 'local', ...trained } }));
    expect(Math.abs((await heard(low)) / 115 - 1)).toBeLessThan(0.06);
    expect(Math.abs((await heard(high)) / 210 - 1)).toBeLessThan(0.06);
  });

  it('needs a recording in which a voice has a pitch', async () => {
    const measures = measure({ samples: new Float32Array(32_000), sampleRate: 16_000 });
    const sample = { id: 's', emotion: 'neutral', measures, wav: async () => new Uint8Array() };
    await expect(provider.train({ id: 'v', name: 'Nobody', samples: [sample] }, FIRST_TRY, never)).rejects.toMatchObject({
      code: 'SPEECH_PROVIDER_REFUSED',
    });
  });

  it('settings that no training made are refused', async () => {
    const voice = { provider: 'local', providerVoiceId: 'profile', settings: { base: 'slt', pitch: -1 } };
    await expect(speak({ voice })).rejects.toMatchObject({ code: 'SPEECH_VOICE_UNKNOWN' });
  });
});
