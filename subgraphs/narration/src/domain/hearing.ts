import type { StoryFacts } from './story-facts.js';

/** What decides who may hear a narration. */
export interface Hearable {
  readonly requestedBy: string;
  readonly contentHash: string;
  /** There is a whole. */
  readonly canBeHeard: boolean;
}

export interface Listener {
  readonly userId: string | undefined;
  readonly isModerator: boolean;
}

/**
 * The author and moderators hear every narration, from its first segment on. Everybody else hears the whole of the text that readers see: not of a
 * draft, nor of an edition that was taken back, nor of an archived story. `narration-queries.ts` says the same in SQL; a test compares the two.
 */
export function mayHear(
  { requestedBy, contentHash, canBeHeard }: Hearable,
  story: Pick<StoryFacts, 'publishedHash' | 'state'> | undefined,
  { userId, isModerator }: Listener,
): boolean {
  if (requestedBy === userId || isModerator) return true;
  return canBeHeard && story?.state === 'open' && story.publishedHash === contentHash;
}
