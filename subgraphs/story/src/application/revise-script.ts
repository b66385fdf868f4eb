import { Refusal } from '@storytelling/shared/value-objects/refusal';
import { revise, scriptOf, type Scripts } from '../domain/scripts.js';
import type { JobInTransaction, StoryScripts } from '../domain/stories.js';
import { isDescribed, type StoryId } from '../domain/story.js';
import { withStoredScript } from './stored-script.js';

/** The job after a correction by hand: whoever speaks, records or shows the story does it by the script as it is now. */
export const reviseScript =
  ({ stories, scripts }: { stories: StoryScripts; scripts: Scripts }) =>
  async ({ storyId, ...job }: JobInTransaction & { readonly storyId: StoryId }): Promise<void> => {
    try {
      await withStoredScript(
        scripts,
        async () => {
          const now = await stories.described(storyId);
          return now && isDescribed(now.story) ? scriptOf(now.story, now.findings) : undefined;
        },
        (claimOf) => stories.revise(storyId, ({ story, findings }) => revise(story, findings, claimOf), job),
      );
    } catch (error) {
      // Deleted meanwhile: this script may have come after the others were removed.
      if (error instanceof Refusal && error.code === 'STORY_NOT_FOUND') return scripts.removeOf(storyId);
      throw error;
    }
  };
