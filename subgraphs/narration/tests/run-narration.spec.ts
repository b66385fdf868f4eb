import { describe, expect, it } from '@jest/globals';
import { giveUpNarration, runNarration } from '../src/application/run-narration.js';
import { cancel, type NarrationId, remove } from '../src/domain/narration.js';
import type { CastableVoice, CastableVoices, NarrationAudio } from '../src/domain/narrations.js';
import { type Line, type Request, SpeechFailure, type SpeechProvider } from '../src/domain/speech-provider.js';
import type { Studio } from '../src/domain/studio.js';
import { memoryNarrations } from './memory-narrations.js';
import { aNarration, aVoice, file, writer } from './narration-examples.js';

const silence = { samples: new Int16Array(16), sampleRate: 16_000, characters: 10, cost: null };

/** Sound is of no matter here: a segment is as long as its text, and a whole is its segments in a row. */
const studio: Studio = {
  examine: () => Promise.reject(new Error('nothing is recorded here')),
  master: async () => ({ bytes: new Uint8Array(4), durationSeconds: 1, loudness: null }),
  async *join(parts) {
    for (const part of parts) for await (const chunk of await part.open()) yield chunk;
  },
  close: async () => undefined,
};

function memoryAudio() {
  const objects = new Map<string, Uint8Array>();
  const removed: string[] = [];
  const audio: NarrationAudio = {
    async putSegment(id, { id: segmentId, take }, format, bytes) {
      const key = `${id}/${segmentId}-${take}.${format}`;
      objects.set(key, bytes);
      return key;
    },
    async open(key) {
      const bytes = objects.get(key);
      if (!bytes) throw new Error(`${key} is missing`);
      return (async function* () {
        yield bytes;
      })();
    },
    async putWhole(_id, runId, _format, { audio: whole, captions }) {
      let bytes = 0;
      for await (const chunk of whole) bytes += chunk.length;
      return { audio: { ...file(`${runId}.mp3`), bytes }, captions: { ...file(`${runId}.vtt`), bytes: captions.length } };
    },
    async removeOf(id) {
      removed.push(id);
    },
  };
  return { audio, removed };
}

/** A provider that does what the test says; there is no real one that fails on demand. */
function providerOf(
  speak: (line: Line, request: Request, signal: AbortSignal) => Promise<typeof silence>,
  more: Partial<SpeechProvider> = {},
) {
  const provider: SpeechProvider = {
    ...{ name: 'local', sampleRate: 16_000, trains: 'profile', isPaid: false, concurrency: 2 },
    speaks: () => true,
    readyMadeVoices: async () => [],
    speak,
    train: () => Promise.reject(new Error('nothing is trained here')),
    forget: async () => undefined,
    ...more,
  };
  return new Map([['local', provider]]);
}

async function run(
  providers: ReturnType<typeof providerOf>,
  {
    narrations = memoryNarrations(),
    id,
    isLastAttempt = false,
    signal = new AbortController().signal,
    /** Voices of the author's own, as they are while it is spoken. */
    own = async () => undefined,
  }: {
    narrations?: ReturnType<typeof memoryNarrations>;
    id?: NarrationId;
    isLastAttempt?: boolean;
    signal?: AbortSignal;
    own?: (voiceId: string, owner: string) => Promise<CastableVoice | undefined>;
  } = {},
) {
  const narrationId = id ?? (await aNarration(narrations));
  const told: object[] = [];
  const { audio, removed } = memoryAudio();
  const voices: CastableVoices = { find: (ids, owner) => Promise.all(ids.map((voiceId) => own(voiceId, owner))) };
  const work = runNarration({ narrations, audio, studio, providers, voices, tellOperator: (failure) => told.push(failure) });
  const outcome = await work({ narrationId, runId: narrationId, isLastAttempt, signal, complete: async () => undefined }).then(
    () => 'done',
    (error: Error) => error.message,
  );
  const { narration, events } = narrations.kept.get(narrationId) ?? {};
  return { id: narrationId, outcome, told, removed, narration, types: events?.map(({ type }) => type) };
}

