import type { Stories } from '../domain/stories.js';
import { type StoryId, unpublish } from '../domain/story.js';
import { asAuthor, type Person, storyId } from './as-author.js';

/** The author's way; a moderator's is `moderate-story.ts`. */
export const unpublishStory =
  (stories: Stories) =>
  (by: Person, input: { readonly id: string; readonly expectedVersion?: number | null }): Promise<StoryId> =>
    stories.update(
      storyId(input.id),
      asAuthor(by, (story) => unpublish(story, { by: 'author', reason: null }, input.expectedVersion)),
    );
