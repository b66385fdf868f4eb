import { removeCharacter as remove } from '../domain/corrections.js';
import type { StoryCorrections } from '../domain/stories.js';
import { asAuthor, type Person, storyId } from './as-author.js';

/** Resolves to the story's id. */
export const removeCharacter =
  (stories: StoryCorrections) =>
  (by: Person, input: { readonly storyId: string; readonly id: string }): Promise<string> =>
    stories.correct(
      storyId(input.storyId, 'storyId'),
      asAuthor(by, (story, known) => remove(story, known, input.id)),
    );
