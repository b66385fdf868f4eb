import type { Failure, Progress } from '../domain/narration.js';
import type { JobInTransaction } from '../domain/narrations.js';
import { qualityOf } from '../domain/recording.js';
import { SpeechFailure, type SpeechProvider } from '../domain/speech-provider.js';
import { complete, fail, reportProgress } from '../domain/voice.js';
import type { TrainedVoice, Training, TrainingWork, VoiceAudio, VoiceTrainings } from '../domain/voices.js';
import type { SpeechProviders } from './casting.js';
import { type Speaking, speakPreview } from './speak-preview.js';

export interface TrainingRun extends Training, JobInTransaction {
  readonly isLastAttempt: boolean;
  readonly signal: AbortSignal;
}

interface Ports extends Speaking {
  readonly voices: VoiceTrainings;
  readonly audio: VoiceAudio;
  readonly providers: SpeechProviders;
  readonly now: () => number;
  /** A failed attempt: owners hear what they can do, operators why. */
  readonly tellOperator: (failure: { code: string; detail: string | null; final: boolean }) => void;
}

/**
 * The training job. It may die at every line: that the provider is asked is remembered before, and the next try asks it for what came of that first. The
 * result, its event and the end of the job commit together. What a training has made that nobody waits for any more is forgotten.
 */
export const runTraining =
  (ports: Ports) =>
  async ({ voiceId, trainingId, provider: name, isLastAttempt, signal, ...job }: TrainingRun): Promise<void> => {
    const { voices, providers, tellOperator } = ports;
    const training = { voiceId, trainingId, provider: name };
    const work = await voices.work(training);
    // The consent was withdrawn, or the voice deleted: what an earlier try may have made goes.
    if (!work) return voices.finish(training, () => [], { trained: null, job });
    try {
      const provider = providers.get(name);
      if (!provider)
        throw new SpeechFailure('SPEECH_PROVIDER_MISCONFIGURED', { detail: `voices of ${name} cannot be trained without its key` });
      const trained = await train(ports, { provider, training, work, isLastAttempt, signal });
      const quality = trained && qualityOf(work.samples).overall;
      await voices.finish(training, (voice) => (quality === null ? [] : complete(voice, trainingId, quality)), { trained, job });
    } catch (error) {
      // The service is stopping: the job stays in the queue and the next worker takes it.
      if (signal.aborted) throw error;
      const failure = error instanceof SpeechFailure ? error : new SpeechFailure('SPEECH_FAILED');
      const final = isLastAttempt || !failure.retryable;
      tellOperator({ code: failure.code, detail: failure.detail, final });
      if (!final) throw error;
      await voices.finish(training, (voice) => fail(voice, trainingId, failureOf(failure)), { trained: null, job });
      if (!(error instanceof SpeechFailure)) throw error;
    }
  };

interface Turn {
  readonly provider: SpeechProvider;
  readonly training: Training;
  readonly work: TrainingWork;
  readonly isLastAttempt: boolean;
  readonly signal: AbortSignal;
}

/** null: nobody waits for it any more. */
async function train(ports: Ports, turn: Turn): Promise<TrainedVoice | null> {
  const { voices, audio, now } = ports;
  const { provider, training, work, signal } = turn;
  const { voiceId: id, trainingId } = training;
  const { report, reported } = reporter(ports, training);
  const total = work.samples.length;
  let read = 0;
  if (!(await voices.asked(training, new Date(now())))) return null;
  report({ stage: 'training', done: 0, total });
  const samples = work.samples.map(({ audioKey, ...sample }) => ({
    ...sample,
    wav: async () => {
      const wav = await audio.readSample(audioKey);
      report({ stage: 'training', done: (read += 1), total });
      return wav;
    },
  }));
  const trained = await provider.train({ id, name: work.name, samples }, { key: trainingId, unknownSince: work.askedAt }, signal);
  report({ stage: 'previewing', done: total, total });
  const previewKey = await previewOf(ports, turn, trained);
  await reported();
  return { ...trained, previewKey };
}

/** What it says for itself. A voice that has been trained is ready, whether or not this can be made. */
async function previewOf(
  { studio, audio }: Ports,
  { provider, training, work, isLastAttempt, signal }: Turn,
  trained: Pick<TrainedVoice, 'providerVoiceId' | 'settings'>,
): Promise<string | null> {
  try {
    const { voiceId, trainingId } = training;
    const voice = { provider: provider.name, ...trained };
    const request = { key: `${trainingId}-preview`, unknownSince: work.askedAt };
    const mp3 = await speakPreview({ studio }, provider, { voice, language: work.language, request }, signal);
    return await audio.putPreview(work.owner, voiceId, trainingId, mp3);
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof SpeechFailure && error.retryable && !isLastAttempt) throw error;
    return null;
  }
}

/** Progress is an event in the database: at most one a second. */
const progressEvery = 1_000;

/** One after the other, and never in the provider's way; progress that cannot be written is only progress. */
function reporter({ voices, now }: Ports, { voiceId, trainingId }: Training) {
  let last = now() - progressEvery;
  let writing: Promise<unknown> = Promise.resolve();
  return {
    report(progress: Progress): void {
      if (now() - last < progressEvery) return;
      last = now();
      writing = writing.then(() => voices.update(voiceId, (voice) => reportProgress(voice, trainingId, progress))).catch(() => undefined);
    },
    reported: () => writing,
  };
}

/** A job that died each time without a word must not leave its voice waiting for ever. */
export const giveUpTraining =
  (voices: VoiceTrainings) =>
  ({ voiceId, trainingId, provider }: Training): Promise<void> =>
    voices.finish({ voiceId, trainingId, provider }, (voice) => fail(voice, trainingId, failureOf(new SpeechFailure('SPEECH_FAILED'))), {
      trained: null,
      job: null,
    });

function failureOf({ code, message, retryable }: SpeechFailure): Failure {
  return { code, message, retryable };
}
