// Speech and voices by ElevenLabs. It takes no idempotency key, so whatever may have been paid for already is looked for there before it is asked for again.

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ElevenLabs, ElevenLabsClient } from '@elevenlabs/elevenlabs-js';
import { turns } from '@storytelling/shared/infrastructure/turns';
import {
  type ReadyMadeVoice,
  type Request,
  type Sample,
  type Sound,
  SpeechFailure,
  type SpeechProvider,
} from '../../domain/speech-provider.js';
import { resample } from '../audio/resample.js';
import { readWav } from '../audio/wav.js';
import { type Delivery, deliver, guessesLanguage } from './elevenlabs/delivery.js';
import { failed } from './elevenlabs/failures.js';
import { costOf } from './elevenlabs/prices.js';

/** The one that reads most evenly for long; ELEVENLABS_MODEL chooses another, such as eleven_v4, which is directed by tags. */
const DEFAULT_MODEL = 'eleven_multilingual_v2';
const DEFAULT_BASE_URL = 'https://api.elevenlabs.io';
/** Of every account; above 24 kHz it takes a larger plan, and speech has little there. */
const SAMPLE_RATE = 24_000;
/** What the smallest plan allows. More only waits there, and is refused there. */
const CONCURRENCY = 2;
const ATTEMPTS = 4;
/** Asked to wait longer than this, the job gives its place back and is run again later. */
const LONGEST_WAIT_SECONDS = 60;
const SILENCE_SECONDS = 0.4;
/** A clone gets no better by more than this, and asks for no more than 25 files. */
const ENOUGH_SAMPLE_SECONDS = 180;
const MOST_SAMPLES = 25;
/** Its clock need not be ours. */
const CLOCK_SKEW_SECONDS = 120;
const VOICES_MS = 10 * 60_000;
const MOST_AUDIO_BYTES = 64 * 1024 * 1024;
const MOST_PREVIEW_BYTES = 4 * 1024 * 1024;
/** The languages of eleven_multilingual_v2; later models know some seventy, which it does not list by code. */
const LANGUAGES = /^(?:ar|bg|cs|da|de|el|en|es|fi|fil|fr|hi|hr|id|it|ja|ko|ms|nl|pl|pt|ro|ru|sk|sv|ta|tr|uk|zh)(?:[-_]|$)/iu;

export interface ElevenlabsSpeechOptions {
  apiKey: string;
  baseURL?: string | undefined;
  model?: string | undefined;
  /** Of one call, the whole answer included. */
  timeoutMs?: number;
  /** For tests: how waiting and chance are done. */
  wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  random?: () => number;
}

