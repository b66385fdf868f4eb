import { describe, expect, it } from '@jest/globals';
import type { StoryEvent } from '@storytelling/shared/domain-events/story';
import {
  AnalysisFailed,
  AnalysisProgressed,
  AnalysisRequested,
  NextEditionDiscarded,
  StoryAnalyzed,
  StoryCreated,
  StoryDeleted,
  StoryEdited,
  StoryPublished,
} from '@storytelling/shared/domain-events/story';
import type { Language } from '@storytelling/shared/value-objects/language';
import { sha256 } from '@storytelling/shared/value-objects/sha256';
import { storyTitle } from '@storytelling/shared/value-objects/story-title';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { afterErasure, create, edit, evolve, publish, requestAnalysis, type Story, type StoryId } from './story.js';
import { storyContent } from './story-content.js';

const id = '7c9e6679-7425-40de-944b-e07fc1f90ae7' as StoryId;
const authorId = userId('user-0000000001');
const analysisId = '0b8a1d3e-5a53-4b8e-8f0e-2f0f8f3f7a11';
const first = storyContent('Once there was a fox.');
const second = storyContent('Once there were two foxes.');

const created = StoryCreated({ storyId: id, authorId, title: 'The fox', language: 'en', version: 1, contentHash: first.hash });
const requested = AnalysisRequested({ analysisId, version: 1, contentHash: first.hash });
const analyzed = StoryAnalyzed({
  storyId: id,
  authorId,
  analysisId,
  version: 1,
  contentHash: first.hash,
  script: null,
  segments: 1,
  durationEstimate: 2,
  provider: 'local',
  cost: null,
});
const published = StoryPublished({ storyId: id, authorId, title: 'The fox', version: 1 });
const failed = AnalysisFailed({
  storyId: id,
  authorId,
  analysisId,
  code: 'ANALYSIS_PROVIDER_UNAVAILABLE',
  message: 'It did not answer.',
  retryable: true,
});

const given = (...events: StoryEvent[]): Story => events.reduce<Story | undefined>(evolve, undefined) as Story;
const edited = (version: number, contentHash: string, title = 'The fox') =>
  StoryEdited({ storyId: id, authorId, title, version, contentHash });
const refused = (code: string) => expect.objectContaining({ code });

