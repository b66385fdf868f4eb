import { mergeCharacters as merge } from '../domain/corrections.js';
import type { StoryCorrections } from '../domain/stories.js';
import { asAuthor, ofStory, type Person } from './as-author.js';

/** Resolves to the story's id. */
export const mergeCharacters =
  (stories: StoryCorrections) =>
  (by: Person, input: { readonly storyId: string; readonly intoId: string; readonly fromIds: readonly string[] }): Promise<string> =>
    ofStory(input, (storyId) =>
      stories.correct(
        storyId,
        asAuthor(by, (story, known) => merge(story, known, input)),
      ),
    );
