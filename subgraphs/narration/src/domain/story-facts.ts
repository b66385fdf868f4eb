import type { AudioFile } from './narration.js';

/** What this context knows of a story, from what story publishes. */
export interface StoryFacts {
  readonly id: string;
  readonly authorId: string;
  readonly language: string;
  /** Of the working edition. */
  readonly version: number;
  readonly contentHash: string;
  /** The newest one; null: not analyzed yet. */
  readonly script: KnownScript | null;
  readonly publishedVersion: number | null;
  /** Of the text that readers see. A new title is a new version of the same text, and leaves its narrations standing. */
  readonly publishedHash: string | null;
  readonly state: 'open' | 'archived' | 'deleted';
}

export interface KnownScript extends Pick<AudioFile, 'key' | 'sha256' | 'bytes'> {
  readonly version: number;
  readonly contentHash: string;
}

/** Stories as this context knows them. */
export interface KnownStories {
  find(storyId: string): Promise<StoryFacts | undefined>;
}

/** Whether the story has another text by now than was narrated, or another script of it: by a new analysis, or by the hand of its writer. */
export function isStale(
  narration: { readonly contentHash: string; readonly scriptSha256: string },
  story: { readonly contentHash: string; readonly scriptSha256: string | null } | undefined,
): boolean {
  if (!story) return false;
  return story.contentHash !== narration.contentHash || story.scriptSha256 !== narration.scriptSha256;
}