describe('a story', () => {
  it('begins as a draft of version 1', () => {
    const events = create({ id, authorId, language: 'en' as Language, edition: { title: storyTitle('The fox'), content: first } });
    expect(events).toEqual([created]);
    expect(given(created)).toMatchObject({
      status: 'draft',
      version: 1,
      publishedVersion: null,
      contentHash: sha256('Once there was a fox.'),
    });
  });

  describe('edited', () => {
    it('gets the next version', () => {
      expect(edit(given(created), 1, { content: second })).toEqual([edited(2, second.hash)]);
    });
    it('on an older version is refused, and the current one told', () => {
      const story = given(created, edited(2, second.hash));
      expect(() => edit(story, 1, { content: first })).toThrow(
        expect.objectContaining({ code: 'STORY_CHANGED_MEANWHILE', params: { currentVersion: 2 } }),
      );
    });
    it('without a difference is no event', () => {
      expect(edit(given(created), 1, { title: storyTitle('The fox'), content: first })).toEqual([]);
    });
    it('needs a new analysis for a new text', () => {
      expect(given(created, requested, analyzed, edited(2, second.hash)).status).toBe('draft');
    });
    it('keeps its analysis under a new title', () => {
      expect(given(created, requested, analyzed, edited(2, first.hash, 'Fox')).status).toBe('analyzed');
    });
    it('leaves readers the published edition', () => {
      expect(given(created, requested, analyzed, published, edited(2, second.hash))).toMatchObject({
        status: 'draft',
        publishedVersion: 1,
        version: 2,
      });
    });
    it('under a new title is published no longer, though analyzed', () => {
      expect(given(created, requested, analyzed, published, edited(2, first.hash, 'Fox'))).toMatchObject({
        status: 'analyzed',
        publishedVersion: 1,
      });
    });
    it('while it is analyzed frees the way for the analysis of the new text', () => {
      const story = given(created, requested, edited(2, second.hash));
      expect(story.status).toBe('draft');
      expect(requestAnalysis(story, analysisId)).toEqual([AnalysisRequested({ analysisId, version: 2, contentHash: second.hash })]);
    });
  });

  describe('analyzed', () => {
    it('is analyzed once at a time', () => {
      expect(() => requestAnalysis(given(created, requested), analysisId)).toThrow(refused('STORY_BEING_ANALYZED'));
    });
    it('shows how far it is', () => {
      const story = given(created, requested, AnalysisProgressed({ analysisId, stage: 'reading', done: 1, total: 3 }));
      expect(story).toMatchObject({ analysis: { progress: { stage: 'reading', done: 1, total: 3 } } });
    });
    it('is again what it was when the analysis fails, and says why', () => {
      expect(given(created, requested, failed)).toMatchObject({ status: 'draft', failure: { code: 'ANALYSIS_PROVIDER_UNAVAILABLE' } });
      expect(given(created, requested, analyzed, requested, failed)).toMatchObject({ status: 'analyzed' });
      expect(given(created, requested, analyzed, published, requested, failed)).toMatchObject({ status: 'published' });
    });
    it('forgets the failure when it is tried again', () => {
      expect(given(created, requested, failed, requested).failure).toBeNull();
    });
    it('anew while published stays published', () => {
      expect(given(created, requested, analyzed, published, requested, analyzed).status).toBe('published');
    });
    it('anew and failed after a new title is not published again by that', () => {
      expect(given(created, requested, analyzed, published, requested, edited(2, first.hash, 'Fox'), failed).status).toBe('analyzed');
    });
  });

  describe('published', () => {
    it('shows readers the version that was meant', () => {
      expect(publish(given(created, requested, analyzed), 1)).toEqual([published]);
      expect(given(created, requested, analyzed, published)).toMatchObject({ status: 'published', publishedVersion: 1 });
    });
    it('is refused before it is analyzed', () => {
      expect(() => publish(given(created), 1)).toThrow(refused('STORY_NOT_ANALYZED'));
      expect(() => publish(given(created, requested), 1)).toThrow(refused('STORY_NOT_ANALYZED'));
    });
    it('is refused on an older version, and twice', () => {
      expect(() => publish(given(created, requested, analyzed), 2)).toThrow(refused('STORY_CHANGED_MEANWHILE'));
      expect(() => publish(given(created, requested, analyzed, published), 1)).toThrow(refused('STORY_ALREADY_PUBLISHED'));
    });
  });

  describe('whose author is erased', () => {
    const edition = { version: 1, contentHash: first.hash };
    const edited = StoryEdited({ storyId: id, authorId, title: 'Two foxes', version: 2, contentHash: second.hash });
    const deleted = { isKept: false, events: [StoryDeleted({ storyId: id, authorId })] };

    it('is deleted, unless it is published and the author wanted readers to keep it', () => {
      expect(afterErasure(given(created), 'remove', null)).toEqual(deleted);
      expect(afterErasure(given(created), 'keep-as-deleted-author', null)).toEqual(deleted);
      expect(afterErasure(given(created, requested, analyzed, published), 'remove', edition)).toEqual(deleted);
      expect(afterErasure({ ...given(created), status: 'archived' }, 'keep-as-deleted-author', edition)).toEqual(deleted);
    });

    it('is kept as readers see it: what was written since is gone', () => {
      const shown = given(created, requested, analyzed, published);
      expect(afterErasure(shown, 'keep-as-deleted-author', edition)).toEqual({ isKept: true, events: [] });
      const discarded = NextEditionDiscarded(edition);
      const next = given(created, requested, analyzed, published, edited);
      expect(afterErasure(next, 'keep-as-deleted-author', edition)).toEqual({ isKept: true, events: [discarded] });
      expect(evolve(next, discarded)).toMatchObject({ status: 'published', version: 1, publishedVersion: 1, contentHash: first.hash });
    });
  });
});
