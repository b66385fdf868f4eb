import { type Stream, stream } from '@storytelling/shared/domain-events/event';
import {
  NarrationDeleted,
  type NarrationEvent,
  NarrationFailed,
  NarrationGenerated,
  NarrationProgressed,
  NarrationRegenerated,
  NarrationRequested,
  NarrationResumed,
  RegenerationFailed,
  RegenerationRequested,
  SegmentNarrated,
} from '@storytelling/shared/domain-events/narration';
import type { FailureEntry } from '@storytelling/shared/value-objects/failure';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { refuse } from './refusals.js';

// ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────
// narration  one text of a story, spoken: its segments, and the whole that is joined of them
// segment    one line of the script: one voice, one emotion
// take       one version of a segment's audio: 1, and one more each time that it is made anew
// run        the work of one durable job: all segments that are missing, or one that is made anew, and then the joining

// ── states ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export type NarrationId = string & { readonly __brand: 'NarrationId' };

/** Everything live about a narration is a view of this one. */
export const narrationStream = (id: string): Stream => stream('narration', 'Narration', id);

/** By claim check. */
export interface AudioFile {
  readonly key: string;
  /** Hex. */
  readonly sha256: string;
  readonly bytes: number;
}

interface AnyNarration {
  readonly id: NarrationId;
  readonly storyId: string;
  /** The story's author. */
  readonly requestedBy: UserId;
  /** Of the story. */
  readonly version: number;
  readonly provider: string;
  readonly totalSegments: number;
  /** Of which this many can be heard. */
  readonly doneSegments: number;
  /** What can be heard as a whole: kept while a segment is made anew. */
  readonly whole: Whole | null;
  /** Why the last run failed. */
  readonly failure: Failure | null;
}
export interface Whole {
  /** null: erased with whoever asked for it. */
  readonly audio: AudioFile | null;
  readonly captions: AudioFile | null;
  readonly duration: number;
}
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}
export interface Run {
  readonly id: string;
  /** The one that is made anew; null: all that are missing. */
  readonly segment: { readonly id: string; readonly take: number } | null;
  readonly progress: Progress | null;
}
/** `stage`: speaking or joining. */
export interface Progress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}
/** Its run waits for a worker. */
export interface PendingNarration extends AnyNarration {
  readonly status: 'pending';
  readonly run: Run;
}
export interface ProcessingNarration extends AnyNarration {
  readonly status: 'processing';
  readonly run: Run;
}
export interface CompletedNarration extends AnyNarration {
  readonly status: 'completed';
}
export interface FailedNarration extends AnyNarration {
  readonly status: 'failed';
}
/** The end of a stream: there is no such narration any more, and its audio is gone. */
export interface DeletedNarration extends AnyNarration {
  readonly status: 'deleted';
}
export type Narration = PendingNarration | ProcessingNarration | CompletedNarration | FailedNarration | DeletedNarration;

/** In `StoryNarration.failure`, beside those of the speech: a narration that was called off is a failed one with one of these codes. @public */
export const narrationFailures = {
  CANCELLED: { retryable: true, sentence: 'The work was cancelled; what was finished is kept.' },
  STORY_ARCHIVED: { retryable: false, sentence: 'The story was archived; what was finished is kept.' },
} as const satisfies Record<string, FailureEntry>;
type CallOff = keyof typeof narrationFailures;

/** Somebody wanted its work to end, rather than that it failed by itself. */
export const isCalledOff = ({ status, failure }: Narration): boolean =>
  status === 'deleted' || (failure !== null && Object.hasOwn(narrationFailures, failure.code));

// ── verbs ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function request(narration: {
  readonly narrationId: NarrationId;
  readonly storyId: string;
  readonly requestedBy: UserId;
  readonly version: number;
  readonly provider: string;
  readonly segments: number;
  readonly audioFormat: string;
}): NarrationEvent[] {
  return [NarrationRequested(narration)];
}

/** A segment is made anew one at a time, and only of a whole. */
export function regenerate(narration: Narration, segment: { readonly id: string; readonly take: number }, runId: string): NarrationEvent[] {
  const { status, id } = requireExisting(narration);
  if (status === 'pending' || status === 'processing') throw refuse.NARRATION_UNDER_WAY();
  if (status === 'failed') throw refuse.NARRATION_INCOMPLETE();
  return [RegenerationRequested({ narrationId: id, segmentId: segment.id, take: segment.take, runId })];
}

/** Goes on with what is missing after a failure or a cancellation. */
export function resume(narration: Narration, runId: string): NarrationEvent[] {
  const { status, id } = requireExisting(narration);
  if (status === 'pending' || status === 'processing') throw refuse.NARRATION_UNDER_WAY();
  if (status === 'completed') throw refuse.NARRATION_COMPLETE();
  return [NarrationResumed({ narrationId: id, runId })];
}

/** What was finished until then is kept. Cancelling what is not under way changes nothing. */
export const cancel = (narration: Narration): NarrationEvent[] => callOff(requireExisting(narration), 'CANCELLED');

/** Nothing more is spoken of a story that is closed. */
export const endWithStory = (narration: Narration): NarrationEvent[] => callOff(narration, 'STORY_ARCHIVED');

function callOff(narration: Narration, code: CallOff): NarrationEvent[] {
  const { sentence: message, retryable } = narrationFailures[code];
  return 'run' in narration ? fail(narration, narration.run.id, { code, message, retryable }) : [];
}

