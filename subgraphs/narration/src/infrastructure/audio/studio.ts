// Everything that is done with sound itself, in worker threads that live only while they are needed.

import { fileURLToPath } from 'node:url';
import { Tinypool } from 'tinypool';
import { LONGEST_SECONDS } from '../../domain/recording.js';
import { refuse } from '../../domain/refusals.js';
import type { MasteredSegment, Studio } from '../../domain/studio.js';
import { joinMp3 } from './mp3.js';
import { joinOgg } from './ogg.js';
import { joinWav } from './wav.js';
import type { Examined, ExamineTask, MasterTask } from './worker.js';

export interface StudioOptions {
  /** The compiled worker; by default the one beside this file. */
  workerUrl?: URL;
  /** How long a thread waits for the next piece of work before it ends and gives its memory back. */
  idleMs?: number;
  /** How long the longest recording may take to be read; 120 s of sound take about 2 s. */
  examineMs?: number;
}

/** Samples and the memory of decoders are outside of it; how much there can be of those is bounded by what is decoded. */
const HEAP = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32 };

export function openStudio(options: StudioOptions = {}): Studio {
  const { idleMs = 30_000, examineMs = 30_000 } = options;
  const filename = fileURLToPath(options.workerUrl ?? besideThisFile());
  // What strangers have sent is read in a thread of its own, so that whatever it does there no narration waits for it.
  const thread = () => new Tinypool({ filename, minThreads: 0, maxThreads: 1, idleTimeout: idleMs, resourceLimits: HEAP });
  const [reading, mastering] = [thread(), thread()];

  return {
    async examine(file, signal) {
      signal.throwIfAborted();
      const deadline = AbortSignal.timeout(examineMs);
      let examined: Examined;
      try {
        // A view of a larger buffer would take the whole of it along.
        const task: ExamineTask = { file: new Uint8Array(file), maxSeconds: LONGEST_SECONDS };
        examined = (await reading.run(task, { name: 'examine', signal: AbortSignal.any([signal, deadline]) })) as Examined;
      } catch (error) {
        signal.throwIfAborted();
        if (deadline.aborted || isOutOfMemory(error)) throw refuse.VOICE_SAMPLE_UNREADABLE();
        throw error;
      }
      if (examined.kind === 'too long') throw refuse.VOICE_SAMPLE_TOO_LONG({ max: LONGEST_SECONDS });
      if (examined.kind === 'unreadable') throw refuse.VOICE_SAMPLE_UNREADABLE();
      return examined.recording;
    },
    async master(sound, as, signal) {
      signal.throwIfAborted();
      try {
        const task: MasterTask = { sound: { samples: sound.samples, sampleRate: sound.sampleRate }, as };
        return (await mastering.run(task, { name: 'master', signal })) as MasteredSegment;
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      }
    },
    join(parts, { format, sampleRate }) {
      if (format === 'mp3') return joinMp3(parts, sampleRate);
      return format === 'ogg' ? joinOgg(parts) : joinWav(parts, sampleRate);
    },
    async close() {
      await Promise.all([reading.destroy(), mastering.destroy()]);
    },
  };
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

/** Tests run this file as TypeScript from `src`; a thread needs the compiled file, which is in `dist`. */
function besideThisFile(): URL {
  return new URL('./worker.js', import.meta.url.replace(/\/src\/(?=infrastructure\/audio\/)/u, '/dist/'));
}
