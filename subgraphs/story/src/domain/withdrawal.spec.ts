import { describe, expect, it } from '@jest/globals';
import {
  AnalysisFailed,
  AnalysisRequested,
  StoryAnalyzed,
  StoryArchived,
  StoryCreated,
  StoryDeleted,
  StoryEdited,
  type StoryEvent,
  StoryPublished,
  StoryUnpublished,
} from '@storytelling/shared/domain-events/story';
import { storyTitle } from '@storytelling/shared/value-objects/story-title';
import { archive, edit, evolve, publish, remove, requestAnalysis, type Story, unpublish } from './story.js';
import { storyContent } from './story-content.js';

const storyId = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const authorId = 'user-0000000001';
const analysisId = '0b8a1d3e-5a53-4b8e-8f0e-2f0f8f3f7a11';
const contentHash = storyContent('Once there was a fox.').hash;
const theirs = { by: 'author', reason: null } as const;
const judged = { by: 'moderator', reason: 'It names a real person.' } as const;

const created = StoryCreated({ storyId, authorId, title: 'The fox', language: 'en', version: 1, contentHash });
const requested = AnalysisRequested({ analysisId, version: 1, contentHash });
const found = { script: null, segments: 1, durationEstimate: 2, provider: 'local', cost: null };
const analyzed = StoryAnalyzed({ storyId, authorId, analysisId, version: 1, contentHash, ...found });
const failed = AnalysisFailed({ storyId, authorId, analysisId, code: 'X', message: 'x', retryable: true });
const published = StoryPublished({ storyId, authorId, title: 'The fox', version: 1 });
const renamed = StoryEdited({ storyId, authorId, title: 'Fox', version: 2, contentHash });
const unpublished = (withdrawal: typeof theirs | typeof judged) => StoryUnpublished({ storyId, authorId, version: 1, ...withdrawal });
const archived = (withdrawal: typeof theirs | typeof judged) => StoryArchived({ storyId, authorId, ...withdrawal });
const deleted = StoryDeleted({ storyId, authorId });

const given = (...events: StoryEvent[]): Story => events.reduce<Story | undefined>(evolve, undefined) as Story;
const refused = (code: string) => expect.objectContaining({ code });
const shown = [created, requested, analyzed, published];

describe('a story taken from readers', () => {
  it('is its author’s as before', () => {
    expect(unpublish(given(...shown), theirs)).toEqual([unpublished(theirs)]);
    expect(given(...shown, unpublished(theirs))).toMatchObject({ status: 'analyzed', publishedVersion: null, moderation: null });
    expect(given(...shown, renamed, unpublished(theirs))).toMatchObject({ status: 'analyzed', version: 2, publishedVersion: null });
  });
  it('by its author can be published again as it is', () => {
    expect(publish(given(...shown, unpublished(theirs)), 1)).toEqual([published]);
  });
  it('while it is analyzed is not published by the end of that analysis, however it ends', () => {
    const story = [...shown, requested, unpublished(theirs)];
    expect(given(...story).status).toBe('analyzing');
    expect(given(...story, analyzed)).toMatchObject({ status: 'analyzed', publishedVersion: null });
    expect(given(...story, failed)).toMatchObject({ status: 'analyzed', publishedVersion: null });
  });
  it('was published, and is meant', () => {
    expect(() => unpublish(given(created), theirs)).toThrow(refused('STORY_NOT_PUBLISHED'));
    expect(() => unpublish(given(...shown, unpublished(theirs)), theirs)).toThrow(refused('STORY_NOT_PUBLISHED'));
    expect(() => unpublish(given(...shown, renamed), theirs, 1)).toThrow(refused('STORY_CHANGED_MEANWHILE'));
    expect(unpublish(given(...shown, renamed), theirs, 2)).toEqual([unpublished(theirs)]);
  });
});

describe('a story taken from readers by a moderator', () => {
  const story = given(...shown, unpublished(judged));
  it('says why', () => {
    expect(story.moderation).toEqual({ decision: 'unpublish', reason: judged.reason, version: 1 });
  });
  it('is published again only by an edition that was written since', () => {
    expect(() => publish(story, 1)).toThrow(refused('STORY_MODERATED'));
    expect(() => publish(given(...shown, unpublished(judged), requested, analyzed), 1)).toThrow(refused('STORY_MODERATED'));
    expect(() => publish(given(...shown, renamed, unpublished(judged)), 2)).toThrow(refused('STORY_MODERATED'));
    const mended = [...shown, unpublished(judged), renamed];
    expect(publish(given(...mended), 2)).toMatchObject([{ type: 'StoryPublished', data: { version: 2 } }]);
    expect(given(...mended, StoryPublished({ storyId, authorId, title: 'Fox', version: 2 })).moderation).toBeNull();
  });
});

describe.each([
  ['archived', archived(theirs), 'STORY_ARCHIVED'],
  ['deleted', deleted, 'STORY_NOT_FOUND'],
] as const)('a story that is %s', (status, event, code) => {
  const states: [string, StoryEvent[]][] = [
    ['a draft', [created]],
    ['being analyzed', [created, requested]],
    ['analyzed', [created, requested, analyzed]],
    ['published', shown],
    ['published and edited', [...shown, renamed]],
  ];
  it.each(states)('is out of sight, from %s on', (_, events) => {
    expect(given(...events, event)).toMatchObject({ status, publishedVersion: null });
  });
  it.each<[string, (story: Story) => StoryEvent[]]>([
    ['edited', (story) => edit(story, 99, { title: storyTitle('Fox') })],
    ['analyzed', (story) => requestAnalysis(story, analysisId)],
    ['published', (story) => publish(story, 99)],
    ['unpublished', (story) => unpublish(story, theirs, 99)],
    ['archived', (story) => archive(story, theirs)],
  ])('cannot be %s', (_, verb) => {
    for (const [, events] of states) expect(() => verb(given(...events, event))).toThrow(refused(code));
  });
});

describe('a story', () => {
  it('can be archived by its author with or without a reason', () => {
    expect(archive(given(...shown), { by: 'author', reason: 'Too early.' })).toEqual([
      StoryArchived({ storyId, authorId, by: 'author', reason: 'Too early.' }),
    ]);
    expect(given(...shown, archived(theirs)).moderation).toBeNull();
    expect(given(...shown, archived(judged)).moderation).toMatchObject({ decision: 'archive', reason: judged.reason });
  });
  it('can be deleted in every state but once', () => {
    for (const events of [[created], [created, requested], shown, [...shown, archived(judged)]])
      expect(remove(given(...events))).toEqual([deleted]);
    expect(() => remove(given(...shown, deleted))).toThrow(refused('STORY_NOT_FOUND'));
  });
});
