import { storyTitle } from '@storytelling/shared/value-objects/story-title';
import type { Stories } from '../domain/stories.js';
import { edit, type StoryId } from '../domain/story.js';
import { storyContent } from '../domain/story-content.js';
import { asAuthor, type Person, storyId } from './as-author.js';

export interface StoryEdit {
  readonly id: string;
  readonly expectedVersion: number;
  readonly title?: string | null;
  readonly content?: string | null;
}

export const editStory =
  (stories: Stories) =>
  (by: Person, input: StoryEdit): Promise<StoryId> => {
    const edition = {
      ...(typeof input.title === 'string' && { title: storyTitle(input.title) }),
      ...(typeof input.content === 'string' && { content: storyContent(input.content) }),
    };
    return stories.update(
      storyId(input.id),
      asAuthor(by, (story) => edit(story, input.expectedVersion, edition)),
      edition,
    );
  };
