import { z } from 'zod';
import { catalogOf, defineEvent, type EventOf } from './event.js';
import { erasureCompletedIn, personalDataExportedIn } from './personal-data.js';

const userId = z.string();
const seconds = z.number().nonnegative();
/** null: free, or the price is not known. */
const cost = z.object({ amount: z.string(), currency: z.string() }).nullable();
const failure = { code: z.string(), message: z.string(), retryable: z.boolean() };

// ── narration.Voice-<voiceId> ────────────────────────────────────────────────────────────────────────────────────────

const voice = { voiceId: z.uuid(), userId };
/** null: erased with its owner. */
const words = z.string().nullable();

export const VoiceCreated = defineEvent({
  type: 'VoiceCreated',
  context: 'narration',
  version: 1,
  reach: 'internal',
  meaning: 'Somebody began a voice of their own; nothing has been recorded for it.',
  schema: z.object({ ...voice, name: words, provider: z.string(), language: z.string() }),
  personal: { name: 'userId' },
});

export const VoiceSampleRecorded = defineEvent({
  type: 'VoiceSampleRecorded',
  context: 'narration',
  version: 1,
  reach: 'published',
  meaning: 'A recording was taken for a voice.',
  schema: z.object({ ...voice, sampleId: z.uuid(), emotion: z.string(), duration: seconds }),
});

export const VoiceSampleRemoved = defineEvent({
  type: 'VoiceSampleRemoved',
  context: 'narration',
  version: 1,
  reach: 'internal',
  meaning: 'A recording that no training had used was taken back.',
  schema: z.object({ ...voice, sampleId: z.uuid() }),
});

export const ConsentRecorded = defineEvent({
  type: 'ConsentRecorded',
  context: 'narration',
  version: 1,
  reach: 'internal',
  meaning: 'The person whose voice it is agreed, in words, that it may be trained.',
  schema: z.object({ ...voice, speaker: words, statement: words }),
  personal: { speaker: 'userId', statement: 'userId' },
});

export const ConsentWithdrawn = defineEvent({
  type: 'ConsentWithdrawn',
  context: 'narration',
  version: 1,
  reach: 'internal',
  meaning: 'The agreement was taken back: the recordings and whatever was trained from them go.',
  schema: z.object(voice),
});

export const TrainingRequested = defineEvent({
  type: 'TrainingRequested',
  context: 'narration',
  version: 1,
  reach: 'internal',
  meaning: 'A voice is to be trained from these recordings, which stay as they are from now on.',
  schema: z.object({ ...voice, trainingId: z.uuid(), sampleIds: z.array(z.uuid()).min(1) }),
});

export const TrainingProgressed = defineEvent({
  type: 'TrainingProgressed',
  context: 'narration',
  version: 1,
  reach: 'internal',
  meaning: 'How far a training is, at most once a second.',
  schema: z.object({
    ...voice,
    trainingId: z.uuid(),
    stage: z.string(),
    done: z.int().nonnegative(),
    total: z.int().nonnegative(),
  }),
});

export const VoiceProfileTrained = defineEvent({
  type: 'VoiceProfileTrained',
  context: 'narration',
  version: 1,
  reach: 'published',
  meaning: 'A voice can speak.',
  schema: z.object({ ...voice, trainingId: z.uuid(), provider: z.string(), quality: z.number().min(0).max(1) }),
});

export const VoiceTrainingFailed = defineEvent({
  type: 'VoiceTrainingFailed',
  context: 'narration',
  version: 1,
  reach: 'published',
  meaning: 'A training was given up; its recordings are kept, and it can be asked for again.',
  schema: z.object({ ...voice, trainingId: z.uuid(), ...failure }),
});

export const VoiceDeleted = defineEvent({
  type: 'VoiceDeleted',
  context: 'narration',
  version: 1,
  reach: 'published',
  meaning: 'A voice is gone, with its recordings and what the provider had made of them. Nothing follows in its stream.',
  schema: z.object(voice),
});

// ── narration.Narration-<narrationId> ────────────────────────────────────────────────────────────────────────────────

const narration = { narrationId: z.uuid(), storyId: z.uuid(), requestedBy: userId };
const version = z.int().positive();
/** By claim check. null: erased with whoever asked for it. */
const file = z.object({ key: z.string(), sha256: z.string(), bytes: z.int().positive() }).nullable();
/** A key is all that it takes to hear it. */
const ofRequester = { audio: 'requestedBy', captions: 'requestedBy' };

export const NarrationRequested = defineEvent({
  type: 'NarrationRequested',
  context: 'narration',
  version: 1,
  reach: 'published',
  meaning: 'A story is to be narrated as it was in this version.',
  schema: z.object({ ...narration, version, provider: z.string(), segments: z.int().positive(), audioFormat: z.string() }),
});

export const NarrationProgressed = defineEvent({
  type: 'NarrationProgressed',
  context: 'narration',
  version: 1,
  reach: 'internal',
  meaning: 'Work on a narration has begun, or has come to another stage than its segments.',
  schema: z.object({
    narrationId: z.uuid(),
    runId: z.uuid(),
    stage: z.string(),
    done: z.int().nonnegative(),
    total: z.int().nonnegative(),
  }),
});

