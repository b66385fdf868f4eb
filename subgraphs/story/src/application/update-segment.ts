import { EMOTION_NAMES, type EmotionName } from '../domain/analysis-provider.js';
import { correctSegment } from '../domain/corrections.js';
import { refuse } from '../domain/refusals.js';
import type { StoryCorrections } from '../domain/stories.js';
import { asAuthor, ofStory, type Person } from './as-author.js';

export interface SegmentUpdate {
  readonly storyId: string;
  readonly segmentId: string;
  /** null: the narration. */
  readonly speakerId?: string | null;
  readonly emotion?: string | null;
}

/** Resolves to the segment's id. */
export const updateSegment =
  (stories: StoryCorrections) =>
  (by: Person, input: SegmentUpdate): Promise<string> => {
    const corrected = {
      segmentId: input.segmentId.toLowerCase(),
      ...(input.speakerId !== undefined && { speakerId: input.speakerId }),
      ...(typeof input.emotion === 'string' && { emotion: emotionOf(input.emotion) }),
    };
    return ofStory(input, (storyId) =>
      stories.correct(
        storyId,
        asAuthor(by, (story, known) => correctSegment(story, known, corrected)),
      ),
    );
  };

function emotionOf(value: string): EmotionName {
  const emotion = EMOTION_NAMES.find((name) => name === value);
  if (!emotion) throw refuse.SEGMENT_EMOTION_UNKNOWN();
  return emotion;
}
