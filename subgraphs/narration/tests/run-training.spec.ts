import { describe, expect, it } from '@jest/globals';
import { giveUpTraining, runTraining } from '../src/application/run-training.js';
import { qualityOf } from '../src/domain/recording.js';
import { type Request, type Sample, SpeechFailure, type SpeechProvider } from '../src/domain/speech-provider.js';
import { recordConsent, remove, withdrawConsent } from '../src/domain/voice.js';
import type { Training } from '../src/domain/voices.js';
import { memoryVoiceAudio } from './memory-voice-audio.js';
import { memoryVoices } from './memory-voices.js';
import { aReadyVoice, inTraining, measures, recorded, trainingOf } from './voice-examples.js';

const sound = { samples: new Int16Array(16), sampleRate: 16_000, characters: 10, cost: null };
const studio = { master: async () => ({ bytes: new Uint8Array([1]), durationSeconds: 1, loudness: null }) };

type Train = (samples: readonly Sample[], request: Request, signal: AbortSignal) => Promise<string>;

/** A provider that does what the test says; there is no real one that fails on demand. */
function providerOf(train: Train, more: Partial<SpeechProvider> = {}): SpeechProvider {
  return {
    ...{ name: 'local', sampleRate: 16_000, trains: 'clone', isPaid: false, concurrency: 1 },
    speaks: () => true,
    readyMadeVoices: async () => [],
    speak: async () => sound,
    train: async ({ samples }, request, signal) => ({ providerVoiceId: await train(samples, request, signal), settings: { pitch: 1.2 } }),
    forget: async () => undefined,
    ...more,
  };
}

async function setUp({
  voices = memoryVoices(),
  training,
  spoken = 'en',
}: {
  voices?: ReturnType<typeof memoryVoices>;
  training?: Training;
  spoken?: string;
} = {}) {
  const audio = memoryVoiceAudio();
  const asked = training ?? (await inTraining(voices, { spoken }));
  for (const { audioKey } of (await voices.work(asked))?.samples ?? []) audio.objects.set(audioKey, new Uint8Array([7]));
  const told: object[] = [];
  let clock = 0;
  return {
    ...{ voices, audio, told, training: asked },
    voice: () => voices.kept.get(asked.voiceId)?.voice,
    trained: () => voices.kept.get(asked.voiceId)?.trained,
    events: () => (voices.kept.get(asked.voiceId)?.events ?? []).map(({ type }) => type).slice(4),
    async run(provider: SpeechProvider | null, { isLastAttempt = false, signal = new AbortController().signal } = {}): Promise<string> {
      const providers = new Map(provider ? [['local', provider]] : []);
      const now = () => (clock += 400);
      const work = runTraining({ voices, audio, studio, providers, now, tellOperator: (failure) => told.push(failure) });
      const job = { isLastAttempt, signal, complete: async () => undefined };
      return work({ ...asked, ...job }).then(
        () => 'done',
        (error: Error) => error.message,
      );
    },
  };
}

