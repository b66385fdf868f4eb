import { removeCharacter as remove } from '../domain/corrections.js';
import type { StoryCorrections } from '../domain/stories.js';
import { asAuthor, ofStory, type Person } from './as-author.js';

/** Resolves to the story's id. */
export const removeCharacter =
  (stories: StoryCorrections) =>
  (by: Person, input: { readonly storyId: string; readonly id: string }): Promise<string> =>
    ofStory(input, (storyId) =>
      stories.correct(
        storyId,
        asAuthor(by, (story, known) => remove(story, known, input.id)),
      ),
    );
