import { z } from 'zod';
import { catalogOf, defineEvent, type EventOf } from './event.js';
import { erasureCompletedIn, personalDataExportedIn } from './personal-data.js';

const storyId = z.uuid();
const authorId = z.string();
const version = z.int().positive();
const contentHash = z.string().length(64);
/** null: erased with its author. */
const title = z.string().nullable();
const money = z.object({ amount: z.string(), currency: z.string() }).nullable();

export const StoryCreated = defineEvent({
  type: 'StoryCreated',
  context: 'story',
  version: 1,
  reach: 'published',
  meaning: 'A writer began a story; it is a draft.',
  schema: z.object({ storyId, authorId, title, language: z.string(), version, contentHash }),
  personal: { title: 'authorId' },
});

export const StoryEdited = defineEvent({
  type: 'StoryEdited',
  context: 'story',
  version: 1,
  reach: 'published',
  meaning: 'There is a new edition, and it is the working one. Readers still see the published one.',
  schema: z.object({ storyId, authorId, title, version, contentHash }),
  personal: { title: 'authorId' },
});

export const AnalysisRequested = defineEvent({
  type: 'AnalysisRequested',
  context: 'story',
  version: 1,
  reach: 'internal',
  meaning: 'The working edition is to be analysed.',
  schema: z.object({ analysisId: z.uuid(), version, contentHash }),
});

export const AnalysisProgressed = defineEvent({
  type: 'AnalysisProgressed',
  context: 'story',
  version: 1,
  reach: 'internal',
  meaning: 'How far an analysis is, at most once a second.',
  schema: z.object({ analysisId: z.uuid(), stage: z.string(), done: z.int().nonnegative(), total: z.int().nonnegative() }),
});

/** Claim check of a `storyScript` in the object store. Gone once the story is deleted. */
const scriptClaim = z.object({ key: z.string(), sha256: z.string(), bytes: z.int() });

export const StoryAnalyzed = defineEvent({
  type: 'StoryAnalyzed',
  context: 'story',
  version: 1,
  reach: 'published',
  meaning: 'What an edition says was found out; characters, emotions and segments can be read from story.',
  schema: z.object({
    storyId,
    authorId,
    analysisId: z.uuid(),
    version,
    contentHash,
    /** null: analyzed before there was one. */
    script: scriptClaim.nullable(),
    segments: z.int().nonnegative(),
    /** Seconds of narration to be expected. */
    durationEstimate: z.number().nonnegative(),
    provider: z.string(),
    cost: money,
  }),
});

export const ScriptRevised = defineEvent({
  type: 'ScriptRevised',
  context: 'story',
  version: 1,
  reach: 'published',
  meaning: 'There is another script of the same text: the writer has corrected characters or segments by hand.',
  schema: z.object({ storyId, authorId, version, contentHash, script: scriptClaim }),
});

export const CharactersExtracted = defineEvent({
  type: 'CharactersExtracted',
  context: 'story',
  version: 1,
  reach: 'published',
  meaning:
    'The characters as an analysis or their writer’s correction left them: all of them. Ids stay the same from one analysis to the next.',
  schema: z.object({
    storyId,
    authorId,
    characters: z.array(z.object({ id: z.uuid(), name: z.string().nullable(), role: z.string().nullable() })),
  }),
  personal: { 'characters.*.name': 'authorId' },
});

/** null: erased with its author. */
const writersText = z.string().nullable();
const writersWords = z.array(z.string()).nullable();

export const CharacterCorrected = defineEvent({
  type: 'CharacterCorrected',
  context: 'story',
  version: 1,
  reach: 'internal',
  meaning: 'The writer added, changed, merged or removed a character by hand; the next analysis keeps that.',
  schema: z.object({
    storyId,
    authorId,
    characterId: z.uuid(),
    change: z.enum(['saved', 'merged', 'removed']),
    /** Characters that became this one. */
    mergedIds: z.array(z.uuid()),
    name: writersText,
    aliases: writersWords,
    description: writersText,
    personality: writersText,
    role: z.string().nullable(),
    traits: writersWords,
  }),
  personal: { name: 'authorId', aliases: 'authorId', description: 'authorId', personality: 'authorId', traits: 'authorId' },
});

export const CharacterImageChanged = defineEvent({
  type: 'CharacterImageChanged',
  context: 'story',
  version: 1,
  reach: 'internal',
  meaning: 'The writer gave a character a picture, or took it away (null).',
  schema: z.object({ storyId, authorId, characterId: z.uuid(), imageKey: z.string().nullable() }),
  personal: { imageKey: 'authorId' },
});

export const SegmentCorrected = defineEvent({
  type: 'SegmentCorrected',
  context: 'story',
  version: 1,
  reach: 'internal',
  meaning: 'The writer said who speaks a segment, or how; that holds until the segment’s text changes.',
  schema: z.object({ storyId, authorId, segmentId: z.uuid(), speakerId: z.uuid().nullable(), emotion: z.string() }),
});

