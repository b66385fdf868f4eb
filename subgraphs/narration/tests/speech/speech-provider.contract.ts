// What every speech provider must do: run on each adapter by its own spec.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Line, Sample, SpeechProvider } from '../../src/domain/speech-provider.js';
import { measure } from '../../src/infrastructure/audio/measure.js';
import { writeWav } from '../../src/infrastructure/audio/wav.js';
import { babble, floats, never } from '../audio/sounds.js';

export const FIRST_TRY = { key: 'key-1', unknownSince: null };

const TEXT = '“The rain fell and fell — on the long grey road,” said Zoë, “and nobody came…”\n';

export function speechProviderContract(name: string, makeProvider: () => Promise<SpeechProvider>): void {
  describe(`${name} keeps the contract of a speech provider`, () => {
    let provider: SpeechProvider;
    let voiceId: string;
    beforeAll(async () => {
      provider = await makeProvider();
      voiceId = (await provider.readyMadeVoices(never))[0]?.providerVoiceId ?? '';
    });
    afterAll(() => provider.close?.());

    const line = (changes: Partial<Line> = {}): Line => ({
      text: TEXT,
      language: 'en',
      emotion: 'neutral',
      intensity: 5,
      voice: { provider: provider.name, providerVoiceId: voiceId, settings: {} },
      ...changes,
    });
    const sample = (hertz: number): Sample => {
      const waveform = { samples: babble(hertz, 6, 16_000), sampleRate: 16_000 };
      return { id: `sample-${hertz}`, emotion: 'neutral', measures: measure(waveform), wav: async () => writeWav(waveform) };
    };

    it('lists ready-made voices, each with a name, a language that it speaks and a sentence', async () => {
      const voices = await provider.readyMadeVoices(never);
      expect(voices.length).toBeGreaterThan(0);
      expect(new Set(voices.map(({ providerVoiceId }) => providerVoiceId)).size).toBe(voices.length);
      for (const voice of voices) {
        expect(voice.name).toMatch(/^\S/u);
        expect(provider.speaks(voice.language)).toBe(true);
        expect(voice.description).toMatch(/^\p{Lu}.*\.$/u);
      }
    });

    it('speaks a line at its own sample rate, and counts its characters', async () => {
      const spoken = await provider.speak(line(), FIRST_TRY, never);
      expect(spoken.sampleRate).toBe(provider.sampleRate);
      expect(spoken.samples.length / spoken.sampleRate).toBeGreaterThan(1);
      expect(measure({ samples: floats(spoken), sampleRate: spoken.sampleRate }).speechSeconds).toBeGreaterThan(1);
      // What it does not speak it need not count.
      expect(spoken.characters === TEXT.length || spoken.characters === TEXT.trim().length).toBe(true);
      expect(spoken.cost === null || /^\d+(?:\.\d+)?$/u.test(spoken.cost.amount)).toBe(true);
      expect(provider.isPaid || spoken.cost === null).toBe(true);
    });

    it('speaks an emotion that it does not know as neutral', async () => {
      const spoken = await provider.speak(line({ emotion: 'schadenfreude' }), FIRST_TRY, never);
      const neutral = await provider.speak(line(), FIRST_TRY, never);
      expect(spoken.samples.length).toBe(neutral.samples.length);
    });

    it('a voice that it does not know is refused, not replaced by another', async () => {
      const voice = { provider: provider.name, providerVoiceId: 'nobody', settings: {} };
      await expect(provider.speak(line({ voice }), FIRST_TRY, never)).rejects.toMatchObject({
        code: 'SPEECH_VOICE_UNKNOWN',
        retryable: false,
      });
    });

    it('speaks in a voice that was trained, until that is forgotten', async () => {
      const trained = await provider.train({ id: 'voice-1', name: 'Mine', samples: [sample(140), sample(150)] }, FIRST_TRY, never);
      const voice = { provider: provider.name, ...trained };
      expect((await provider.speak(line({ voice }), FIRST_TRY, never)).samples.length).toBeGreaterThan(0);
      const forgotten = { id: 'voice-1', providerVoiceId: trained.providerVoiceId, key: FIRST_TRY.key };
      await provider.forget(forgotten, never);
      // What is gone is no error.
      await provider.forget(forgotten, never);
      await provider.forget({ id: 'voice-1', providerVoiceId: null, key: null }, never);
    });

    it('an aborted line rejects with the reason of its signal, and the provider works on', async () => {
      const reason = new Error('stopped');
      await expect(provider.speak(line(), FIRST_TRY, AbortSignal.abort(reason))).rejects.toBe(reason);
      const stop = new AbortController();
      const running = provider.speak(line({ text: TEXT.repeat(20) }), FIRST_TRY, stop.signal);
      stop.abort(reason);
      await expect(running).rejects.toBe(reason);
      expect((await provider.speak(line(), FIRST_TRY, never)).samples.length).toBeGreaterThan(0);
    });
  });
}
