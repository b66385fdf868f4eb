import { language } from '@storytelling/shared/value-objects/language';
import { storyTitle } from '@storytelling/shared/value-objects/story-title';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { Stories } from '../domain/stories.js';
import { create, type StoryId } from '../domain/story.js';
import { storyContent } from '../domain/story-content.js';

export interface NewStory {
  readonly title: string;
  readonly content: string;
  readonly language?: string | null;
}

export const createStory =
  (stories: Stories, newId: () => string) =>
  (authorId: UserId, input: NewStory): Promise<StoryId> => {
    const edition = { title: storyTitle(input.title), content: storyContent(input.content) };
    const id = newId() as StoryId;
    return stories.add(create({ id, authorId, language: language(input.language ?? 'en'), edition }), edition);
  };