export function elevenlabsSpeech(options: ElevenlabsSpeechOptions): SpeechProvider {
  const { apiKey, baseURL = DEFAULT_BASE_URL, model = DEFAULT_MODEL, timeoutMs = 120_000, random = Math.random } = options;
  const wait = options.wait ?? (async (milliseconds, signal) => void (await sleep(milliseconds, undefined, { signal })));
  const turn = turns(CONCURRENCY, Number.POSITIVE_INFINITY, () => new SpeechFailure('SPEECH_PROVIDER_UNAVAILABLE', { detail: 'busy' }));
  let client: ElevenLabsClient | undefined;
  let known: { readonly at: number; readonly voices: readonly ElevenLabs.Voice[] } | undefined;

  /** The SDK takes 2 s and 130 MB to load: a process that never speaks does not pay for it. */
  const connect = async (): Promise<ElevenLabsClient> => {
    if (client) return client;
    const { ElevenLabsClient: Client } = await import('@elevenlabs/elevenlabs-js');
    // Retries are ours: the SDK's do not ask whether the lost answer was paid for.
    client = new Client({ apiKey, baseUrl: baseURL, maxRetries: 0, timeoutInSeconds: timeoutMs / 1_000, logging: { silent: true } });
    return client;
  };

  /**
   * One call after another until it is answered, or it makes no sense to go on. Once an outcome is unknown, `find` looks for it before the next call.
   */
  const call = async <Answer>(
    ask: (sdk: ElevenLabsClient, abortSignal: AbortSignal) => Promise<Answer>,
    signal: AbortSignal,
    find: {
      readonly since: Date | null;
      readonly earlier: (sdk: ElevenLabsClient, since: Date, abortSignal: AbortSignal) => Promise<Answer | null>;
    } = {
      since: null,
      earlier: async () => null,
    },
  ): Promise<Answer> => {
    let { since } = find;
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      const began = new Date();
      // Not everything that the SDK waits for ends with its own timeout: a body that trickles in must end too.
      const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      try {
        const sdk = await connect();
        const earlier = since && (await find.earlier(sdk, since, abortSignal));
        return earlier ?? (await ask(sdk, abortSignal));
      } catch (error) {
        signal.throwIfAborted();
        const { failure, outcomeUnknown } = await failed(error);
        if (outcomeUnknown) since ??= began;
        const asked = failure.retryAfterSeconds;
        if (failure.code !== 'SPEECH_PROVIDER_UNAVAILABLE' || attempt >= ATTEMPTS || (asked ?? 0) > LONGEST_WAIT_SECONDS) throw failure;
        // 1, 2, 4 s, a quarter less or more so that many lines do not knock at once.
        const pause = asked !== null ? asked * 1_000 : 2 ** (attempt - 1) * 1_000 * (0.75 + random() * 0.5);
        await wait(pause, signal).catch((reason: unknown) => {
          signal.throwIfAborted();
          throw reason;
        });
      }
    }
  };

  const voicesOf = async (
    query: ElevenLabs.VoicesSearchRequest,
    sdk: ElevenLabsClient,
    abortSignal: AbortSignal,
  ): Promise<ElevenLabs.Voice[]> => {
    const voices: ElevenLabs.Voice[] = [];
    for (let page: string | undefined; ; ) {
      const answer = await sdk.voices.search({ ...query, pageSize: 100, ...(page ? { nextPageToken: page } : {}) }, { abortSignal });
      voices.push(...answer.voices);
      page = answer.nextPageToken ?? undefined;
      if (!answer.hasMore || !page) return voices;
    }
  };

  /** Without clones: those are of people, and theirs alone. */
  const knownVoices = async (signal: AbortSignal): Promise<readonly ElevenLabs.Voice[]> => {
    if (known && Date.now() - known.at < VOICES_MS) return known.voices;
    const voices = await call((sdk, abortSignal) => voicesOf({}, sdk, abortSignal), signal);
    known = { at: Date.now(), voices: voices.filter(({ category, voiceId }) => category !== 'cloned' && voiceId) };
    return known.voices;
  };

  return {
    name: 'elevenlabs',
    sampleRate: SAMPLE_RATE,
    trains: 'clone',
    isPaid: true,
    concurrency: CONCURRENCY,
    speaks: (language) => !guessesLanguage(model) || LANGUAGES.test(language.trim()),

    async readyMadeVoices(signal) {
      return (await knownVoices(signal)).map(readyMade);
    },

    async speak(line, request, signal) {
      signal.throwIfAborted();
      if (!this.speaks(line.language)) throw new SpeechFailure('SPEECH_LANGUAGE_UNSUPPORTED');
      const delivery = deliver(line, model);
      if (!delivery) return { samples: new Int16Array(SAMPLE_RATE * SILENCE_SECONDS), sampleRate: SAMPLE_RATE, characters: 0, cost: null };
      const { providerVoiceId } = line.voice;
      const sound = await turn(() =>
        call(
          async (sdk, abortSignal) => {
            const body = { ...delivery, outputFormat: 'pcm_24000' as const, seed: seedOf(request) };
            return pcm(await bytesOf(await sdk.textToSpeech.convert(providerVoiceId, body, { abortSignal }), MOST_AUDIO_BYTES));
          },
          signal,
          {
            since: request.unknownSince,
            earlier: (sdk, since, abortSignal) => spokenEarlier(sdk, providerVoiceId, delivery, since, abortSignal),
          },
        ),
      );
      const characters = [...delivery.text].length;
      return { ...sound, characters, cost: costOf(model, characters) };
    },

    async train({ id, samples }, request, signal) {
      signal.throwIfAborted();
      const files: { data: Uint8Array; filename: string; contentType: string }[] = [];
      for (const [index, sample] of bestOf(samples).entries()) {
        files.push({ data: await sample.wav(), filename: `sample-${index + 1}.wav`, contentType: 'audio/wav' });
      }
      if (files.length === 0) throw new SpeechFailure('SPEECH_PROVIDER_REFUSED', { detail: 'no samples' });
      // Found again by what is in its name and description; the name that its owner gave it is nothing that they need to know there.
      const clone = { name: nameOf(id), description: descriptionOf(request.key), files, removeBackgroundNoise: false };
      const providerVoiceId = await turn(() =>
        call(
          async (sdk, abortSignal) => {
            const { voiceId, requiresVerification } = await sdk.voices.ivc.create(clone, { abortSignal });
            if (!requiresVerification) return voiceId;
            // It asks for words read live at its own site, which nobody here could ask of them.
            await sdk.voices.delete(voiceId, { abortSignal });
            throw new SpeechFailure('SPEECH_PROVIDER_REFUSED', { detail: 'the provider wants the voice verified' });
          },
          signal,
          {
            since: request.unknownSince,
            earlier: async (sdk, _since, abortSignal) => (await madeBy(sdk, id, request.key, abortSignal))[0] ?? null,
          },
        ),
      );
      return { providerVoiceId, settings: {} };
    },

    async forget({ id, providerVoiceId, key }, signal) {
      signal.throwIfAborted();
      await call(async (sdk, abortSignal) => {
        const gone = providerVoiceId === null ? await madeBy(sdk, id, key, abortSignal) : [providerVoiceId];
        for (const voiceId of gone) {
          try {
            await sdk.voices.delete(voiceId, { abortSignal });
          } catch (error) {
            if ((await failed(error)).failure.code !== 'SPEECH_VOICE_UNKNOWN') throw error;
          }
        }
      }, signal);
    },

    async preview(providerVoiceId, signal) {
      const url = (await knownVoices(signal)).find(({ voiceId }) => voiceId === providerVoiceId)?.previewUrl;
      if (!url || !(url.startsWith('https://') || url.startsWith(baseURL))) return undefined;
      try {
        const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
        return response.ok && response.body ? await bytesOf(response.body, MOST_PREVIEW_BYTES) : undefined;
      } catch {
        signal.throwIfAborted();
        return undefined;
      }
    },
  };

  /** What the voice was made by: the request of that key, or, without one, any of ours. */
  async function madeBy(sdk: ElevenLabsClient, id: string, key: string | null, abortSignal: AbortSignal): Promise<string[]> {
    const voices = await voicesOf({ search: nameOf(id), category: 'cloned' }, sdk, abortSignal);
    // Searching finds what is alike; these have to be the same.
    return voices
      .filter(({ name, description }) => name === nameOf(id) && (key === null || description === descriptionOf(key)))
      .map(({ voiceId }) => voiceId);
  }
}

