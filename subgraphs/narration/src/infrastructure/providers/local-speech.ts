// Speech without a network and without a key: flite in worker threads that live only while they are needed.

import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Tinypool } from 'tinypool';
import { z } from 'zod';
import { type Line, type Sound, SpeechFailure, type SpeechProvider } from '../../domain/speech-provider.js';
import { profileOf } from './local/profile.js';
import { pronounceable } from './local/pronounceable.js';
import { perform } from './local/prosody.js';
import { readyMadeVoices, shapeOf, type VoiceShape } from './local/voices.js';
import type { Speech } from './local/worker.js';

export interface LocalSpeechOptions {
  /** The compiled worker; by default the one beside this file. */
  workerUrl?: URL;
  /** How long a thread waits for the next line before it ends and gives its memory back (some 60 MB). */
  idleMs?: number;
  threads?: number;
}

const SAMPLE_RATE = 16_000;
/** A line takes a fiftieth of the time that it lasts; one that takes this long is stuck. */
const LONGEST_MS = 120_000;
/** For a line in which there is nothing to pronounce: "…", "***". */
const SILENCE_SECONDS = 0.4;
/** A trained voice has no name of its own here: all that it is stands in its settings. */
const PROFILE = 'profile';

const SHAPE = z.object({
  base: z.enum(['awb', 'slt']),
  pitch: z.number().min(40).max(600),
  range: z.number().min(1).max(200),
  size: z.number().min(0.5).max(2),
  rate: z.number().min(0.5).max(2),
});

export function localSpeech(options: LocalSpeechOptions = {}): SpeechProvider {
  // One core stays for everybody else; more than three threads would only heat the machine.
  const threads = options.threads ?? Math.min(3, Math.max(1, availableParallelism() - 1));
  const pool = new Tinypool({
    filename: fileURLToPath(options.workerUrl ?? besideThisFile()),
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: options.idleMs ?? 30_000,
    resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32 },
  });
  let closed = false;

  const run = async (speech: Speech, signal: AbortSignal): Promise<Sound> => {
    const deadline = AbortSignal.timeout(LONGEST_MS);
    try {
      return (await pool.run(speech, { name: 'speak', signal: AbortSignal.any([signal, deadline]) })) as Sound;
    } catch (error) {
      signal.throwIfAborted();
      // The message of an error could quote the text: only its name leaves.
      const detail = deadline.aborted ? 'a line took too long' : error instanceof Error ? error.name : 'unknown';
      throw new SpeechFailure('SPEECH_FAILED', { detail });
    }
  };

  return {
    name: 'local',
    sampleRate: SAMPLE_RATE,
    trains: PROFILE,
    isPaid: false,
    concurrency: threads,
    speaks,
    async readyMadeVoices(signal) {
      signal.throwIfAborted();
      return readyMadeVoices;
    },
    async speak(line, _request, signal) {
      signal.throwIfAborted();
      if (closed) throw new SpeechFailure('SPEECH_PROVIDER_UNAVAILABLE', { detail: 'closed' });
      if (!speaks(line.language)) throw new SpeechFailure('SPEECH_LANGUAGE_UNSUPPORTED');
      const performance = perform(shape(line.voice), line.emotion, line.intensity);
      const sentences = pronounceable(line.text);
      const sound =
        sentences.length === 0
          ? { samples: new Int16Array(SAMPLE_RATE * SILENCE_SECONDS), sampleRate: SAMPLE_RATE }
          : await run({ sentences, performance }, signal);
      return { ...sound, characters: [...line.text].length, cost: null };
    },
    async train({ samples }, _request, signal) {
      signal.throwIfAborted();
      const profile = profileOf(samples.map(({ measures }) => measures));
      if (!profile) throw new SpeechFailure('SPEECH_PROVIDER_REFUSED', { detail: 'no sample has a pitch' });
      return { providerVoiceId: PROFILE, settings: { ...profile } };
    },
    /** Nothing of a profile is kept here. */
    async forget() {},
    async close() {
      closed = true;
      await pool.destroy();
    },
  };
}

/** The lexicon and the rules of flite are those of English. */
const speaks = (language: string) => /^en(?:[-_]|$)/iu.test(language.trim());

function shape({ providerVoiceId, settings }: Line['voice']): VoiceShape {
  const found = providerVoiceId === PROFILE ? SHAPE.safeParse(settings).data : shapeOf(providerVoiceId);
  if (!found) throw new SpeechFailure('SPEECH_VOICE_UNKNOWN');
  return found;
}

/** Tests run this file as TypeScript from `src`; a thread needs the compiled file, which is in `dist`. */
function besideThisFile(): URL {
  return new URL('./local/worker.js', import.meta.url.replace(/\/src\/(?=infrastructure\/providers\/)/u, '/dist/'));
}
