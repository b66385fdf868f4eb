import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Line, type Request, type Sample, SpeechFailure } from '../../src/domain/speech-provider.js';
import { measure } from '../../src/infrastructure/audio/measure.js';
import { writeWav } from '../../src/infrastructure/audio/wav.js';
import { speechProviders } from '../../src/infrastructure/providers/choose-provider.js';
import { type ElevenlabsSpeechOptions, elevenlabsSpeech } from '../../src/infrastructure/providers/elevenlabs-speech.js';
import { babble, never } from '../audio/sounds.js';
import { answered, cut, jsonOf, refused, type Stub, startStub, trickling } from './elevenlabs-stub.js';
import { FIRST_TRY, speechProviderContract } from './speech-provider.contract.js';

let stub: Stub;
let waits: number[];
beforeAll(async () => {
  stub = await startStub();
  // The SDK takes seconds to load.
  await import('@elevenlabs/elevenlabs-js');
}, 30_000);
afterAll(() => stub.close());
beforeEach(() => {
  stub.reset();
  waits = [];
});

const make = (options: Partial<ElevenlabsSpeechOptions> = {}) =>
  elevenlabsSpeech({
    ...{ apiKey: 'sk-secret', baseURL: stub.url, timeoutMs: 2_000, random: () => 0.5 },
    wait: async (milliseconds) => void waits.push(milliseconds),
    ...options,
  });
const line = (changes: Partial<Line> = {}): Line => ({
  ...{ text: ' “It rained.”\n', language: 'en', emotion: 'neutral', intensity: 5 },
  voice: { provider: 'elevenlabs', providerVoiceId: 'JBFq', settings: {} },
  ...changes,
});
const speak = (changes: Partial<Line> = {}, options: Partial<ElevenlabsSpeechOptions> = {}, request: Request = FIRST_TRY) =>
  make(options).speak(line(changes), request, never);
const sent = (index = 0) => jsonOf(stub.calls[index]?.body);
const made = () => stub.calls.filter(({ path }) => path.startsWith('/v1/text-to-speech'));
const recorded = (noise: number): Sample => {
  const waveform = { samples: babble(140, 2, 16_000, { noise }), sampleRate: 16_000 };
  return { id: `with ${noise}`, emotion: 'neutral', measures: measure(waveform), wav: async () => writeWav(waveform) };
};
const clean = recorded(0.001);

describe('elevenlabs', () => speechProviderContract('elevenlabs', async () => make()));

describe('what is asked', () => {
  it('goes to text-to-speech of the voice, with the key, as PCM, and nothing around the words', async () => {
    await speak();
    const [call] = stub.calls;
    expect(call).toMatchObject({ method: 'POST', path: '/v1/text-to-speech/JBFq' });
    expect(call?.query.get('output_format')).toBe('pcm_24000');
    expect(call?.headers['xi-api-key']).toBe('sk-secret');
    expect(sent()).toEqual({
      text: '“It rained.”',
      model_id: 'eleven_multilingual_v2',
      seed: expect.any(Number),
      voice_settings: { stability: 0.5, similarity_boost: 0.75, style: 0, speed: 1 },
    });
  });

  it('an emotion makes the voice less even, and faster or slower, the more the stronger it is', async () => {
    const settings: Record<string, { stability: number; style: number; speed: number }> = {};
    for (const [emotion, intensity] of [
      ['fear', 10],
      ['fear', 2],
      ['sadness', 10],
      ['calm', 10],
    ] as const) {
      stub.reply();
      await speak({ emotion, intensity });
      settings[`${emotion} ${intensity}`] = sent().voice_settings;
    }
    expect(settings['fear 10']?.stability).toBeLessThan(settings['fear 2']?.stability ?? 0);
    expect(settings['fear 10']?.style).toBeGreaterThan(settings['fear 2']?.style ?? 1);
    expect(settings['fear 10']?.speed).toBeGreaterThan(1.1);
    expect(settings['sadness 10']?.speed).toBeLessThan(0.9);
    expect(settings['calm 10']?.stability).toBeGreaterThan(0.6);
    for (const { speed } of Object.values(settings)) expect(speed >= 0.7 && speed <= 1.2).toBe(true);
  });

  it('a model that is directed by tags gets one, a stability that it knows, and the language', async () => {
    await speak({ emotion: 'anger', intensity: 9, language: 'en-GB' }, { model: 'eleven_v4' });
    expect(sent()).toMatchObject({
      text: '[angry] “It rained.”',
      model_id: 'eleven_v4',
      language_code: 'en',
      voice_settings: { stability: 0 },
    });
    stub.reply();
    await speak({}, { model: 'eleven_v3' });
    expect(sent()).toMatchObject({ text: '“It rained.”', voice_settings: { stability: 0.5 } });
  });

  it('what the story says in brackets is read, and directs nothing', async () => {
    await speak({ text: 'He wrote [shouts] and <break time="9s"/> there.' }, { model: 'eleven_v4' });
    expect(sent().text).toBe('He wrote (shouts) and  break time="9s"/  there.');
  });

  it('a line without words is a short silence, and costs nothing', async () => {
    const spoken = await speak({ text: '* * *\n…' });
    expect(spoken.samples.every((value) => value === 0)).toBe(true);
    expect(spoken).toMatchObject({ characters: 0, cost: null });
    expect(stub.calls).toEqual([]);
  });

  it('a language that the model does not know is refused before it is paid for', async () => {
    await expect(speak({ language: 'is' })).rejects.toMatchObject({ code: 'SPEECH_LANGUAGE_UNSUPPORTED' });
    expect(stub.calls).toEqual([]);
    expect(make({ model: 'eleven_v4' }).speaks('is')).toBe(true);
  });

  it('no more than two lines at once, whoever asks', async () => {
    const provider = make();
    let open = 0;
    let most = 0;
    stub.reply(
      ...Array.from({ length: 6 }, () => (_call: unknown, response: Parameters<typeof cut>[1]) => {
        open += 1;
        most = Math.max(most, open);
        setTimeout(() => {
          open -= 1;
          response.writeHead(200).end(Buffer.alloc(4_800));
        }, 20);
      }),
    );
    await Promise.all(Array.from({ length: 6 }, () => provider.speak(line(), FIRST_TRY, never)));
    expect(most).toBe(provider.concurrency);
  });
});

