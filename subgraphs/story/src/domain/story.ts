import { type DomainEvent, type Stream, stream } from '@storytelling/shared/domain-events/event';
import {
  AnalysisRequested,
  NextEditionDiscarded,
  StoryArchived,
  StoryCreated,
  StoryDeleted,
  StoryEdited,
  type StoryEvent,
  StoryPublished,
  StoryUnpublished,
} from '@storytelling/shared/domain-events/story';
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
  /** What a moderator did to it and why, until a later edition is published. */
  readonly moderation: Moderated | null;
}
export interface Moderated {
  readonly decision: 'unpublish' | 'archive';
  /** null: erased with the author. */
  readonly reason: string | null;
  /** The working edition at that time: whatever was written until then does not return to readers. */
  readonly version: number;
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
/** The end of a stream: there is no such story any more, and its text is gone. */
export interface DeletedStory extends AnyStory {
  readonly status: 'deleted';
}
export type SettledStatus = 'draft' | 'analyzed' | 'published';
export type Story = DraftStory | AnalyzingStory | AnalyzedStory | PublishedStory | ArchivedStory | DeletedStory;

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
  requireOpen(story);
  requireVersion(story, expectedVersion);
  const next = { title: title ?? story.title, contentHash: content?.hash ?? story.contentHash };
  if (next.title === story.title && next.contentHash === story.contentHash) return [];
  return [StoryEdited({ storyId: story.id, authorId: story.authorId, ...next, version: story.version + 1 })];
}

/** A text is analyzed once at a time. Editing it meanwhile frees the way for the analysis of the new text. */
export function requestAnalysis(story: Story, analysisId: string): StoryEvent[] {
  if (requireOpen(story).status === 'analyzing') throw refuse.STORY_BEING_ANALYZED();
  return [AnalysisRequested({ analysisId, version: story.version, contentHash: story.contentHash })];
}

/** What a moderator took back returns to readers only by an edition that was written afterwards. */
export function publish(story: Story, expectedVersion: number): StoryEvent[] {
  const open = requireOpen(story);
  requireVersion(story, expectedVersion);
  if (story.moderation && story.version <= story.moderation.version) throw refuse.STORY_MODERATED();
  switch (open.status) {
    case 'published':
      throw refuse.STORY_ALREADY_PUBLISHED();
    case 'draft':
    case 'analyzing':
      throw refuse.STORY_NOT_ANALYZED();
    case 'analyzed':
      return [StoryPublished({ storyId: story.id, authorId: story.authorId, title: story.title, version: story.version })];
  }
}

/** Who takes a story from readers; what a moderator does has a reason, which the author reads. */
export type Withdrawal = { readonly by: 'author'; readonly reason: string | null } | { readonly by: 'moderator'; readonly reason: string };

/** Readers see it no longer; the author goes on with it. */
export function unpublish(story: Story, withdrawal: Withdrawal, expectedVersion?: number | null): StoryEvent[] {
  requireOpen(story);
  if (typeof expectedVersion === 'number') requireVersion(story, expectedVersion);
  if (story.publishedVersion === null) throw refuse.STORY_NOT_PUBLISHED();
  return [StoryUnpublished({ storyId: story.id, authorId: story.authorId, version: story.publishedVersion, ...withdrawal })];
}

export function archive(story: Story, withdrawal: Withdrawal): StoryEvent[] {
  requireOpen(story);
  return [StoryArchived({ storyId: story.id, authorId: story.authorId, ...withdrawal })];
}

/** Possible in every state: a text is its author's to take away. */
export function remove(story: Story): StoryEvent[] {
  if (story.status === 'deleted') throw refuse.STORY_NOT_FOUND();
  return [StoryDeleted({ storyId: story.id, authorId: story.authorId })];
}

/** Neither archived nor deleted: whatever changes a story asks this first. */
function requireOpen(story: Story): Exclude<Story, ArchivedStory | DeletedStory> {
  if (story.status === 'deleted') throw refuse.STORY_NOT_FOUND();
  if (story.status === 'archived') throw refuse.STORY_ARCHIVED();
  return story;
}

/**
 * What becomes of a story when its author is erased: what readers see stays if the author wanted it so, with nothing behind it; everything else
 * goes, what moderators have archived included.
 */
export function afterErasure(
  { id: storyId, authorId, status }: Story,
  choice: 'remove' | 'keep-as-deleted-author',
  published: { readonly version: number; readonly contentHash: string } | null,
): { readonly isKept: boolean; readonly events: readonly DomainEvent[] } {
  if (choice === 'remove' || !published || status === 'archived') return { isKept: false, events: [StoryDeleted({ storyId, authorId })] };
  return { isKept: true, events: status === 'published' ? [] : [NextEditionDiscarded(published)] };
}

/** Whether its present text was analyzed: what is known of the text before an edit describes another one. */
export function isDescribed(story: Story): boolean {
  return story.status === 'analyzing' ? story.analysis.statusBefore !== 'draft' : story.status !== 'draft';
}

/** What was decided about an older version is refused, with the current one told. */
export function requireVersion(story: Story, expectedVersion: number): void {
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
      moderation: null,
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
      return settle({ ...story, publishedVersion: event.data.version, moderation: null }, 'published');
    case 'StoryUnpublished': {
      const hidden = { ...story, publishedVersion: null, moderation: moderated('unpublish', story, event.data) };
      if (hidden.status === 'analyzing')
        return { ...hidden, analysis: { ...hidden.analysis, statusBefore: unpublished(hidden.analysis.statusBefore) } };
      return hidden.status === 'published' ? settle(hidden, 'analyzed') : hidden;
    }
    case 'StoryArchived':
      return settle({ ...story, publishedVersion: null, moderation: moderated('archive', story, event.data) }, 'archived');
    case 'StoryDeleted':
      return settle({ ...story, publishedVersion: null }, 'deleted');
    case 'NextEditionDiscarded': {
      const { version, contentHash } = event.data;
      return settle({ ...story, version, contentHash: contentHash as Sha256, failure: null }, 'published');
    }
    case 'ScriptRevised':
    case 'CharactersExtracted':
    case 'CharacterCorrected':
    case 'CharacterImageChanged':
    case 'SegmentCorrected':
      return story;
  }
}

function unpublished(status: SettledStatus): SettledStatus {
  return status === 'published' ? 'analyzed' : status;
}

function moderated(decision: Moderated['decision'], story: Story, withdrawal: { by: string; reason: string | null }): Moderated | null {
  return withdrawal.by === 'moderator' ? { decision, reason: withdrawal.reason, version: story.version } : story.moderation;
}

/** The same story in a status that carries nothing of its own. */
function settle(story: Story, status: Exclude<Story['status'], 'analyzing'>): Story {
  const { id, authorId, title, language, version, contentHash, publishedVersion, failure, moderation } = story;
  return { id, authorId, title, language, version, contentHash, publishedVersion, failure, moderation, status };
}