/** Possible in every state. */
export function remove(narration: Narration): NarrationEvent[] {
  const { id: narrationId, storyId, requestedBy } = requireExisting(narration);
  return [NarrationDeleted({ narrationId, storyId, requestedBy })];
}

function requireExisting(narration: Narration): Exclude<Narration, DeletedNarration> {
  if (narration.status === 'deleted') throw refuse.NARRATION_NOT_FOUND();
  return narration;
}

// ── what a run says of itself; one that is no longer awaited says nothing ────────────────────────────────────────────

export function runOf(narration: Narration, runId: string): Run | undefined {
  return 'run' in narration && narration.run.id === runId ? narration.run : undefined;
}

export function progress(narration: Narration, runId: string, { stage, done, total }: Progress): NarrationEvent[] {
  if (!runOf(narration, runId)) return [];
  return [NarrationProgressed({ narrationId: narration.id, runId, stage, done, total })];
}

export interface FinishedSegment {
  readonly segmentId: string;
  readonly index: number;
  readonly take: number;
  readonly duration: number;
}

/** Whichever run has spoken it, and also when that was cancelled meanwhile: it is there, and may have been paid for. Called for a take that is missing. */
export function finishSegment(narration: Narration, finished: FinishedSegment): NarrationEvent[] {
  if (narration.status === 'deleted') return [];
  const { id: narrationId, totalSegments: total, doneSegments } = narration;
  return [SegmentNarrated({ narrationId, ...finished, done: finished.take === 1 ? doneSegments + 1 : doneSegments, total })];
}

/** What the speaking has used up. */
export interface Usage {
  readonly characters: number;
  readonly cost: { readonly amount: string; readonly currency: string } | null;
}

export function complete(narration: Narration, runId: string, { audio, captions, duration }: Whole, usage: Usage): NarrationEvent[] {
  const run = runOf(narration, runId);
  if (!run) return [];
  const { id: narrationId, storyId, requestedBy, version, provider } = narration;
  const whole = { narrationId, storyId, requestedBy, version, audio, captions, duration, provider, ...usage };
  return run.segment
    ? [NarrationRegenerated({ ...whole, segmentId: run.segment.id, take: run.segment.take })]
    : [NarrationGenerated(whole)];
}

export function fail(narration: Narration, runId: string, failure: Failure): NarrationEvent[] {
  const run = runOf(narration, runId);
  if (!run) return [];
  const { id: narrationId, storyId, requestedBy } = narration;
  return run.segment
    ? [RegenerationFailed({ narrationId, segmentId: run.segment.id, runId, ...failure })]
    : [NarrationFailed({ narrationId, storyId, requestedBy, ...failure })];
}

// ── evolve ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export function evolve(narration: Narration | undefined, event: NarrationEvent): Narration {
  if (event.type === 'NarrationRequested') {
    const { narrationId, storyId, requestedBy, version, provider, segments } = event.data;
    return {
      status: 'pending',
      id: narrationId as NarrationId,
      storyId,
      requestedBy: requestedBy as UserId,
      version,
      provider,
      totalSegments: segments,
      doneSegments: 0,
      whole: null,
      failure: null,
      // The first run of a narration has its id.
      run: { id: narrationId, segment: null, progress: null },
    };
  }
  if (!narration) throw new Error(`A narration's stream begins with NarrationRequested, not with ${event.type}.`);
  switch (event.type) {
    case 'NarrationProgressed': {
      const { stage, done, total } = event.data;
      return processing(narration, { stage, done, total });
    }
    case 'SegmentNarrated': {
      const { done, total } = event.data;
      const isAnew = 'run' in narration && narration.run.segment !== null;
      return processing(
        { ...narration, doneSegments: done },
        isAnew ? { stage: 'speaking', done: 1, total: 1 } : { stage: 'speaking', done, total },
      );
    }
    case 'NarrationGenerated':
    case 'NarrationRegenerated': {
      const { audio, captions, duration } = event.data;
      return settle({ ...narration, whole: { audio, captions, duration }, failure: null }, 'completed');
    }
    case 'RegenerationRequested': {
      const { runId, segmentId, take } = event.data;
      return {
        ...settled(narration),
        failure: null,
        status: 'pending',
        run: { id: runId, segment: { id: segmentId, take }, progress: null },
      };
    }
    case 'NarrationResumed':
      return { ...settled(narration), failure: null, status: 'pending', run: { id: event.data.runId, segment: null, progress: null } };
    case 'RegenerationFailed':
      return settle({ ...narration, failure: failureIn(event.data) }, 'completed');
    case 'NarrationFailed':
      return settle({ ...narration, failure: failureIn(event.data) }, 'failed');
    case 'NarrationDeleted':
      return settle(narration, 'deleted');
  }
}

const failureIn = ({ code, message, retryable }: Failure): Failure => ({ code, message, retryable });

function processing(narration: Narration, made: Progress): Narration {
  return 'run' in narration ? { ...narration, status: 'processing', run: { ...narration.run, progress: made } } : narration;
}

function settled(narration: Narration): AnyNarration {
  const { id, storyId, requestedBy, version, provider, totalSegments, doneSegments, whole, failure } = narration;
  return { id, storyId, requestedBy, version, provider, totalSegments, doneSegments, whole, failure };
}

/** The same narration in a status that carries nothing of its own. */
function settle(narration: Narration, status: 'completed' | 'failed' | 'deleted'): Narration {
  return { ...settled(narration), status };
}