describe('what is answered', () => {
  it('characters and cost are recorded as they are paid for; a model without a known price costs null', async () => {
    // 12 × $0.10 per 1,000
    expect(await speak()).toMatchObject({ sampleRate: 24_000, characters: 12, cost: { amount: '0.0012', currency: 'USD' } });
    expect(await speak({ emotion: 'anger' }, { model: 'eleven_v4' })).toMatchObject({ characters: 20, cost: { amount: '0.0016' } });
    expect((await speak({}, { model: 'eleven_v9' })).cost).toBeNull();
  });

  it('voices of all pages are listed, clones of people are not', async () => {
    const voices = await make().readyMadeVoices(never);
    expect(voices).toEqual([
      { providerVoiceId: 'JBFq', name: 'George', language: 'en', description: 'A warm storyteller.' },
      { providerVoiceId: 'XB0f', name: 'Charlotte', language: 'sv', description: 'Sv, female.' },
    ]);
    expect(stub.calls.map(({ path, query }) => [path, query.get('next_page_token')])).toEqual([
      ['/v2/voices', null],
      ['/v2/voices', '2'],
    ]);
  });

  it('a ready-made voice is heard by its own preview, once its address is known', async () => {
    const provider = make();
    expect(Buffer.from((await provider.preview?.('JBFq', never)) ?? []).toString()).toBe('preview of JBFq');
    expect(await provider.preview?.('c10n', never)).toBeUndefined();
  });
});