export const AnalysisFailed = defineEvent({
  type: 'AnalysisFailed',
  context: 'story',
  version: 1,
  reach: 'published',
  meaning: 'An analysis was given up; the story is as before.',
  schema: z.object({ storyId, authorId, analysisId: z.uuid(), code: z.string(), message: z.string(), retryable: z.boolean() }),
});

export const StoryPublished = defineEvent({
  type: 'StoryPublished',
  context: 'story',
  version: 1,
  reach: 'published',
  meaning: 'Readers see this edition from now on.',
  schema: z.object({ storyId, authorId, title, version }),
  personal: { title: 'authorId' },
});

const by = z.enum(['author', 'moderator']);
/** What the author is told; null: not said, or erased with the author. */
const reason = z.string().nullable();

export const StoryUnpublished = defineEvent({
  type: 'StoryUnpublished',
  context: 'story',
  version: 1,
  reach: 'published',
  meaning: 'Readers no longer see the edition that was published; the author goes on with the story.',
  schema: z.object({ storyId, authorId, version, by, reason }),
  personal: { reason: 'authorId' },
});

export const StoryArchived = defineEvent({
  type: 'StoryArchived',
  context: 'story',
  version: 1,
  reach: 'published',
  meaning: 'The story is out of sight and closed to changes, for good.',
  schema: z.object({ storyId, authorId, by, reason }),
  personal: { reason: 'authorId' },
});

export const StoryDeleted = defineEvent({
  type: 'StoryDeleted',
  context: 'story',
  version: 1,
  reach: 'published',
  meaning: 'The author deleted the story with its editions and all that was found in them. Nothing follows in its stream.',
  schema: z.object({ storyId, authorId }),
});

export const StoryReported = defineEvent({
  type: 'StoryReported',
  context: 'story',
  version: 1,
  reach: 'internal',
  meaning: 'A reader asked moderators to look at the published edition. In a stream that the author never sees.',
  schema: z.object({ storyId, reportId: z.uuid(), reporterId: z.string(), version, reason: z.string(), details: z.string().nullable() }),
  personal: { details: 'reporterId' },
});

export const ModerationDecided = defineEvent({
  type: 'ModerationDecided',
  context: 'story',
  version: 1,
  reach: 'internal',
  meaning: 'A moderator decided about a story, and with it about all open reports of it.',
  schema: z.object({
    storyId,
    authorId,
    version,
    decision: z.enum(['keep', 'unpublish', 'archive']),
    reason,
    decidedBy: z.string(),
    reports: z.int().nonnegative(),
  }),
  personal: { reason: 'authorId' },
});

export const NextEditionDiscarded = defineEvent({
  type: 'NextEditionDiscarded',
  context: 'story',
  version: 1,
  reach: 'internal',
  meaning: 'The author was erased and left readers the published edition, which is the working one again. All others are gone.',
  schema: z.object({ version, contentHash }),
});

/**
 * What `script` of StoryAnalyzed and ScriptRevised stands for: JSON in the object store, too large for an event. The segments, in this order, are the whole text of the
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

export const storyEvents = catalogOf(
  StoryCreated,
  StoryEdited,
  AnalysisRequested,
  AnalysisProgressed,
  StoryAnalyzed,
  ScriptRevised,
  CharactersExtracted,
  CharacterCorrected,
  CharacterImageChanged,
  SegmentCorrected,
  AnalysisFailed,
  StoryPublished,
  StoryUnpublished,
  StoryArchived,
  StoryDeleted,
  StoryReported,
  ModerationDecided,
  NextEditionDiscarded,
  erasureCompletedIn('story'),
  personalDataExportedIn('story'),
);

export type StoryEvent =
  | EventOf<typeof StoryCreated>
  | EventOf<typeof StoryEdited>
  | EventOf<typeof AnalysisRequested>
  | EventOf<typeof AnalysisProgressed>
  | EventOf<typeof StoryAnalyzed>
  | EventOf<typeof ScriptRevised>
  | EventOf<typeof CharactersExtracted>
  | EventOf<typeof CharacterCorrected>
  | EventOf<typeof CharacterImageChanged>
  | EventOf<typeof SegmentCorrected>
  | EventOf<typeof AnalysisFailed>
  | EventOf<typeof StoryPublished>
  | EventOf<typeof StoryUnpublished>
  | EventOf<typeof StoryArchived>
  | EventOf<typeof StoryDeleted>
  | EventOf<typeof NextEditionDiscarded>;

/** Of the stream `story.Moderation-<storyId>`. */
export type ModerationEvent = EventOf<typeof StoryReported> | EventOf<typeof ModerationDecided>;
