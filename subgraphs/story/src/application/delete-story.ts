import { Refusal } from '@storytelling/shared/value-objects/refusal';
import type { Stories } from '../domain/stories.js';
import { remove, type StoryId } from '../domain/story.js';
import { asAuthor, type Person, storyId } from './as-author.js';

/** However often the author asks for it: a story that they have deleted is deleted. */
export const deleteStory =
  (stories: Stories) =>
  async (by: Person, input: { readonly id: string }): Promise<StoryId> => {
    const id = storyId(input.id);
    try {
      return await stories.update(id, asAuthor(by, remove));
    } catch (error) {
      // Looked up afterwards, so that of two at once the second is told the same.
      if (error instanceof Refusal && error.code === 'STORY_NOT_FOUND' && (await stories.wasDeletedBy(id, by.id))) return id;
      throw error;
    }
  };
