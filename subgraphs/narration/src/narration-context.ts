import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hears } from './application/as-author.js';
import { cancelNarration } from './application/cancel-narration.js';
import type { SpeechProviders } from './application/casting.js';
import { deleteNarration } from './application/delete-narration.js';
import { generateNarration } from './application/generate-narration.js';
import { regenerateSegment } from './application/regenerate-segment.js';
import { resumeNarration } from './application/resume-narration.js';
import { giveUpNarration, runNarration } from './application/run-narration.js';
import { whenStoryArchived, whenStoryDeleted } from './application/when-story-ended.js';
import type { NarrationId } from './domain/narration.js';
import type { CastableVoices, NarrationAudio, NarrationRuns, StoryScripts } from './domain/narrations.js';
import type { KnownStories } from './domain/story-facts.js';
import type { Studio } from './domain/studio.js';

export interface NarrationPorts {
  readonly narrations: NarrationRuns;
  readonly hears: Hears;
  readonly languageOf: (id: NarrationId) => Promise<string>;
  readonly stories: KnownStories;
  readonly scripts: StoryScripts;
  readonly voices: CastableVoices;
  readonly providers: SpeechProviders;
  readonly studio: Studio;
  readonly audio: NarrationAudio;
  readonly newId?: () => string;
  readonly wait?: (milliseconds: number) => Promise<void>;
  readonly tellOperator: Parameters<typeof runNarration>[0]['tellOperator'];
}

/** Table of contents: everything this context can do. Reactions: `story.acl.ts`. Reads: `narration-queries.ts`. */
export function narrationContext({
  narrations,
  hears,
  languageOf,
  stories,
  scripts,
  voices,
  providers,
  studio,
  audio,
  newId = randomUUID,
  wait = sleep,
  tellOperator,
}: NarrationPorts) {
  const authors = { narrations, hears };
  const casting = { voices, providers };
  return {
    verbs: {
      generateNarration: generateNarration({ narrations, stories, scripts, newId, wait, ...casting }),
      regenerateSegment: regenerateSegment({ ...authors, ...casting, languageOf, newId }),
      resumeNarration: resumeNarration({ ...authors, newId }),
      cancelNarration: cancelNarration(authors),
      deleteNarration: deleteNarration(authors),
    },
    jobs: {
      runNarration: runNarration({ narrations, audio, studio, providers, tellOperator }),
      giveUpNarration: giveUpNarration(narrations),
      whenStoryArchived: whenStoryArchived(narrations),
      whenStoryDeleted: whenStoryDeleted(narrations),
      /** After a narration was deleted: what it has left outside the database. */
      forgetNarration: (id: NarrationId) => audio.removeOf(id),
    },
  };
}

export type NarrationVerbs = ReturnType<typeof narrationContext>['verbs'];
