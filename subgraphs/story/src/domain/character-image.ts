import { CharacterImageChanged, type StoryEvent } from '@storytelling/shared/domain-events/story';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { requireOpen } from './corrections.js';
import { refuse } from './refusals.js';
import type { Story, StoryId } from './story.js';

// A picture belongs to the character, not to an edition or an analysis: readers of the published edition see the newest one, too.

/** A character that is in the story's list. */
export interface PicturedCharacter {
  readonly id: string;
  /** Of the picture in the object store. */
  readonly imageKey: string | null;
}

export function requireCharacter(story: Story, character: PicturedCharacter | undefined): PicturedCharacter {
  requireOpen(story);
  if (!character) throw refuse.CHARACTER_NOT_FOUND(undefined, 'characterId');
  return character;
}

/** null takes the picture away. The one that is there already is no event. */
export function changeImage(story: Story, character: PicturedCharacter | undefined, imageKey: string | null): StoryEvent[] {
  const { id: characterId, imageKey: before } = requireCharacter(story, character);
  if (imageKey === before) return [];
  return [CharacterImageChanged({ storyId: story.id, authorId: story.authorId, characterId, imageKey })];
}

/** The rows that name the pictures. */
export interface PicturedCharacters {
  /** Lock, decide, write what the events say, append them. Resolves to the key from before, if another one took its place. Refuses with STORY_NOT_FOUND. */
  change(
    storyId: StoryId,
    characterId: string,
    decide: (story: Story, character: PicturedCharacter | undefined) => readonly StoryEvent[],
  ): Promise<{ readonly replaced: string | null }>;
}

/** Where to send a file, and the id to name it by. */
export interface PromisedUpload {
  readonly id: string;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  readonly expiresAt: Date;
}

/** The pictures themselves, sent by the author of the story. */
export interface CharacterImages {
  /** Refuses other types than pictures, and more than 5 MB. */
  promise(author: UserId, characterId: string, file: { readonly contentType: string; readonly sizeBytes: number }): Promise<PromisedUpload>;
  /** Looks at what was sent, keeps it re-encoded and answers its key: the same one when asked again. */
  keep(author: UserId, characterId: string, uploadId: string): Promise<string>;
  /** When the story has changed: throws away what was sent, and the picture from before. Never fails. */
  settle(author: UserId, characterId: string, used: { readonly uploadId: string | null; readonly replaced: string | null }): Promise<void>;
}
