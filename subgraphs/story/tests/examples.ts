import { randomUUID } from 'node:crypto';
import type { StoryScript } from '@storytelling/shared/domain-events/story';
import type { Language } from '@storytelling/shared/value-objects/language';
import { sha256 } from '@storytelling/shared/value-objects/sha256';
import { storyTitle } from '@storytelling/shared/value-objects/story-title';
import { type UserId, userId } from '@storytelling/shared/value-objects/user-id';
import type { Extraction } from '../src/domain/analysis-provider.js';
import type { ScriptClaim } from '../src/domain/scripts.js';
import type { StoryAnalyses } from '../src/domain/stories.js';
import { create, publish, requestAnalysis, type StoryId } from '../src/domain/story.js';
import { complete } from '../src/domain/story-analysis.js';
import { storyContent } from '../src/domain/story-content.js';

export const writer = userId('writer-000001');
export const reader = userId('reader-000001');

export const extractionOf = (content: string): Extraction => ({
  characters: [{ name: 'The fox', aliases: ['Ember'], role: 'protagonist', description: null, personality: null, traits: ['red'] }],
  emotions: [{ emotion: 'joy', intensity: 4, context: null, quote: content, segmentIndex: 0 }],
  segments: [{ text: content, speaker: 'The fox', emotion: 'joy' }],
  provider: 'local',
  model: null,
  usage: null,
  cost: null,
});

/** As if the script had been stored. */
export const claimOf = (script: StoryScript): ScriptClaim => ({
  key: `story/scripts/${script.storyId}/example.json`,
  sha256: sha256(JSON.stringify(script)),
  bytes: 1,
});

export async function aStory(
  stories: StoryAnalyses,
  { authorId = writer, content = 'Once there was a fox.', title = 'The fox' } = {},
): Promise<StoryId> {
  const edition = { title: storyTitle(title), content: storyContent(content) };
  return stories.add(create({ id: randomUUID() as StoryId, authorId, language: 'en' as Language, edition }), edition);
}

export async function analyzed(
  stories: StoryAnalyses,
  id: StoryId,
  version = 1,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<StoryId> {
  const analysisId = randomUUID();
  await stories.update(id, (story) => requestAnalysis(story, analysisId));
  const text = await stories.textOf(id, version);
  if (!text) throw new Error('no text');
  await meanwhile();
  const analysis = { id: analysisId, contentHash: text.contentHash, version, revision: 'local/1' };
  const extraction = extractionOf(text.content);
  return stories.complete(
    id,
    analysis,
    extraction,
    (story, previous) => complete(story, analysis, { extraction, previous, durationEstimate: 3, newId: randomUUID, claimOf }),
    { complete: async () => undefined },
  );
}

export async function published(
  stories: StoryAnalyses,
  options: { authorId?: UserId; content?: string; title?: string } = {},
): Promise<StoryId> {
  const id = await analyzed(stories, await aStory(stories, options));
  return stories.update(id, (story) => publish(story, story.version));
}
