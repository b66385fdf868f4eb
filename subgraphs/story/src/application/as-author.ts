import { renameField } from '@storytelling/shared/value-objects/refusal';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { isUuid } from '@storytelling/shared/value-objects/uuid';
import { refuse } from '../domain/refusals.js';
import type { Story, StoryId } from '../domain/story.js';

/** Who asks for something, and whether they may see what is nobody else's matter. */
export interface Person {
  readonly id: UserId;
  readonly isModerator: boolean;
  /** As their access token says: true is true, the rest may have changed since it was issued. */
  readonly hasVerifiedEmail?: boolean;
}

/** An id from outside. One that cannot be an id is one that nobody has. */
export function storyId(value: string): StoryId {
  if (!isUuid(value)) throw refuse.STORY_NOT_FOUND();
  return value.toLowerCase() as StoryId;
}

/** For inputs that call the story `storyId`: what is refused about it names that field. */
export const ofStory = <Result>(input: { readonly storyId: string }, work: (id: StoryId) => Promise<Result>): Promise<Result> =>
  renameField('STORY_', { from: 'id', to: 'storyId' }, async () => work(storyId(input.storyId)));

/** Whether a person sees a story at all: a draft of somebody else is told of to moderators only. */
export function requireSight(by: Person, { authorId, publishedVersion }: Story): void {
  if (authorId !== by.id && !by.isModerator && publishedVersion === null) throw refuse.STORY_NOT_FOUND();
}

/** Lets only the author decide. Whether somebody else's draft exists is not told; what one sees anyway is refused as not theirs. */
export function asAuthor<Known extends unknown[], Decision>(
  by: Person,
  decide: (story: Story, ...known: Known) => Decision,
): (story: Story, ...known: Known) => Decision {
  return (story, ...known) => {
    requireSight(by, story);
    if (story.authorId !== by.id) throw refuse.STORY_NOT_YOURS();
    return decide(story, ...known);
  };
}
