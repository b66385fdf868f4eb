import { ScriptRevised, type StoryEvent, type StoryScript } from '@storytelling/shared/domain-events/story';
import type { Findings } from './findings.js';
import { isDescribed, type Story, type StoryId } from './story.js';

/** What an event carries instead of a script. */
export interface ScriptClaim {
  readonly key: string;
  /** Hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Scripts of analyses, for other contexts to read by claim check. Kept as long as their story. */
export interface Scripts {
  /** The same script is stored once, however often. */
  put(script: StoryScript): Promise<ScriptClaim>;
  /** All scripts of a story that was deleted. */
  removeOf(storyId: StoryId): Promise<void>;
}

export function scriptOf(
  { id, version, contentHash, language }: Pick<Story, 'id' | 'version' | 'contentHash' | 'language'>,
  { characters, segments, emotions }: Findings,
): StoryScript {
  return {
    format: 1,
    storyId: id,
    version,
    contentHash,
    language,
    characters: characters.map(({ id: characterId, name, aliases, role, description, personality, traits }) => ({
      id: characterId,
      name,
      aliases: [...aliases],
      role,
      description,
      personality,
      traits: [...traits],
    })),
    segments: segments.map(({ id: segmentId, text, emotion, speakerId }) => ({ id: segmentId, text, emotion, speakerId })),
    emotions: emotions.map(({ id: emotionId, emotion, intensity, quote, segmentIndex }) => ({
      id: emotionId,
      emotion,
      intensity,
      quote,
      segmentIndex,
    })),
  };
}

/** The script as a writer's corrections have left it, of a text that was analyzed. `claimOf`: it has been stored; nothing remote happens in a decision. */
export function revise(story: Story, findings: Findings, claimOf: (script: StoryScript) => ScriptClaim): StoryEvent[] {
  const { id: storyId, authorId, version, contentHash, status } = story;
  if (!isDescribed(story) || status === 'archived' || status === 'deleted') return [];
  return [ScriptRevised({ storyId, authorId, version, contentHash, script: claimOf(scriptOf(story, findings)) })];
}