describe('an answer that was lost', () => {
  const since = (): Request => ({ key: 'key-1', unknownSince: new Date(Date.now() - 60_000) });

  it('is looked for in the history, and downloaded instead of paid for again', async () => {
    await speak({ emotion: 'joy' });
    stub.reply();
    const again = await speak({ emotion: 'joy' }, {}, since());
    expect(stub.calls.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/history', 'POST /v1/history/download']);
    expect(stub.calls[0]?.query.get('voice_id')).toBe('JBFq');
    expect(sent(1)).toEqual({ history_item_ids: [stub.history[0]?.history_item_id], output_format: 'wav' });
    expect(again).toMatchObject({ sampleRate: 24_000, characters: 12, cost: { amount: '0.0012' } });
    expect(again.samples.length).toBeGreaterThan(10_000);
  });

  it('of other words, another voice or another emotion is not taken for it', async () => {
    await speak({ text: 'It snowed.' });
    await speak({ voice: { provider: 'elevenlabs', providerVoiceId: 'XB0f', settings: {} } });
    await speak({ emotion: 'fear' });
    stub.reply();
    await speak({ emotion: 'joy' }, {}, since());
    expect(made()).toHaveLength(1);
  });

  it('in the same try is looked for before it is asked for again', async () => {
    // It spoke, and its answer did not arrive.
    stub.reply((call, response) => {
      const { text, model_id, voice_settings } = jsonOf(call.body);
      const now = Math.floor(Date.now() / 1_000);
      stub.history.push({ ...{ history_item_id: 'item-9', voice_id: 'JBFq', date_unix: now }, model_id, text, settings: voice_settings });
      cut(call, response);
    });
    stub.calls.length = 0;
    // The history keeps the words as they were sent.
    await speak({ text: 'It rained.' });
    expect(stub.calls.map(({ path }) => path)).toEqual(['/v1/text-to-speech/JBFq', '/v1/history', '/v1/history/download']);
  });

  it('that nobody has kept is asked for again', async () => {
    stub.reply(undefined);
    await speak({}, {}, since());
    expect(made()).toHaveLength(1);
    // It is in the history, and cannot be downloaded as sound.
    stub.reply(undefined, answered({}));
    await speak({}, {}, since());
    expect(made()).toHaveLength(1);
  });

  it('of a clone is found by its request', async () => {
    const provider = make();
    const voice = { id: 'voice-1', name: 'Mine', samples: [clean] };
    const { providerVoiceId } = await provider.train(voice, FIRST_TRY, never);
    stub.reply();
    expect(await provider.train(voice, since(), never)).toEqual({ providerVoiceId, settings: {} });
    expect(stub.calls.every(({ path }) => path === '/v2/voices')).toBe(true);
    // Trained anew, it is another.
    expect((await provider.train(voice, { ...since(), key: 'key-2' }, never)).providerVoiceId).not.toBe(providerVoiceId);
  });
});

describe('a clone', () => {
  it('is made of the cleanest recordings, without the name that its owner gave it', async () => {
    const noisy = recorded(0.05);
    const samples = [noisy, ...Array.from({ length: 30 }, () => clean)];
    await make().train({ id: 'voice-1', name: 'My Grandmother', samples }, FIRST_TRY, never);
    const [call] = stub.calls;
    expect(call).toMatchObject({ method: 'POST', path: '/v1/voices/add' });
    expect(call?.body.match(/filename="sample-\d+\.wav"/gu)).toHaveLength(25);
    expect(call?.body).toContain('storytelling voice-1');
    expect(call?.body).not.toContain('Grandmother');
    expect(
      call?.body.includes(
        Buffer.from(await noisy.wav())
          .toString('latin1')
          .slice(44, 2_000),
      ),
    ).toBe(false);
  });

  it('is deleted by its id, by its request, or all that was ever made of a voice; those of others stay', async () => {
    const provider = make();
    const train = (id: string, key: string) => provider.train({ id, name: 'Mine', samples: [clean] }, { key, unknownSince: null }, never);
    const [first, , other] = [await train('voice-1', 'key-1'), await train('voice-1', 'key-2'), await train('voice-2', 'key-3')];
    const clones = () => stub.voices.filter(({ category }) => category === 'cloned').map(({ description }) => description);
    await provider.forget({ id: 'voice-1', providerVoiceId: null, key: 'key-2' }, never);
    expect(clones()).toEqual(['request of-another', 'request key-1', 'request key-3']);
    await provider.forget({ id: 'voice-1', providerVoiceId: first.providerVoiceId, key: null }, never);
    await train('voice-1', 'key-4');
    await provider.forget({ id: 'voice-1', providerVoiceId: null, key: null }, never);
    expect(clones()).toEqual(['request of-another', 'request key-3']);
    expect(stub.voices.some(({ voice_id }) => voice_id === other.providerVoiceId)).toBe(true);
  });

  it('that the provider wants verified is deleted again and refused', async () => {
    stub.reply(answered({ voice_id: 'c10n', requires_verification: true }));
    await expect(make().train({ id: 'v', name: 'Mine', samples: [clean] }, FIRST_TRY, never)).rejects.toMatchObject({
      code: 'SPEECH_PROVIDER_REFUSED',
    });
    expect(stub.voices.some(({ voice_id }) => voice_id === 'c10n')).toBe(false);
  });
});

describe('what goes wrong', () => {
  it('429, 5xx and cut connections are tried again, waiting longer each time', async () => {
    stub.reply(refused(429, 'too_many_concurrent_requests'), refused(503, 'system_busy'), undefined, cut);
    await expect(speak({ text: 'It thundered.' })).resolves.toMatchObject({ sampleRate: 24_000 });
    expect(waits.slice(0, 2)).toEqual([1_000, 2_000]);
  });

  it('Retry-After is honoured, in seconds and as a date; too long a wait is left to the job', async () => {
    stub.reply(
      refused(429, 'system_busy', { 'retry-after': '7' }),
      refused(429, 'system_busy', { 'retry-after': new Date(Date.now() + 20_000).toUTCString() }),
    );
    await speak();
    expect(waits[0]).toBe(7_000);
    expect(waits[1]).toBeGreaterThan(15_000);
    stub.reply(refused(429, 'system_busy', { 'retry-after': '3600' }));
    await expect(speak()).rejects.toMatchObject({ code: 'SPEECH_PROVIDER_UNAVAILABLE', retryable: true, retryAfterSeconds: 3_600 });
    expect(stub.calls).toHaveLength(1);
  });

  it('after four attempts it is unavailable', async () => {
    stub.reply(...Array.from({ length: 4 }, () => refused(429, 'system_busy')));
    await expect(speak()).rejects.toMatchObject({
      ...{ code: 'SPEECH_PROVIDER_UNAVAILABLE', retryable: true, detail: 'HTTP 429 system_busy req-42' },
    });
    expect(stub.calls).toHaveLength(4);
  });

  it.each([
    [401, 'invalid_api_key', 'SPEECH_PROVIDER_MISCONFIGURED'],
    [401, 'missing_permissions', 'SPEECH_PROVIDER_MISCONFIGURED'],
    [400, 'model_not_found', 'SPEECH_PROVIDER_MISCONFIGURED'],
    [401, 'quota_exceeded', 'SPEECH_QUOTA_EXHAUSTED'],
    [402, 'payment_required', 'SPEECH_QUOTA_EXHAUSTED'],
    [400, 'voice_limit_reached', 'SPEECH_QUOTA_EXHAUSTED'],
    [404, 'voice_not_found', 'SPEECH_VOICE_UNKNOWN'],
    [400, 'voice_does_not_exist', 'SPEECH_VOICE_UNKNOWN'],
    [400, 'max_character_limit_exceeded', 'SPEECH_PROVIDER_REFUSED'],
    [422, 'content_against_policy', 'SPEECH_PROVIDER_REFUSED'],
  ])('%s %s is %s, and not tried again', async (status, reason, code) => {
    stub.reply(refused(status, reason));
    const failure = await speak().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SpeechFailure);
    expect(failure).toMatchObject({ code, retryable: false });
    expect(stub.calls).toHaveLength(1);
    // What it says may quote the text and the key: of that nothing is kept.
    expect(JSON.stringify({ ...(failure as SpeechFailure), message: (failure as SpeechFailure).message })).not.toMatch(/sk-secret|rained/u);
  });

  it('an answer that does not end is given up, as one that does not begin', async () => {
    stub.reply(
      trickling,
      undefined,
      trickling,
      undefined,
      () => {},
      undefined,
      () => {},
    );
    await expect(speak({}, { timeoutMs: 150 })).rejects.toMatchObject({ code: 'SPEECH_PROVIDER_UNAVAILABLE', retryable: true });
  });

  it('an abort stops a call and a wait, with the reason of its signal', async () => {
    const reason = new Error('stopped');
    const during = new AbortController();
    stub.reply(() => during.abort(reason));
    await expect(make().speak(line(), FIRST_TRY, during.signal)).rejects.toBe(reason);
    const waiting = new AbortController();
    stub.reply((call, response) => {
      // Not before it has been answered, however slow the machine is.
      response.once('finish', () => setTimeout(() => waiting.abort(reason), 10));
      refused(503, 'system_busy')(call, response);
    });
    await expect(make({ wait: undefined }).speak(line(), FIRST_TRY, waiting.signal)).rejects.toBe(reason);
  });

  it('a server that is not there is unavailable', async () => {
    await expect(speak({}, { baseURL: 'http://127.0.0.1:9' })).rejects.toMatchObject({ code: 'SPEECH_PROVIDER_UNAVAILABLE' });
  });
});

describe('choosing', () => {
  it('the local voices are always there, a key adds those of ElevenLabs', async () => {
    expect([...speechProviders({}).keys()]).toEqual(['local']);
    expect([...speechProviders({ ELEVENLABS_API_KEY: '  ' }).keys()]).toEqual(['local']);
    const providers = speechProviders({ ELEVENLABS_API_KEY: 'sk-1', ELEVENLABS_BASE_URL: stub.url, ELEVENLABS_MODEL: 'eleven_v4' });
    expect([...providers.keys()]).toEqual(['local', 'elevenlabs']);
    await providers.get('elevenlabs')?.speak(line(), FIRST_TRY, never);
    expect(sent().model_id).toBe('eleven_v4');
    for (const provider of providers.values()) await provider.close?.();
  });
});
