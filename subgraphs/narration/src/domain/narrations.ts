import type { NarrationEvent } from '@storytelling/shared/domain-events/narration';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { CastVoice, Casting } from './casting.js';
import type { FinishedSegment, Narration, NarrationId, Usage, Whole } from './narration.js';
import type { Script, ScriptLine } from './script.js';
import type { KnownScript } from './story-facts.js';
import type { AudioFormat } from './studio.js';

/** What is stored of a narration beside its events. */
export interface NarrationContent {
  readonly contentHash: string;
  readonly scriptSha256: string;
  readonly language: string;
  readonly casting: Casting;
  readonly format: AudioFormat;
  /** Of the joined audio, in Hz. */
  readonly sampleRate: number;
  readonly lines: readonly ScriptLine[];
}

/** A segment as its next take is to be spoken. */
export interface SegmentToSpeak extends Pick<ScriptLine, 'index' | 'characterId' | 'text' | 'emotion' | 'intensity' | 'pauseSeconds'> {
  readonly id: string;
  readonly take: number;
  /** Another voice than the cast's. */
  readonly voice: CastVoice | null;
  /** When the provider was asked for it, by a run whose outcome nobody knows. */
  readonly askedAt: Date | null;
}

/** A segment that can be heard. */
export interface HeardSegment extends Pick<ScriptLine, 'text' | 'characterName' | 'pauseSeconds'> {
  readonly audioKey: string;
  readonly bytes: number;
  readonly durationSeconds: number;
}

/** What one run has to do. */
export interface Work extends Pick<NarrationContent, 'language' | 'casting' | 'format' | 'sampleRate'> {
  readonly storyId: string;
  readonly requestedBy: UserId;
  readonly missing: readonly SegmentToSpeak[];
  readonly totalSegments: number;
}

export interface StoredTake extends FinishedSegment, Usage {
  readonly audioKey: string;
  readonly bytes: number;
}

/** A version of a segment that is asked for. */
export interface WantedTake {
  readonly segmentId: string;
  readonly text: string | null;
  readonly emotion: string | null;
  readonly voice: CastVoice | null;
}

/** A job that ends in the transaction of its effect: the repository hands its own transaction over. */
export interface JobInTransaction {
  complete(transaction: unknown): Promise<void>;
}

/** Narrations as a collection. Each method that decides is one transaction: what changes, its events and its jobs commit together. */
export interface Narrations {
  add(events: readonly NarrationEvent[], content: NarrationContent): Promise<NarrationId>;
  /** Lock, decide, write what the events say, append them. Refuses an unknown id with NARRATION_NOT_FOUND. */
  update(id: NarrationId, decide: (narration: Narration) => readonly NarrationEvent[]): Promise<NarrationId>;
  /** As `update`, with the next take of a segment at hand, which is kept as it is wanted. Refuses with NARRATION_SEGMENT_NOT_FOUND. */
  regenerate(
    id: NarrationId,
    wanted: WantedTake,
    decide: (narration: Narration, segment: { readonly id: string; readonly take: number }) => readonly NarrationEvent[],
  ): Promise<NarrationId>;
  /** Whether there was such a narration, and this person has deleted it. */
  wasDeletedBy(id: NarrationId, userId: UserId): Promise<boolean>;
  find(id: NarrationId): Promise<Narration | undefined>;
}

/** What the job needs beyond that. */
export interface NarrationRuns extends Narrations {
  /** undefined: nobody waits for this run any more. */
  work(id: NarrationId, runId: string): Promise<Work | undefined>;
  /** Remembers that a provider is being asked, before it is. */
  asked(segment: Pick<SegmentToSpeak, 'id' | 'take'>): Promise<void>;
  /** As `update`; keeps a take that is missing, and nothing else: one that somebody else has stored meanwhile, or that was cancelled, changes nothing. */
  finish(id: NarrationId, take: StoredTake, decide: (narration: Narration) => readonly NarrationEvent[]): Promise<void>;
  /** All segments, in order, as they are heard. */
  heard(id: NarrationId): Promise<readonly HeardSegment[]>;
  /** As `update`, with what the run has used up, and ends the job. */
  complete(
    id: NarrationId,
    runId: string,
    decide: (narration: Narration, usage: Usage) => readonly NarrationEvent[],
    job: JobInTransaction,
  ): Promise<NarrationId>;
  /** All narrations of a story. */
  ofStory(storyId: string): Promise<readonly NarrationId[]>;
}

/** The audio itself. */
export interface NarrationAudio {
  /** A take of a segment; the same key when it is stored again. */
  putSegment(id: NarrationId, segment: Pick<SegmentToSpeak, 'id' | 'take'>, format: AudioFormat, bytes: Uint8Array): Promise<string>;
  open(key: string): Promise<AsyncIterable<Uint8Array>>;
  /** The whole and its captions, under names of their own for each run: whoever hears the one from before goes on hearing it. */
  putWhole(
    id: NarrationId,
    runId: string,
    format: AudioFormat,
    whole: { readonly audio: AsyncIterable<Uint8Array>; readonly captions: string },
  ): Promise<Pick<Whole, 'audio' | 'captions'>>;
  /** Everything of a narration that was deleted. */
  removeOf(id: NarrationId): Promise<void>;
}

/** Scripts of stories, by claim check. */
export interface StoryScripts {
  /** undefined: it is gone. */
  read(claim: KnownScript): Promise<Script | undefined>;
}

/** Voices that somebody may have a story read in. */
export interface CastableVoices {
  /** Ready-made ones, and those of this person; in the order of the ids. */
  find(voiceIds: readonly string[], owner: UserId): Promise<readonly (CastableVoice | undefined)[]>;
}

export interface CastableVoice extends CastVoice {
  /** It can speak. */
  readonly isReady: boolean;
}
