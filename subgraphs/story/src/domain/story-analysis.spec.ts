import { describe, expect, it } from '@jest/globals';
import type { Extraction } from './analysis-provider.js';
import type { KnownFindings } from './findings.js';
import type { AnalyzingStory, Story } from './story.js';
import { complete, fail, reportProgress } from './story-analysis.js';

const analysis = { id: '0b8a1d3e-5a53-4b8e-8f0e-2f0f8f3f7a11', contentHash: 'a'.repeat(64) };
const story = {
  status: 'analyzing',
  id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  authorId: 'user-0000000001',
  title: 'The fox',
  language: 'en',
  version: 1,
  contentHash: analysis.contentHash,
  publishedVersion: null,
  failure: null,
  moderation: null,
  analysis: { id: analysis.id, statusBefore: 'draft', progress: null },
} as AnalyzingStory;
const edited = { ...story, contentHash: 'b'.repeat(64) } as AnalyzingStory;
const draft = { ...story, status: 'draft' } as Story;

const extraction: Extraction = {
  characters: [{ name: 'The fox', aliases: [], role: 'protagonist', description: null, personality: null, traits: [] }],
  emotions: [{ emotion: 'joy', intensity: 4, context: null, quote: 'glad', segmentIndex: 0 }],
  segments: [{ text: 'I am glad.', speaker: 'The fox', emotion: 'joy' }],
  provider: 'local',
  model: null,
  usage: null,
  cost: null,
};
const nothing: KnownFindings = { characters: [], absent: [], removed: [], segments: [] };
const claimOf = () => ({ key: 'story/scripts/example.json', sha256: 'c'.repeat(64), bytes: 9 });
const ids = () => {
  let next = 0;
  return () => `00000000-0000-4000-8000-${String((next += 1)).padStart(12, '0')}`;
};

describe('an analysis', () => {
  it('tells its progress only while the story waits for it', () => {
    const progress = { stage: 'reading', done: 1, total: 2 };
    expect(reportProgress(story, analysis, progress)).toHaveLength(1);
    expect(reportProgress(edited, analysis, progress)).toEqual([]);
    expect(reportProgress(draft, analysis, progress)).toEqual([]);
  });

  it('completed tells the characters, then that the story is analyzed', () => {
    const { events, findings } = complete(story, analysis, { extraction, previous: nothing, durationEstimate: 3, newId: ids(), claimOf });
    expect(events.map(({ type }) => type)).toEqual(['CharactersExtracted', 'StoryAnalyzed']);
    expect(findings?.segments[0]?.speakerId).toBe(findings?.characters[0]?.id);
  });

  it('of a text that has changed meanwhile is not applied', () => {
    expect(complete(edited, analysis, { extraction, previous: nothing, durationEstimate: 3, newId: ids(), claimOf })).toEqual({
      events: [],
      findings: null,
    });
    for (const status of ['archived', 'deleted'] as const)
      expect(
        complete({ ...story, status }, analysis, { extraction, previous: nothing, durationEstimate: 3, newId: ids(), claimOf }).events,
      ).toEqual([]);
    expect(fail(edited, analysis, { code: 'X', message: 'x', retryable: false })).toEqual([]);
  });
});
