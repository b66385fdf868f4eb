import { Refusal } from '@storytelling/shared/value-objects/refusal';
import { captionsOf } from '../domain/captions.js';
import { type CastVoice, voiceOf } from '../domain/casting.js';
import { complete, fail, type Failure, finishSegment, type NarrationId, progress } from '../domain/narration.js';
import type { CastableVoices, JobInTransaction, NarrationAudio, NarrationRuns, SegmentToSpeak, Work } from '../domain/narrations.js';
import { SpeechFailure, type SpeechProvider } from '../domain/speech-provider.js';
import type { Studio } from '../domain/studio.js';
import type { SpeechProviders } from './casting.js';

export interface NarrationRun extends JobInTransaction {
  readonly narrationId: NarrationId;
  readonly runId: string;
  readonly isLastAttempt: boolean;
  readonly signal: AbortSignal;
}

interface Ports {
  readonly narrations: NarrationRuns;
  readonly audio: NarrationAudio;
  readonly studio: Studio;
  readonly providers: SpeechProviders;
  readonly voices: CastableVoices;
  /** A failed attempt: authors hear what they can do, operators why. */
  readonly tellOperator: (failure: { code: string; detail: string | null; final: boolean }) => void;
}

/**
 * The narration job. It may die at every line: each segment that is finished is stored at once and never spoken (paid) again, so a kill loses those in
 * flight at most. Nobody waits for a run that was cancelled, or whose narration was deleted: it says nothing any more.
 */
export const runNarration =
  (ports: Ports) =>
  async ({ narrationId: id, runId, isLastAttempt, signal, ...job }: NarrationRun): Promise<void> => {
    const { narrations, audio, tellOperator } = ports;
    const work = await narrations.work(id, runId);
    if (!work) return;
    try {
      await speakMissing(ports, { id, runId, work, signal });
      await joinWhole(ports, { id, runId, work, signal, job });
    } catch (error) {
      // Deleted meanwhile: nobody waits for it, and the last of its audio may have come after the rest was removed.
      if (error instanceof Refusal && error.code === 'NARRATION_NOT_FOUND') return audio.removeOf(id);
      // The service is stopping: the job stays in the queue and the next worker takes it. Or it was cancelled.
      if (signal.aborted) throw error;
      const failure = error instanceof SpeechFailure ? error : new SpeechFailure('SPEECH_FAILED');
      const final = isLastAttempt || !failure.retryable;
      tellOperator({ code: failure.code, detail: failure.detail, final });
      if (!final) throw error;
      await narrations.update(id, (narration) => fail(narration, runId, failureOf(failure)));
      if (!(error instanceof SpeechFailure)) throw error;
    }
  };

interface Turn {
  readonly id: NarrationId;
  readonly runId: string;
  readonly work: Work;
  readonly signal: AbortSignal;
}

async function speakMissing(ports: Ports, turn: Turn): Promise<void> {
  const { id, runId, work } = turn;
  const total = work.totalSegments;
  await ports.narrations.update(id, (narration) => progress(narration, runId, { stage: 'speaking', done: narration.doneSegments, total }));
  // The first failure ends the others: what they were about to ask for would be in vain.
  const failed = new AbortController();
  const signal = AbortSignal.any([turn.signal, failed.signal]);
  const waiting = [...work.missing];
  const speaker = async () => {
    for (let segment = waiting.shift(); segment; segment = waiting.shift()) {
      signal.throwIfAborted();
      await speakSegment(ports, { ...turn, signal }, segment);
    }
  };
  const outcomes = await Promise.allSettled(
    Array.from({ length: concurrencyOf(ports.providers, work) }, () =>
      speaker().catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    ),
  );
  turn.signal.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
  const broken = outcomes.find((outcome) => outcome.status === 'rejected');
  if (broken) throw broken.reason;
}

/** The narrator speaks most of it. */
const concurrencyOf = (providers: SpeechProviders, { casting }: Work) => providerOf(providers, casting.narrator.provider).concurrency;

function providerOf(providers: SpeechProviders, name: string): SpeechProvider {
  const provider = providers.get(name);
  if (!provider) throw new SpeechFailure('SPEECH_PROVIDER_MISCONFIGURED', { detail: `there is no provider ${name} any more` });
  return provider;
}

async function speakSegment(
  { narrations, audio, studio, providers, voices }: Ports,
  { id, work, signal }: Turn,
  segment: SegmentToSpeak,
): Promise<void> {
  const { text, emotion, intensity, characterId, pauseSeconds, take, index } = segment;
  const voice = await asItIsNow(voices, work, segment.voice ?? voiceOf(work.casting, characterId));
  const provider = providerOf(providers, voice.provider);
  if (provider.isPaid) await narrations.asked(segment);
  const request = { key: `${segment.id}-${take}`, unknownSince: segment.askedAt };
  const spoken = await provider.speak({ text, language: work.language, emotion, intensity, voice }, request, signal);
  const made = await studio.master(spoken, { format: work.format, sampleRate: work.sampleRate, pauseSeconds }, signal);
  const audioKey = await audio.putSegment(id, segment, work.format, made.bytes);
  const finished = { segmentId: segment.id, index, take, duration: made.durationSeconds };
  const { characters, cost } = spoken;
  await narrations.finish(id, { ...finished, audioKey, bytes: made.bytes.length, characters, cost }, (narration) =>
    finishSegment(narration, finished),
  );
}

/** A voice of the author's own may have been trained anew since it was cast; and where the consent was taken back nothing is spoken in it any more. */
async function asItIsNow(voices: CastableVoices, { requestedBy }: Work, voice: CastVoice): Promise<CastVoice> {
  if (!voice.isOwn) return voice;
  const [own] = await voices.find([voice.voiceId], requestedBy);
  if (!own?.isReady) throw new SpeechFailure('SPEECH_VOICE_UNKNOWN');
  return own;
}

async function joinWhole(
  { narrations, audio, studio }: Ports,
  { id, runId, work, signal, job }: Turn & { readonly job: JobInTransaction },
): Promise<void> {
  await narrations.update(id, (narration) => progress(narration, runId, { stage: 'joining', done: 0, total: 1 }));
  const segments = await narrations.heard(id);
  const parts = segments.map(({ audioKey, bytes, durationSeconds }) => ({ bytes, durationSeconds, open: () => audio.open(audioKey) }));
  signal.throwIfAborted();
  const files = await audio.putWhole(id, runId, work.format, { audio: studio.join(parts, work), captions: captionsOf(segments) });
  // As precise as a row keeps it.
  const duration = Math.round(segments.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0) * 100) / 100;
  signal.throwIfAborted();
  await narrations.complete(id, runId, (narration, usage) => complete(narration, runId, { ...files, duration }, usage), job);
}

/** A job that died each time without a word must not leave its narration waiting for ever. */
export const giveUpNarration =
  (narrations: NarrationRuns) =>
  async ({ narrationId, runId }: Pick<NarrationRun, 'narrationId' | 'runId'>): Promise<void> => {
    const known = await narrations.find(narrationId);
    if (known) await narrations.update(narrationId, (narration) => fail(narration, runId, failureOf(new SpeechFailure('SPEECH_FAILED'))));
  };

function failureOf({ code, message, retryable }: SpeechFailure): Failure {
  return { code, message, retryable };
}