const nameOf = (id: string) => `storytelling ${id}`;
const descriptionOf = (key: string) => `request ${key}`;

/** The same for each try: what it makes is then as alike as it can promise. */
const seedOf = ({ key }: Request) => createHash('sha256').update(key).digest().readUInt32LE();

/** Those that are cleanest, up to what is enough. */
function bestOf(samples: readonly Sample[]): readonly Sample[] {
  const clean = ({ measures }: Sample) => measures.speechLevel - measures.noiseLevel;
  const chosen: Sample[] = [];
  let seconds = 0;
  for (const sample of samples.toSorted((a, b) => clean(b) - clean(a))) {
    if (seconds >= ENOUGH_SAMPLE_SECONDS || chosen.length >= MOST_SAMPLES) break;
    chosen.push(sample);
    seconds += sample.measures.durationSeconds;
  }
  return chosen;
}

/** The same words in the same voice and way since then: downloaded instead of paid for again. null: nothing was made, or it cannot be had. */
async function spokenEarlier(
  sdk: ElevenLabsClient,
  voiceId: string,
  delivery: Delivery,
  since: Date,
  abortSignal: AbortSignal,
): Promise<Sound | null> {
  const query = {
    ...{ voiceId, modelId: delivery.modelId, source: 'TTS' as const, pageSize: 100 },
    dateAfterUnix: Math.floor(since.getTime() / 1_000) - CLOCK_SKEW_SECONDS,
  };
  for (let after: string | undefined; ; ) {
    const page = await sdk.history.list({ ...query, ...(after ? { startAfterHistoryItemId: after } : {}) }, { abortSignal });
    const item = page.history.find(({ text, settings }) => text?.trim() === delivery.text && sameSettings(settings, delivery));
    if (item) {
      const stream = await sdk.history.download({ historyItemIds: [item.historyItemId], outputFormat: 'wav' }, { abortSignal });
      return fromWav(await bytesOf(stream, MOST_AUDIO_BYTES));
    }
    after = page.lastHistoryItemId ?? undefined;
    if (!page.hasMore || !after) return null;
  }
}

/** So far as it has kept them. Otherwise the same words said in fear would be taken for those said in joy. */
function sameSettings(kept: Readonly<Record<string, unknown>> | undefined, { voiceSettings }: Delivery): boolean {
  const { stability, style, speed } = voiceSettings;
  return Object.entries({ stability, style, speed }).every(([name, value]) => {
    const other = kept?.[name];
    return typeof other !== 'number' || Math.abs(other - value) < 0.005;
  });
}

function fromWav(bytes: Uint8Array): Sound | null {
  try {
    const { samples } = resample(readWav(bytes, Number.MAX_SAFE_INTEGER), SAMPLE_RATE);
    return {
      samples: Int16Array.from(samples, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)))),
      sampleRate: SAMPLE_RATE,
    };
  } catch {
    return null;
  }
}

function pcm(bytes: Uint8Array): Sound {
  if (bytes.length < 2) throw new SpeechFailure('SPEECH_PROVIDER_UNAVAILABLE', { detail: 'an answer without sound' });
  return { samples: new Int16Array(bytes.slice(0, bytes.length - (bytes.length % 2)).buffer), sampleRate: SAMPLE_RATE };
}

async function bytesOf(stream: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > most) throw new SpeechFailure('SPEECH_FAILED', { detail: 'more sound than a line can have' });
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks, length));
}

function readyMade({ voiceId, name, labels, description }: ElevenLabs.Voice): ReadyMadeVoice {
  const language = labels?.language ?? '';
  const said = (description || Object.values(labels ?? {}).join(', ') || 'A voice of ElevenLabs').replace(/\s+/gu, ' ').trim();
  const sentence = `${said.charAt(0).toUpperCase()}${said.slice(1, 200)}`;
  return {
    providerVoiceId: voiceId,
    name: name?.trim() || voiceId,
    language: /^[a-z]{2,3}$/u.test(language) ? language : 'en',
    description: /[.!?…]$/u.test(sentence) ? sentence : `${sentence}.`,
  };
}
