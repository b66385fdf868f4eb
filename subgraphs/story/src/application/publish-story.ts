import type { Stories } from '../domain/stories.js';
import { publish, type StoryId } from '../domain/story.js';
import { asAuthor, type Person, storyId } from './as-author.js';

export const publishStory =
  (stories: Stories) =>
  (by: Person, input: { readonly id: string; readonly expectedVersion: number }): Promise<StoryId> =>
    stories.update(
      storyId(input.id),
      asAuthor(by, (story) => publish(story, input.expectedVersion)),
    );