export const SegmentNarrated = defineEvent({
  type: 'SegmentNarrated',
  context: 'narration',
  version: 1,
  reach: 'internal',
  meaning: 'A segment can be heard; `done` of `total` can.',
  schema: z.object({
    narrationId: z.uuid(),
    segmentId: z.uuid(),
    index: z.int().nonnegative(),
    /** 1, and one more each time that it is made anew. */
    take: z.int().positive(),
    duration: seconds,
    done: z.int().positive(),
    total: z.int().positive(),
  }),
});

export const NarrationGenerated = defineEvent({
  type: 'NarrationGenerated',
  context: 'narration',
  version: 1,
  reach: 'published',
  meaning: 'A story can be heard as a whole. Characters and cost are those of all its segments.',
  schema: z.object({
    ...narration,
    version,
    audio: file,
    captions: file,
    duration: seconds,
    /** As the provider counts them. */
    characters: z.int().nonnegative(),
    provider: z.string(),
    cost,
  }),
  personal: ofRequester,
});

export const RegenerationRequested = defineEvent({
  type: 'RegenerationRequested',
  context: 'narration',
  version: 1,
  reach: 'internal',
  meaning: 'One segment is to be spoken anew, otherwise than before.',
  schema: z.object({ narrationId: z.uuid(), segmentId: z.uuid(), take: z.int().positive(), runId: z.uuid() }),
});

export const NarrationRegenerated = defineEvent({
  type: 'NarrationRegenerated',
  context: 'narration',
  version: 1,
  reach: 'published',
  meaning: 'One segment was spoken anew, and the whole is to be heard with it. Characters and cost are those of this segment.',
  schema: z.object({
    ...narration,
    version,
    segmentId: z.uuid(),
    take: z.int().positive(),
    audio: file,
    captions: file,
    duration: seconds,
    characters: z.int().nonnegative(),
    provider: z.string(),
    cost,
  }),
  personal: ofRequester,
});

export const RegenerationFailed = defineEvent({
  type: 'RegenerationFailed',
  context: 'narration',
  version: 1,
  reach: 'internal',
  meaning: 'A segment could not be spoken anew; the narration is as it was before.',
  schema: z.object({ narrationId: z.uuid(), segmentId: z.uuid(), runId: z.uuid(), ...failure }),
});

export const NarrationFailed = defineEvent({
  type: 'NarrationFailed',
  context: 'narration',
  version: 1,
  reach: 'published',
  meaning:
    'A narration was given up, or cancelled (code CANCELLED). The segments that were finished stay, and work can be resumed from there.',
  schema: z.object({ ...narration, ...failure }),
});

export const NarrationResumed = defineEvent({
  type: 'NarrationResumed',
  context: 'narration',
  version: 1,
  reach: 'internal',
  meaning: 'Work on a failed or cancelled narration goes on with the segments that are missing.',
  schema: z.object({ narrationId: z.uuid(), runId: z.uuid() }),
});

export const NarrationDeleted = defineEvent({
  type: 'NarrationDeleted',
  context: 'narration',
  version: 1,
  reach: 'published',
  meaning: 'A narration is gone with all its audio. Nothing follows in its stream.',
  schema: z.object(narration),
});

export const narrationEvents = catalogOf(
  VoiceCreated,
  VoiceSampleRecorded,
  VoiceSampleRemoved,
  ConsentRecorded,
  ConsentWithdrawn,
  TrainingRequested,
  TrainingProgressed,
  VoiceProfileTrained,
  VoiceTrainingFailed,
  VoiceDeleted,
  NarrationRequested,
  NarrationProgressed,
  SegmentNarrated,
  NarrationGenerated,
  RegenerationRequested,
  NarrationRegenerated,
  RegenerationFailed,
  NarrationFailed,
  NarrationResumed,
  NarrationDeleted,
  erasureCompletedIn('narration'),
  personalDataExportedIn('narration'),
);

export type VoiceEvent =
  | EventOf<typeof VoiceCreated>
  | EventOf<typeof VoiceSampleRecorded>
  | EventOf<typeof VoiceSampleRemoved>
  | EventOf<typeof ConsentRecorded>
  | EventOf<typeof ConsentWithdrawn>
  | EventOf<typeof TrainingRequested>
  | EventOf<typeof TrainingProgressed>
  | EventOf<typeof VoiceProfileTrained>
  | EventOf<typeof VoiceTrainingFailed>
  | EventOf<typeof VoiceDeleted>;

export type NarrationEvent =
  | EventOf<typeof NarrationRequested>
  | EventOf<typeof NarrationProgressed>
  | EventOf<typeof SegmentNarrated>
  | EventOf<typeof NarrationGenerated>
  | EventOf<typeof RegenerationRequested>
  | EventOf<typeof NarrationRegenerated>
  | EventOf<typeof RegenerationFailed>
  | EventOf<typeof NarrationFailed>
  | EventOf<typeof NarrationResumed>
  | EventOf<typeof NarrationDeleted>;
