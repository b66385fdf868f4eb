import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { turns } from '@storytelling/shared/infrastructure/turns';
import type { Hears } from './application/as-author.js';
import { cancelNarration } from './application/cancel-narration.js';
import type { SpeechProviders } from './application/casting.js';
import { createNarratorVoice } from './application/create-narrator-voice.js';
import { deleteNarration } from './application/delete-narration.js';
import { deleteNarratorVoice } from './application/delete-narrator-voice.js';
import { forgetVoice } from './application/forget-voice.js';
import { generateNarration } from './application/generate-narration.js';
import { previewReadyMadeVoice } from './application/preview-ready-made-voice.js';
import { recordVoiceConsent } from './application/record-voice-consent.js';
import { recordVoiceSample } from './application/record-voice-sample.js';
import { regenerateSegment } from './application/regenerate-segment.js';
import { removeVoiceSample } from './application/remove-voice-sample.js';
import { requestVoiceSampleUpload } from './application/request-voice-sample-upload.js';
import { resumeNarration } from './application/resume-narration.js';
import { giveUpNarration, runNarration } from './application/run-narration.js';
import { giveUpTraining, runTraining } from './application/run-training.js';
import { trainNarratorVoice } from './application/train-narrator-voice.js';
import { whenStoryArchived, whenStoryDeleted } from './application/when-story-ended.js';
import { withdrawVoiceConsent } from './application/withdraw-voice-consent.js';
import type { NarrationId } from './domain/narration.js';
import type { CastableVoices, NarrationAudio, NarrationRuns, StoryScripts } from './domain/narrations.js';
import { refuse } from './domain/refusals.js';
import type { ReadyMadeVoices } from './domain/ready-made-voices.js';
import type { KnownStories } from './domain/story-facts.js';
import type { Studio } from './domain/studio.js';
import type { VoiceAudio, VoiceTrainings } from './domain/voices.js';

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
  readonly ownVoices: VoiceTrainings;
  readonly readyMade: ReadyMadeVoices;
  readonly voiceAudio: VoiceAudio;
  readonly now?: () => number;
  readonly newId?: () => string;
  readonly wait?: (milliseconds: number) => Promise<void>;
  readonly tellOperator: Parameters<typeof runNarration>[0]['tellOperator'];
}

/** Table of contents: everything this context can do. Reactions: `story.acl.ts`. Reads: `narration-queries.ts`, `voice-queries.ts`. */
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
  ownVoices,
  readyMade,
  voiceAudio,
  now = Date.now,
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
      createNarratorVoice: createNarratorVoice(ownVoices, providers, newId),
      requestVoiceSampleUpload: requestVoiceSampleUpload(ownVoices, voiceAudio),
      recordVoiceSample: recordVoiceSample({
        ...{ voices: ownVoices, audio: voiceAudio, studio },
        inTurn: turns(2, 20, () => refuse.VOICE_SAMPLE_BUSY()),
      }),
      removeVoiceSample: removeVoiceSample(ownVoices),
      recordVoiceConsent: recordVoiceConsent(ownVoices),
      withdrawVoiceConsent: withdrawVoiceConsent(ownVoices),
      trainNarratorVoice: trainNarratorVoice(ownVoices, providers, newId),
      deleteNarratorVoice: deleteNarratorVoice(ownVoices),
    },
    jobs: {
      runNarration: runNarration({ narrations, audio, studio, providers, voices, tellOperator }),
      giveUpNarration: giveUpNarration(narrations),
      whenStoryArchived: whenStoryArchived(narrations),
      whenStoryDeleted: whenStoryDeleted(narrations),
      /** After a narration was deleted: what it has left outside the database. */
      forgetNarration: (id: NarrationId) => audio.removeOf(id),
      runTraining: runTraining({ voices: ownVoices, audio: voiceAudio, studio, providers, now, tellOperator }),
      giveUpTraining: giveUpTraining(ownVoices),
      forgetVoice: forgetVoice({ audio: voiceAudio, providers }),
      previewReadyMadeVoice: previewReadyMadeVoice({ readyMade, audio: voiceAudio, studio, providers }),
    },
  };
}

export type NarrationVerbs = ReturnType<typeof narrationContext>['verbs'];
