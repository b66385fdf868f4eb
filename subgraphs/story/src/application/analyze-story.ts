import type { Stories } from '../domain/stories.js';
import { requestAnalysis, type StoryId } from '../domain/story.js';
import { asAuthor, type Person, storyId } from './as-author.js';

/** Asks for an analysis; the work itself is a durable job (`run-analysis.ts`), enqueued with the event. */
export const analyzeStory =
  (stories: Stories, newId: () => string) =>
  (by: Person, input: { readonly id: string }): Promise<StoryId> => {
    const analysisId = newId();
    return stories.update(
      storyId(input.id),
      asAuthor(by, (story) => requestAnalysis(story, analysisId)),
    );
  };
