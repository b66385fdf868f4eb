import type { StoryEvent } from '@storytelling/shared/domain-events/story';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { refuse } from '../domain/refusals.js';
import type { Story, StoryId } from '../domain/story.js';

/** An id from outside. One that cannot be an id is one that nobody has. */
export function storyId(value: string): StoryId {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) throw refuse.STORY_NOT_FOUND();
  return value.toLowerCase() as StoryId;
}

/** Lets only the author decide. Whether somebody else's draft exists is not told; what readers see anyway is refused as not theirs. */
export function asAuthor(by: UserId, decide: (story: Story) => StoryEvent[]): (story: Story) => StoryEvent[] {
  return (story) => {
    if (story.authorId !== by) throw story.publishedVersion === null ? refuse.STORY_NOT_FOUND() : refuse.STORY_NOT_YOURS();
    return decide(story);
  };
}