describe('the narration job', () => {
  it('speaks every line in its voice, and joins what was spoken', async () => {
    const lines: Line[] = [];
    const { outcome, narration, types } = await run(
      providerOf(async (line) => {
        lines.push(line);
        return silence;
      }),
    );
    expect(outcome).toBe('done');
    expect(lines.map(({ text, emotion, intensity, voice }) => [text, emotion, intensity, voice.providerVoiceId]).sort()).toEqual([
      [' It ran.', 'joy', 5, 'slt'],
      ['Once there was a fox.\n', 'neutral', 5, 'slt'],
      ['“Run!”', 'fear', 9, 'rms'],
    ]);
    expect(narration).toMatchObject({ status: 'completed', whole: { duration: 3, audio: { bytes: 12 } } });
    expect(types?.slice(2)).toEqual(['SegmentNarrated', 'SegmentNarrated', 'SegmentNarrated', 'NarrationProgressed', 'NarrationGenerated']);
  });

  it('speaks in a voice of the author’s own as it is now: trained anew since, or not at all once the consent was taken back', async () => {
    const narrations = memoryNarrations();
    const cast = { ...aVoice('clone-1'), isOwn: true };
    const content = { casting: { narrator: cast, cast: [] } };
    const spokenBy = new Set<string>();
    const provider = providerOf(async ({ voice }) => {
      spokenBy.add(voice.providerVoiceId);
      return silence;
    });
    const own = async (voiceId: string, owner: string) =>
      voiceId === cast.voiceId && owner === writer ? { ...cast, providerVoiceId: 'clone-2', isReady: true } : undefined;
    const { outcome } = await run(provider, { narrations, id: await aNarration(narrations, { content }), own });
    expect([outcome, [...spokenBy]]).toEqual(['done', ['clone-2']]);

    for (const now of [undefined, { ...cast, isReady: false }]) {
      spokenBy.clear();
      const id = await aNarration(narrations, { content });
      const { narration } = await run(provider, { narrations, id, own: async () => now });
      expect(narration).toMatchObject({ status: 'failed', failure: { code: 'SPEECH_VOICE_UNKNOWN', retryable: false } });
      expect(spokenBy.size).toBe(0);
    }
  });

  it('asks for as many lines at once as the provider takes, and no more', async () => {
    let [asking, most] = [0, 0];
    await run(
      providerOf(async () => {
        most = Math.max(most, (asking += 1));
        await new Promise((resolve) => setTimeout(resolve, 5));
        asking -= 1;
        return silence;
      }),
    );
    expect(most).toBe(2);
  });

  it('goes on where it was killed, and speaks nothing twice', async () => {
    const narrations = memoryNarrations();
    const spoken: string[] = [];
    const dies = async ({ text }: Line) => {
      if (spoken.length === 1) throw new SpeechFailure('SPEECH_PROVIDER_UNAVAILABLE');
      spoken.push(text);
      return silence;
    };
    const { id, outcome, narration } = await run(providerOf(dies, { concurrency: 1 }), { narrations });
    expect([outcome, narration?.status]).toEqual(['The speech provider did not answer; it can be tried again.', 'processing']);
    await run(
      providerOf(async ({ text }) => {
        spoken.push(text);
        return silence;
      }),
      { narrations, id },
    );
    expect(spoken).toEqual(['Once there was a fox.\n', '“Run!”', ' It ran.']);
  });

  it('tells a paid provider since when it may have been asked before, so that it is not paid twice', async () => {
    const narrations = memoryNarrations();
    const asked: Request[] = [];
    const lost = async (_: Line, request: Request) => {
      asked.push(request);
      throw new SpeechFailure('SPEECH_PROVIDER_UNAVAILABLE');
    };
    const { id } = await run(providerOf(lost, { isPaid: true, concurrency: 1 }), { narrations });
    await run(providerOf(lost, { isPaid: true, concurrency: 1 }), { narrations, id });
    expect(asked.map(({ unknownSince }) => unknownSince)).toEqual([null, expect.any(Date)]);
    expect(new Set(asked.map(({ key }) => key)).size).toBe(1);
  });

  it('stops asking when one line fails', async () => {
    let asked = 0;
    const { outcome } = await run(
      providerOf(async (_line, _request, signal) => {
        asked += 1;
        if (asked === 1) throw new SpeechFailure('SPEECH_PROVIDER_UNAVAILABLE');
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      }),
    );
    expect([outcome, asked]).toEqual(['The speech provider did not answer; it can be tried again.', 2]);
  });

  it('gives up with what the author can do about it, and keeps what was finished', async () => {
    const refused = async ({ emotion }: Line) => {
      if (emotion === 'fear') throw new SpeechFailure('SPEECH_PROVIDER_REFUSED', { detail: 'status 400' });
      return silence;
    };
    const { outcome, narration, told } = await run(providerOf(refused, { concurrency: 1 }));
    expect(outcome).toBe('done');
    expect(narration).toMatchObject({ status: 'failed', failure: { code: 'SPEECH_PROVIDER_REFUSED', retryable: false }, doneSegments: 1 });
    expect(told).toEqual([{ code: 'SPEECH_PROVIDER_REFUSED', detail: 'status 400', final: true }]);
  });

  it('calls a fault of ours one, without its words', async () => {
    const { outcome, narration } = await run(
      providerOf(() => Promise.reject(new Error('secret'))),
      { isLastAttempt: true },
    );
    expect(outcome).toBe('secret');
    expect(narration).toMatchObject({ status: 'failed', failure: { code: 'SPEECH_FAILED' } });
    expect(JSON.stringify(narration)).not.toContain('secret');
  });

  it('says nothing of a provider that is not set up any more but that it is not', async () => {
    const { narration } = await run(new Map(), { isLastAttempt: true });
    expect(narration).toMatchObject({ status: 'failed', failure: { code: 'SPEECH_PROVIDER_MISCONFIGURED' } });
  });

  it('ends quietly when it is cancelled meanwhile, and keeps the line that was in flight', async () => {
    const narrations = memoryNarrations();
    const id = await aNarration(narrations);
    const turn = new AbortController();
    const { outcome, narration } = await run(
      providerOf(
        async () => {
          if (!turn.signal.aborted) {
            await narrations.update(id, cancel);
            turn.abort(new Error('lost its turn'));
          }
          return silence;
        },
        { concurrency: 1 },
      ),
      { narrations, id, signal: turn.signal },
    );
    expect(outcome).toBe('lost its turn');
    expect(narration).toMatchObject({ status: 'failed', failure: { code: 'CANCELLED' }, doneSegments: 1 });
  });

  it('leaves nothing of a narration that is deleted meanwhile', async () => {
    const narrations = memoryNarrations();
    const id = await aNarration(narrations);
    const { outcome, removed, types } = await run(
      providerOf(
        async () => {
          if (await narrations.find(id)) await narrations.update(id, remove);
          return silence;
        },
        { concurrency: 1 },
      ),
      { narrations, id },
    );
    expect([outcome, removed, types?.at(-1)]).toEqual(['done', [id], 'NarrationDeleted']);
  });

  it('that died each time without a word does not leave its narration waiting for ever', async () => {
    const narrations = memoryNarrations();
    const id = await aNarration(narrations);
    await giveUpNarration(narrations)({ narrationId: id, runId: id });
    expect(await narrations.find(id)).toMatchObject({ status: 'failed', failure: { code: 'SPEECH_FAILED' } });
  });
});
