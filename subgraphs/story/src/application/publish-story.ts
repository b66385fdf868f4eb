import { Refusal } from '@storytelling/shared/value-objects/refusal';
import type { Authors } from '../domain/authors.js';
import { refuse } from '../domain/refusals.js';
import type { Stories } from '../domain/stories.js';
import { publish, type StoryId } from '../domain/story.js';
import { asAuthor, type Person, storyId } from './as-author.js';

/**
 * The news that an address was verified takes some 100 ms to get here, and longer while the event bus is away. Who publishes right after verifying must not be
 * refused for that: whoever would be waits for it a little, and an access token that was issued after verifying says it by itself.
 */
const patience = { times: 20, milliseconds: 100 };

/** For readers comes only what somebody answers for: the author's address is verified. Anything else that is wrong is said first, and at once. */
export const publishStory =
  (stories: Stories, authors: Pick<Authors, 'hasVerifiedEmail'>, wait: (milliseconds: number) => Promise<void>) =>
  async (by: Person, input: { readonly id: string; readonly expectedVersion: number }): Promise<StoryId> => {
    const id = storyId(input.id);
    const publishAs = (isVerified: boolean) =>
      stories.update(
        id,
        asAuthor(by, (story) => {
          const events = publish(story, input.expectedVersion);
          if (!isVerified) throw refuse.EMAIL_NOT_VERIFIED();
          return events;
        }),
      );
    if (by.hasVerifiedEmail || (await authors.hasVerifiedEmail(by.id))) return publishAs(true);
    try {
      return await publishAs(false);
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'EMAIL_NOT_VERIFIED')) throw error;
      for (let time = 0; time < patience.times; time += 1) {
        await wait(patience.milliseconds);
        if (await authors.hasVerifiedEmail(by.id)) return publishAs(true);
      }
      throw error;
    }
  };
