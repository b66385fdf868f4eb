import { type Stream, stream } from '@storytelling/shared/domain-events/event';
import { AnalysisRequested, type StoryEvent, StoryCreated, StoryEdited, StoryPublished } from '@storytelling/shared/domain-events/story';
import type { Language } from '@storytelling/shared/value-objects/language';
import type { Sha256 } from '@storytelling/shared/value-objects/sha256';
import type { StoryTitle } from '@storytelling/shared/value-objects/story-title';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { AnalysisProgress } from './analysis-provider.js';
import { refuse } from './refusals.js';
import type { StoryContent } from './story-content.js';

// ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────
// edition    one text under one title; numbered 1, 2, 3 … as `version`, changed by edits only
// working    the newest edition, which the author sees and changes
// published  the edition that readers see, while the next one is written
// analysis   what was found in one text: characters, emotions, segments; it belongs to the text's hash

// ── states ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export type StoryId = string & { readonly __brand: 'StoryId' };

/** The stream of a story's events; everything live about it is a view of this one. */
export const storyStream = (id: string): Stream => stream('story', 'Story', id);

interface AnyStory {
  readonly id: StoryId;
  readonly authorId: UserId;
  /** null: erased with its author. */
  readonly title: StoryTitle | null;
  readonly language: Language;
  /** Of the working edition. */
  readonly version: number;
  readonly contentHash: Sha256;
  readonly publishedVersion: number | null;
  /** Why the last analysis of this text failed. */
  readonly failure: FailedAnalysis | null;
}
export interface FailedAnalysis {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}
export interface DraftStory extends AnyStory {
  readonly status: 'draft';
}
export interface AnalyzingStory extends AnyStory {
  readonly status: 'analyzing';
  readonly analysis: AnalysisUnderWay;
}
export interface AnalysisUnderWay {
  readonly id: string;
  /** What the story was and will be again if the analysis fails. */
  readonly statusBefore: SettledStatus;
  readonly progress: AnalysisProgress | null;
}
export interface AnalyzedStory extends AnyStory {
  readonly status: 'analyzed';
}
/** The working edition is the one that readers see. */
export interface PublishedStory extends AnyStory {
  readonly status: 'published';
}
export interface ArchivedStory extends AnyStory {
  readonly status: 'archived';
}
export type SettledStatus = 'draft' | 'analyzed' | 'published';
export type Story = DraftStory | AnalyzingStory | AnalyzedStory | PublishedStory | ArchivedStory;

// ── verbs ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Edition {
  readonly title: StoryTitle;
  readonly content: StoryContent;
}

export function create({
  id,
  authorId,
  language,
  edition,
}: {
  id: StoryId;
  authorId: UserId;
  language: Language;
  edition: Edition;
}): StoryEvent[] {
  return [StoryCreated({ storyId: id, authorId, title: edition.title, language, version: 1, contentHash: edition.content.hash })];
}

/** An edit that changes nothing is no event; one made on an older version is refused, with the current version told. */
export function edit(story: Story, expectedVersion: number, { title, content }: Partial<Edition>): StoryEvent[] {
  requireVersion(story, expectedVersion);
  if (story.status === 'archived') throw refuse.STORY_ARCHIVED();
  const next = { title: title ?? story.title, contentHash: content?.hash ?? story.contentHash };
  if (next.title === story.title && next.contentHash === story.contentHash) return [];
  return [StoryEdited({ storyId: story.id, authorId: story.authorId, ...next, version: story.version + 1 })];
}

/** A text is analyzed once at a time. Editing it meanwhile frees the way for the analysis of the new text. */
export function requestAnalysis(story: Story, analysisId: string): StoryEvent[] {
  switch (story.status) {
    case 'archived':
      throw refuse.STORY_ARCHIVED();
    case 'analyzing':
      throw refuse.STORY_BEING_ANALYZED();
    case 'draft':
    case 'analyzed':
    case 'published':
      return [AnalysisRequested({ analysisId, version: story.version, contentHash: story.contentHash })];
  }
}

export function publish(story: Story, expectedVersion: number): StoryEvent[] {
  requireVersion(story, expectedVersion);
  switch (story.status) {
    case 'archived':
      throw refuse.STORY_ARCHIVED();
    case 'published':
      throw refuse.STORY_ALREADY_PUBLISHED();
    case 'draft':
    case 'analyzing':
      throw refuse.STORY_NOT_ANALYZED();
    case 'analyzed':
      return [StoryPublished({ storyId: story.id, authorId: story.authorId, title: story.title, version: story.version })];
  }
}

function requireVersion(story: Story, expectedVersion: number): void {
  if (story.version !== expectedVersion) throw refuse.STORY_CHANGED_MEANWHILE({ currentVersion: story.version });
}

// ── evolve ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export function evolve(story: Story | undefined, event: StoryEvent): Story {
  if (event.type === 'StoryCreated') {
    const { storyId, authorId, title, language, version, contentHash } = event.data;
    return {
      status: 'draft',
      id: storyId as StoryId,
      authorId: authorId as UserId,
      title: title as StoryTitle | null,
      language: language as Language,
      version,
      contentHash: contentHash as Sha256,
      publishedVersion: null,
      failure: null,
    };
  }
  if (!story) throw new Error(`A story's stream begins with StoryCreated, not with ${event.type}.`);
  switch (event.type) {
    case 'StoryEdited': {
      const { title, version, contentHash } = event.data;
      const edited = { ...story, title: title as StoryTitle | null, version, contentHash: contentHash as Sha256 };
      // A new title leaves the analysis of the same text standing; a new text needs a new one.
      if (contentHash !== story.contentHash) return settle({ ...edited, failure: null }, 'draft');
      if (edited.status === 'analyzing')
        return { ...edited, analysis: { ...edited.analysis, statusBefore: unpublished(edited.analysis.statusBefore) } };
      return edited.status === 'published' ? settle(edited, 'analyzed') : edited;
    }
    case 'AnalysisRequested': {
      const statusBefore = story.status === 'analyzed' || story.status === 'published' ? story.status : 'draft';
      return { ...story, status: 'analyzing', analysis: { id: event.data.analysisId, statusBefore, progress: null }, failure: null };
    }
    case 'AnalysisProgressed': {
      const { stage, done, total } = event.data;
      return story.status === 'analyzing' ? { ...story, analysis: { ...story.analysis, progress: { stage, done, total } } } : story;
    }
    case 'StoryAnalyzed':
      return settle({ ...story, failure: null }, story.publishedVersion === story.version ? 'published' : 'analyzed');
    case 'AnalysisFailed': {
      const { code, message, retryable } = event.data;
      return story.status === 'analyzing'
        ? settle({ ...story, failure: { code, message, retryable } }, story.analysis.statusBefore)
        : story;
    }
    case 'StoryPublished':
      return settle({ ...story, publishedVersion: event.data.version }, 'published');
    case 'CharactersExtracted':
    case 'CharacterCorrected':
    case 'SegmentCorrected':
      return story;
  }
}

function unpublished(status: SettledStatus): SettledStatus {
  return status === 'published' ? 'analyzed' : status;
}

/** The same story in a status that carries nothing of its own. */
function settle(story: Story, status: SettledStatus): Story {
  const { id, authorId, title, language, version, contentHash, publishedVersion, failure } = story;
  return { id, authorId, title, language, version, contentHash, publishedVersion, failure, status };
}
