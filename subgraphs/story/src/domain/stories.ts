import type { StoryEvent } from '@storytelling/shared/domain-events/story';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { Extraction, TextToAnalyse } from './analysis-provider.js';
import type { Correction } from './corrections.js';
import type { Findings, KnownFindings } from './findings.js';
import type { Edition, Story, StoryId } from './story.js';
import type { CompletedAnalysis, StoryAnalysis } from './story-analysis.js';

/** Stories as a collection. Each method is one transaction: what changes, its events and its jobs commit together. */
export interface Stories {
  /** The edition's text is stored beside the events, which carry its hash. */
  add(events: readonly StoryEvent[], edition: Edition): Promise<StoryId>;
  /** Lock, decide, write what the events say, append them. Refuses an unknown id with STORY_NOT_FOUND. */
  update(id: StoryId, decide: (story: Story) => readonly StoryEvent[], edition?: Partial<Edition>): Promise<StoryId>;
  /** Whether there was such a story, and this author has deleted it. */
  wasDeletedBy(id: StoryId, authorId: UserId): Promise<boolean>;
}

/** What a writer's corrections need beyond that. */
export interface StoryCorrections extends Stories {
  /** As `update`, with the story's findings at hand, which it changes; resolves to the correction's outcome. */
  correct(id: StoryId, decide: (story: Story, known: KnownFindings) => Correction): Promise<string>;
}

/** What the analysis job needs beyond that. */
export interface StoryAnalyses extends StoryCorrections {
  /** The text that an analysis is about; undefined when the story or the edition is gone. */
  textOf(id: StoryId, version: number): Promise<(TextToAnalyse & { readonly authorId: UserId; readonly contentHash: string }) | undefined>;
  /** An earlier extraction of the same text in the same language by the same revision of a provider, of this author's stories only. */
  known(text: { authorId: UserId; contentHash: string; language: string }, revision: string): Promise<Extraction | undefined>;
  /** What is known of a story just now, not locked: undefined when the story is gone. */
  peek(id: StoryId): Promise<{ readonly story: Story; readonly known: KnownFindings } | undefined>;
  /** As `update`, with the story's findings so far at hand; keeps the extraction, replaces the findings if they are applied, and ends the job. */
  complete(
    id: StoryId,
    analysis: StoryAnalysis & { readonly version: number; readonly revision: string },
    extraction: Extraction,
    decide: (story: Story, previous: KnownFindings) => CompletedAnalysis,
    job: JobInTransaction,
  ): Promise<StoryId>;
}

/** What the job needs that stores the script after a correction. */
export interface StoryScripts {
  /** What is found in a story just now, not locked: undefined when the story is gone. */
  described(id: StoryId): Promise<Described | undefined>;
  /** Lock, decide, append the events, end the job. */
  revise(id: StoryId, decide: (described: Described) => readonly StoryEvent[], job: JobInTransaction): Promise<StoryId>;
}

export interface Described {
  readonly story: Story;
  readonly findings: Findings;
}

/** A job that ends in the transaction of its effect: the repository hands its own transaction over. */
export interface JobInTransaction {
  complete(transaction: unknown): Promise<void>;
}