describe('the training job', () => {
  it('makes a voice ready that was measured, and lets it be heard', async () => {
    const { run, voice, trained, audio, training, voices } = await setUp();
    const given: unknown[] = [];
    const outcome = await run(
      providerOf(async (samples, request) => {
        given.push(...(await Promise.all(samples.map(async ({ emotion, wav }) => ({ emotion, wav: await wav() })))), request);
        return 'clone-1';
      }),
    );
    expect(outcome).toBe('done');
    expect(given).toEqual([
      { emotion: 'joy', wav: new Uint8Array([7]) },
      { key: training.trainingId, unknownSince: null },
    ]);
    expect(voice()).toMatchObject({ status: 'ready', quality: Math.round(qualityOf([{ emotion: 'joy', measures }]).overall * 100) / 100 });
    const previewKey = `${training.voiceId}/previews/${training.trainingId}.mp3`;
    expect(trained()).toEqual({ providerVoiceId: 'clone-1', settings: { pitch: 1.2 }, previewKey });
    expect(audio.objects.get(previewKey)).toEqual(new Uint8Array([1]));
    expect(voices.forgotten).toEqual([]);
  });

  it('tells progress at most once a second', async () => {
    const { run, events } = await setUp();
    await run(
      providerOf(async ([sample]) => {
        // 400 ms pass with each report, by the clock given.
        for (let time = 0; time < 7; time += 1) await sample?.wav();
        return 'clone-1';
      }),
    );
    const told = events();
    expect(told.at(-1)).toBe('VoiceProfileTrained');
    expect(told.slice(0, -1).every((type) => type === 'TrainingProgressed')).toBe(true);
    expect(told.length - 1).toBeGreaterThanOrEqual(3);
    expect(told.length - 1).toBeLessThanOrEqual(5);
  });

  it('killed after the provider was asked, asks what came of it instead of for another one', async () => {
    const { run, training, trained } = await setUp();
    const requests: Request[] = [];
    const made = new Map<string, string>();
    const provider = (dies: boolean) =>
      providerOf(async (_, request) => {
        requests.push(request);
        const known = request.unknownSince && made.get(request.key);
        if (known) return known;
        made.set(request.key, `clone-${made.size + 1}`);
        if (dies) throw new Error('killed');
        return made.get(request.key) ?? '';
      });
    expect(await run(provider(true))).toBe('killed');
    expect(await run(provider(false))).toBe('done');
    expect(requests).toEqual([
      { key: training.trainingId, unknownSince: null },
      { key: training.trainingId, unknownSince: expect.any(Date) },
    ]);
    expect([trained()?.providerVoiceId, made.size]).toEqual(['clone-1', 1]);
  });

  it('remembers that the provider is being asked before it is', async () => {
    const { run, voices, training } = await setUp();
    let before: Date | null | undefined;
    await run(
      providerOf(async () => {
        before = (await voices.work(training))?.askedAt;
        return 'clone-1';
      }),
    );
    expect(before).toBeInstanceOf(Date);
  });

  it('is tried again after a passing failure, and the voice still waits', async () => {
    const { run, voice, told, voices } = await setUp();
    const away = providerOf(() => Promise.reject(new SpeechFailure('SPEECH_PROVIDER_UNAVAILABLE', { detail: 'HTTP 503' })));
    expect(await run(away)).toMatch('did not answer');
    expect(voice()?.status).toBe('training');
    expect(told).toEqual([{ code: 'SPEECH_PROVIDER_UNAVAILABLE', detail: 'HTTP 503', final: false }]);
    expect(voices.forgotten).toEqual([]);
  });

  it('gives up at the last attempt, says why, and forgets what may have been made', async () => {
    const { run, voice, voices, training } = await setUp();
    const away = providerOf(() => Promise.reject(new SpeechFailure('SPEECH_PROVIDER_UNAVAILABLE')));
    expect(await run(away, { isLastAttempt: true })).toBe('done');
    expect(voice()).toMatchObject({ status: 'failed', failure: { code: 'SPEECH_PROVIDER_UNAVAILABLE', retryable: true } });
    expect(voices.forgotten).toMatchObject([{ trained: { providerVoiceId: null, key: training.trainingId } }]);
  });

  it('gives up at once where trying again cannot help', async () => {
    const { run, voice, told } = await setUp();
    await run(providerOf(() => Promise.reject(new SpeechFailure('SPEECH_PROVIDER_REFUSED'))));
    expect(voice()).toMatchObject({ status: 'failed', failure: { code: 'SPEECH_PROVIDER_REFUSED', retryable: false } });
    expect(told).toMatchObject([{ final: true }]);
  });

  it('says that its provider is not set up any more', async () => {
    const { run, voice } = await setUp();
    await run(null);
    expect(voice()).toMatchObject({ status: 'failed', failure: { code: 'SPEECH_PROVIDER_MISCONFIGURED' } });
  });

  it('never shows what an unforeseen error says', async () => {
    const { run, voice } = await setUp();
    expect(
      await run(
        providerOf(() => Promise.reject(new Error('row: secret'))),
        { isLastAttempt: true },
      ),
    ).toBe('row: secret');
    expect(voice()).toMatchObject({ failure: { code: 'SPEECH_FAILED', message: expect.not.stringContaining('secret') } });
  });

  it('leaves the job to the next worker when the service stops', async () => {
    const { run, voice } = await setUp();
    const stop = new AbortController();
    const stopped = providerOf(async () => {
      stop.abort(new Error('stopping'));
      throw new Error('stopping');
    });
    expect(await run(stopped, { signal: stop.signal, isLastAttempt: true })).toBe('stopping');
    expect(voice()?.status).toBe('training');
  });

  it.each([
    ['its consent was withdrawn', withdrawConsent],
    ['it was deleted', remove],
  ])('keeps nothing of a voice when %s meanwhile', async (_, verb) => {
    const { run, voice, training, voices, trained } = await setUp();
    const { voiceId, trainingId: key } = training;
    const outcome = await run(
      providerOf(async () => {
        await voices.update(voiceId, verb);
        return 'clone-1';
      }),
    );
    expect([outcome, voice()?.status]).toEqual(['done', verb === remove ? 'deleted' : 'pending']);
    expect(trained()).toBeNull();
    const objects = [`${voiceId}/previews/${key}.mp3`];
    expect(voices.forgotten.at(-1)).toEqual({ voiceId, provider: 'local', trained: { providerVoiceId: 'clone-1', key }, objects });
  });

  it('asks nobody for a training that was called off before, and forgets what an earlier try may have made', async () => {
    const { run, training, voices } = await setUp();
    await voices.update(training.voiceId, withdrawConsent);
    expect(await run(providerOf(() => Promise.reject(new Error('asked'))))).toBe('done');
    expect(voices.forgotten.at(-1)).toMatchObject({ trained: { providerVoiceId: null, key: training.trainingId }, objects: [] });
  });

  it('does not touch the voice of the next training when it comes late', async () => {
    const { run, training, voices, voice } = await setUp();
    const late = providerOf(async () => {
      await voices.update(training.voiceId, withdrawConsent);
      await inTrainingAgain();
      return 'clone-1';
    });
    async function inTrainingAgain() {
      await recorded(voices, training.voiceId);
      await voices.update(training.voiceId, (again) => recordConsent(again, { speaker: 'Ada', statement: 'I agree again.' }));
      await trainingOf(voices, training.voiceId);
    }
    await run(late);
    expect(voice()).toMatchObject({ status: 'training', quality: null });
    expect(voices.forgotten.at(-1)).toMatchObject({ trained: { providerVoiceId: 'clone-1', key: training.trainingId } });
  });

  describe('whose preview cannot be made', () => {
    const mute = (code: 'SPEECH_PROVIDER_UNAVAILABLE' | 'SPEECH_QUOTA_EXHAUSTED') =>
      providerOf(async () => 'clone-1', { speak: () => Promise.reject(new SpeechFailure(code)) });

    it('is tried again where that can help', async () => {
      const { run, voice } = await setUp();
      expect(await run(mute('SPEECH_PROVIDER_UNAVAILABLE'))).toMatch('did not answer');
      expect(voice()?.status).toBe('training');
    });
    it('makes the voice ready all the same in the end', async () => {
      for (const [code, isLastAttempt] of [
        ['SPEECH_QUOTA_EXHAUSTED', false],
        ['SPEECH_PROVIDER_UNAVAILABLE', true],
      ] as const) {
        const { run, voice, trained } = await setUp();
        expect(await run(mute(code), { isLastAttempt })).toBe('done');
        expect([voice()?.status, trained()?.previewKey]).toEqual(['ready', null]);
      }
    });
  });

  it('speaks English for a voice whose language its provider does not read', async () => {
    const { run, trained } = await setUp({ spoken: 'de' });
    const spoken: unknown[] = [];
    const provider = providerOf(async () => 'clone-1', {
      speaks: (language) => language === 'en',
      speak: async ({ text, language, voice }) => {
        spoken.push([text.slice(0, 16), language, voice.providerVoiceId, voice.settings]);
        return sound;
      },
    });
    await run(provider);
    expect(spoken).toEqual([['Once upon a time', 'en', 'clone-1', { pitch: 1.2 }]]);
    expect(trained()?.previewKey).not.toBeNull();
  });

  it('that died each time without a word does not leave the voice waiting', async () => {
    const { training, voices, voice } = await setUp();
    await giveUpTraining(voices)(training);
    expect(voice()).toMatchObject({ status: 'failed', failure: { code: 'SPEECH_FAILED' } });
    expect(voices.forgotten).toMatchObject([{ trained: { providerVoiceId: null, key: training.trainingId } }]);
  });

  it('trains a ready voice anew, and forgets the clone from before', async () => {
    const voices = memoryVoices();
    const voiceId = await aReadyVoice(voices);
    const { run, voice, trained } = await setUp({ voices, training: await trainingOf(voices, voiceId) });
    expect(await run(providerOf(async () => 'clone-2'))).toBe('done');
    expect([voice()?.status, trained()?.providerVoiceId]).toEqual(['ready', 'clone-2']);
    expect(voices.forgotten).toMatchObject([{ trained: { providerVoiceId: 'made-1', key: null } }]);
  });
});
