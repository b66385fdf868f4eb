import { describe, expect, it } from '@jest/globals';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { decide, type NewReport, report, type Reporter, reportsPerHour } from './moderation.js';
import type { PublishedStory, Story } from './story.js';

const story = {
  status: 'published',
  id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  authorId: 'user-0000000001',
  title: 'The fox',
  language: 'en',
  version: 2,
  contentHash: 'a'.repeat(64),
  publishedVersion: 1,
  failure: null,
  moderation: null,
} as PublishedStory;
const now = new Date('2026-11-22T12:00:00Z');
const reader: Reporter = { id: userId('reader-000001'), hasOpenReport: false, recent: [] };
const spam: NewReport = { id: '0b8a1d3e-5a53-4b8e-8f0e-2f0f8f3f7a11', reason: 'spam', details: null };
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const refused = (code: string) => expect.objectContaining({ code });

describe('a report', () => {
  it('is about the edition that readers see', () => {
    expect(report(story, reader, spam, now)).toMatchObject([
      { type: 'StoryReported', data: { version: 1, reporterId: reader.id, reason: 'spam' } },
    ]);
  });
  it('tells nobody of a draft', () => {
    expect(() => report({ ...story, publishedVersion: null }, reader, spam, now)).toThrow(refused('STORY_NOT_FOUND'));
  });
  it('is not of one’s own story', () => {
    expect(() => report(story, { ...reader, id: story.authorId }, spam, now)).toThrow(refused('REPORT_OF_OWN_STORY'));
  });
  it('is made once until it is decided', () => {
    expect(() => report(story, { ...reader, hasOpenReport: true }, spam, now)).toThrow(refused('STORY_REPORTED_ALREADY'));
  });
  it('waits after many, and says until when', () => {
    const recent = Array.from({ length: reportsPerHour }, (_, index) => minutesAgo(index));
    expect(() => report(story, { ...reader, recent }, spam, now)).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_REPORTS', params: { retryAt: '2026-11-22T12:41:00.000Z' } }),
    );
    expect(report(story, { ...reader, recent: [...recent.slice(1), minutesAgo(61)] }, spam, now)).toHaveLength(1);
  });
});

describe('a decision', () => {
  const moderatorId = userId('moderator-00001');
  const reason = 'It names a real person.';
  const types = ({ story: events, moderation }: ReturnType<typeof decide>) => [...events, ...moderation].map(({ type }) => type);

  it('takes the story from readers, archives it or keeps it, and is kept itself', () => {
    expect(types(decide(story, 2, { decision: 'unpublish', reason, moderatorId }))).toEqual(['StoryUnpublished', 'ModerationDecided']);
    expect(types(decide(story, 2, { decision: 'archive', reason, moderatorId }))).toEqual(['StoryArchived', 'ModerationDecided']);
    expect(types(decide(story, 2, { decision: 'keep', reason, moderatorId }))).toEqual(['ModerationDecided']);
    expect(decide(story, 2, { decision: 'keep', reason, moderatorId }).moderation).toMatchObject([
      { data: { decision: 'keep', decidedBy: moderatorId, reports: 2, version: 2 } },
    ]);
  });
  it('needs no report, except to keep what nobody reported', () => {
    expect(types(decide(story, 0, { decision: 'unpublish', reason, moderatorId }))).toContain('StoryUnpublished');
    expect(() => decide(story, 0, { decision: 'keep', reason, moderatorId })).toThrow(refused('STORY_NOT_REPORTED'));
  });
  it('closes the reports of what the author has archived meanwhile', () => {
    const archived = { ...story, status: 'archived', publishedVersion: null } as Story;
    expect(types(decide(archived, 1, { decision: 'archive', reason, moderatorId }))).toEqual(['ModerationDecided']);
    expect(() => decide(archived, 0, { decision: 'archive', reason, moderatorId })).toThrow(refused('STORY_ARCHIVED'));
  });
  it('is somebody else’s where the story is the moderator’s own', () => {
    expect(() => decide(story, 1, { decision: 'keep', reason, moderatorId: story.authorId })).toThrow(refused('MODERATION_OF_OWN_STORY'));
  });
});
