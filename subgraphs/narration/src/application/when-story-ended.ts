import { endWithStory, remove } from '../domain/narration.js';
import type { NarrationRuns } from '../domain/narrations.js';

/** Its author, or a moderator, has closed the story: nothing more is spoken of it, and its author alone hears what there is. */
export const whenStoryArchived =
  (narrations: NarrationRuns) =>
  async (storyId: string): Promise<void> => {
    for (const id of await narrations.ofStory(storyId)) await narrations.update(id, endWithStory);
  };

/** The story is gone, and what was spoken of it goes, too. */
export const whenStoryDeleted =
  (narrations: NarrationRuns) =>
  async (storyId: string): Promise<void> => {
    for (const id of await narrations.ofStory(storyId)) await narrations.update(id, remove);
  };
