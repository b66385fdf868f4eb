import { z } from 'zod';

/**
 * What StoryAnalyzed.script stands for: JSON in the object store, too large for an event. The segments, in this order, are the whole text of the
 * edition. Fields are added, never changed; a change that breaks readers gets another `format`.
 */
export const storyScript = z.object({
  format: z.literal(1),
  storyId: z.uuid(),
  version: z.int().positive(),
  contentHash: z.string().length(64),
  language: z.string(),
  characters: z.array(
    z.object({
      id: z.uuid(),
      name: z.string(),
      aliases: z.array(z.string()),
      role: z.string().nullable(),
      description: z.string().nullable(),
      personality: z.string().nullable(),
      traits: z.array(z.string()),
    }),
  ),
  /** `speakerId` is a character's id; null: the narration. */
  segments: z.array(z.object({ id: z.uuid(), text: z.string(), emotion: z.string(), speakerId: z.uuid().nullable() })),
  /** Intensity from 1 to 10; the quote is in the segment of that index. */
  emotions: z.array(z.object({ id: z.uuid(), emotion: z.string(), intensity: z.int(), quote: z.string(), segmentIndex: z.int() })),
});

export type StoryScript = z.output<typeof storyScript>;
