import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { previewReadyMadeVoice } from '../src/application/preview-ready-made-voice.js';
import { readyMadeVoiceId } from '../src/domain/preview.js';
import type { ReadyMadeVoices } from '../src/domain/ready-made-voices.js';
import type { Line, ReadyMadeVoice, SpeechProvider } from '../src/domain/speech-provider.js';
import { previewQueue, prismaReadyMadeVoices } from '../src/infrastructure/prisma-ready-made-voices.js';
import { startReadyMadeVoices } from '../src/infrastructure/ready-made-voices.js';
import { wantedPreviews } from '../src/infrastructure/wanted-previews.js';
import { memoryVoiceAudio } from './memory-voice-audio.js';
import { narrationDatabase } from './narration-database.js';

const told = (providerVoiceId: string, more: Partial<ReadyMadeVoice> = {}): ReadyMadeVoice => ({
  ...{ providerVoiceId, name: `Voice ${providerVoiceId}`, language: 'en', description: 'Clear and calm.' },
  ...more,
});

describe('ready-made voices', () => {
  let database: Awaited<ReturnType<typeof narrationDatabase>>;
  let readyMade: ReadyMadeVoices;
  beforeAll(async () => {
    database = await narrationDatabase();
    readyMade = prismaReadyMadeVoices({ client: database.prisma, transact: database.transact, jobs: database.jobs });
  });
  afterAll(() => database.close());

  const rowsOf = (provider: string) => database.prisma.readyMadeVoiceRecord.findMany({ where: { provider }, orderBy: { rank: 'asc' } });
  const previewsOf = (id: string) => database.enqueued.filter(({ queue, key }) => queue === previewQueue && key === id);

  it('keep their ids, learn what is new of them, and are retired when their provider has them no longer', async () => {
    await readyMade.save('first', [told('a'), told('b')]);
    const [a, b] = [readyMadeVoiceId('first', 'a'), readyMadeVoiceId('first', 'b')];
    expect(await rowsOf('first')).toMatchObject([
      { id: a, name: 'Voice a', isRetired: false, previewKey: null },
      { id: b, isRetired: false },
    ]);
    await readyMade.save('first', [told('a', { name: 'Renamed' }), told('c')]);
    const now = new Map((await rowsOf('first')).map(({ providerVoiceId, name, isRetired }) => [providerVoiceId, [name, isRetired]]));
    expect(now).toEqual(
      new Map([
        ['a', ['Renamed', false]],
        ['b', ['Voice b', true]],
        ['c', ['Voice c', false]],
      ]),
    );
    await readyMade.save('first', [told('b')]);
    expect((await rowsOf('first')).find(({ id }) => id === b)).toMatchObject({ isRetired: false });
  });

  it('of one provider are no matter of another’s', async () => {
    await readyMade.save('one', [told('a')]);
    await readyMade.save('two', []);
    expect(await rowsOf('one')).toMatchObject([{ isRetired: false }]);
  });

  it('take as many statements for many as for one', async () => {
    const many = Array.from({ length: 50 }, (_, index) => told(String(index)));
    const one = await database.statementsOf(() => readyMade.save('single', [told('a')]));
    expect(await database.statementsOf(() => readyMade.save('many', many))).toBe(one);
    const lookedAt = many.map(({ providerVoiceId }) => readyMadeVoiceId('many', providerVoiceId));
    expect(await database.statementsOf(() => readyMade.previewKeys(lookedAt))).toBe(1);
  });

  it('are each given a preview once', async () => {
    await readyMade.save('heard', [told('a')]);
    const id = readyMadeVoiceId('heard', 'a');
    const audio = memoryVoiceAudio();
    const spoken: Line[] = [];
    const provider = {
      ...{ name: 'heard', sampleRate: 16_000 },
      speaks: () => true,
      async speak(line: Line) {
        spoken.push(line);
        return { samples: new Int16Array(4), sampleRate: 16_000, characters: 3, cost: null };
      },
    } as Partial<SpeechProvider> as SpeechProvider;
    const studio = { master: async () => ({ bytes: new Uint8Array([5]), durationSeconds: 1, loudness: null }) };
    const preview = previewReadyMadeVoice({ readyMade, audio, studio, providers: new Map([['heard', provider]]) });
    const { signal } = new AbortController();
    await preview(id, signal);
    await preview(id, signal);
    expect(spoken).toMatchObject([
      { language: 'en', emotion: 'neutral', voice: { provider: 'heard', providerVoiceId: 'a', settings: {} } },
    ]);
    expect(await rowsOf('heard')).toMatchObject([{ previewKey: `ready-made/${id}.mp3` }]);
    expect(audio.objects.get(`ready-made/${id}.mp3`)).toEqual(new Uint8Array([5]));
  });

  it('are asked to speak when somebody wants to hear them, who waits for all of them together, with everybody else who does', async () => {
    await readyMade.save('silent', [told('a'), told('b'), told('c')]);
    const [a = '', b = '', c = ''] = ['a', 'b', 'c'].map((voice) => readyMadeVoiceId('silent', voice));
    expect(previewsOf(a)).toEqual([]);
    const times = { patience: 60_000, lookEvery: 5, againAfter: 60_000 };
    const previews = wantedPreviews({ readyMade, providers: new Set(['silent']), times });
    const voices = (...ids: string[]) => ids.map((id) => ({ id, provider: 'silent' }));
    const first = previews.of(voices(a, b));
    const second = previews.of([...voices(b, a), { id: c, provider: 'gone' }]);
    while (previewsOf(b).length === 0) await sleep(5);
    for (const id of [a, b]) await readyMade.previewed(id, `${id}.mp3`);
    expect([await first, await second]).toEqual([
      [`${a}.mp3`, `${b}.mp3`],
      [`${b}.mp3`, `${a}.mp3`, null],
    ]);
    for (const id of [a, b]) expect(previewsOf(id)).toEqual([{ queue: previewQueue, key: id, data: { voiceId: id } }]);
    expect(previewsOf(c)).toEqual([]);

    // Whoever waits when the service stops is answered.
    const last = previews.of(voices(c));
    while (previewsOf(c).length === 0) await sleep(5);
    previews.stop();
    expect(await last).toEqual([null]);
    expect(await previews.of(voices(randomUUID()))).toEqual([null]);
  });

  it('that cannot be heard now are not waited for by everybody who asks, and are asked again later', async () => {
    await readyMade.save('hoarse', [told('a')]);
    const id = readyMadeVoiceId('hoarse', 'a');
    const times = { patience: 200, lookEvery: 5, againAfter: 300 };
    const previews = wantedPreviews({ readyMade, providers: new Set(['hoarse']), times });
    const ask = () => previews.of([{ id, provider: 'hoarse' }]);
    expect(await ask()).toEqual([null]);
    const began = performance.now();
    expect(await ask()).toEqual([null]);
    expect(performance.now() - began).toBeLessThan(times.patience / 2);
    expect(previewsOf(id)).toHaveLength(1);
    await sleep(times.againAfter);
    await readyMade.previewed(id, 'late.mp3');
    expect(await ask()).toEqual(['late.mp3']);
    previews.stop();
  });

  it('are heard as their provider lets them be, where it does', async () => {
    await readyMade.save('paid', [told('a')]);
    const audio = memoryVoiceAudio();
    const provider = {
      name: 'paid',
      preview: async (of: string) => Buffer.from(`MP3 of ${of}`),
    } as Partial<SpeechProvider> as SpeechProvider;
    const studio = { master: () => Promise.reject(new Error('nothing is spoken')) };
    const preview = previewReadyMadeVoice({ readyMade, audio, studio, providers: new Map([['paid', provider]]) });
    await preview(readyMadeVoiceId('paid', 'a'), new AbortController().signal);
    expect([...audio.objects.values()].map((bytes) => Buffer.from(bytes).toString())).toEqual(['MP3 of a']);
  });

  it('are looked up in the background, each provider for itself; one that is away is asked again, and what is known of it is kept', async () => {
    await readyMade.save('away', [told('old')]);
    let asked = 0;
    const away = {
      name: 'away',
      async readyMadeVoices() {
        asked += 1;
        if (asked < 3) throw new Error('away');
        return [told('new')];
      },
    } as Partial<SpeechProvider> as SpeechProvider;
    // Answers never, but hears that nobody waits any more.
    const slow = {
      name: 'slow',
      readyMadeVoices: (signal: AbortSignal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    } as Partial<SpeechProvider> as SpeechProvider;
    const providers = new Map([
      ['slow', slow],
      ['away', away],
    ]);
    const times = { patience: 60_000, againAfter: 20, refreshEvery: 60_000 };
    const lookingUp = startReadyMadeVoices({ providers, readyMade, log: createLogger('test', 'silent'), times });
    while (asked < 2) await sleep(5);
    expect(await rowsOf('away')).toMatchObject([{ providerVoiceId: 'old', isRetired: false }]);
    while ((await rowsOf('away')).length < 2) await sleep(5);
    await lookingUp.stop();
    const states = (await rowsOf('away')).map(({ providerVoiceId, isRetired }) => `${providerVoiceId} ${isRetired}`);
    expect(states.sort()).toEqual(['new false', 'old true']);
  });
});
