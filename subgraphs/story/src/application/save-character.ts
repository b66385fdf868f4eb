import { type CharacterInput, characterChanges } from '../domain/character-changes.js';
import { saveCharacter as save } from '../domain/corrections.js';
import type { StoryCorrections } from '../domain/stories.js';
import { asAuthor, ofStory, type Person } from './as-author.js';

/** Resolves to the character's id. */
export const saveCharacter =
  (stories: StoryCorrections, newId: () => string) =>
  (by: Person, input: CharacterInput & { readonly storyId: string; readonly id?: string | null }): Promise<string> => {
    const changes = characterChanges(input);
    const id = input.id ?? null;
    return ofStory(input, (storyId) =>
      stories.correct(
        storyId,
        asAuthor(by, (story, known) => save(story, known, { id, changes, newId })),
      ),
    );
  };
