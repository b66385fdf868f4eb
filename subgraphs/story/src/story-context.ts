import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { analyzeStory } from './application/analyze-story.js';
import { archiveStory } from './application/archive-story.js';
import { createStory } from './application/create-story.js';
import { deleteStory } from './application/delete-story.js';
import { editStory } from './application/edit-story.js';
import { mergeCharacters } from './application/merge-characters.js';
import { moderateStory } from './application/moderate-story.js';
import { publishStory } from './application/publish-story.js';
import { removeCharacter } from './application/remove-character.js';
import { reportContent } from './application/report-content.js';
import { giveUpAnalysis, runAnalysis } from './application/run-analysis.js';
import { reviseScript } from './application/revise-script.js';
import { saveCharacter } from './application/save-character.js';
import { requestCharacterImageUpload, setCharacterImage } from './application/set-character-image.js';
import { unpublishStory } from './application/unpublish-story.js';
import { updateSegment } from './application/update-segment.js';
import type { AnalysisProvider } from './domain/analysis-provider.js';
import type { Authors } from './domain/authors.js';
import type { CharacterImages, PicturedCharacters } from './domain/character-image.js';
import type { Moderations } from './domain/moderations.js';
import type { Scripts } from './domain/scripts.js';
import type { StoryAnalyses, StoryScripts } from './domain/stories.js';
import type { StoryId } from './domain/story.js';

export interface StoryPorts {
  readonly stories: StoryAnalyses & StoryScripts;
  readonly authors: Pick<Authors, 'hasVerifiedEmail'>;
  readonly moderations: Moderations;
  readonly scripts: Scripts;
  readonly pictured: PicturedCharacters;
  readonly images: CharacterImages;
  readonly provider: AnalysisProvider;
  readonly newId?: () => string;
  readonly now?: () => number;
  readonly wait?: (milliseconds: number) => Promise<void>;
  readonly tellOperator: Parameters<typeof runAnalysis>[0]['tellOperator'];
}

/** Table of contents: everything this context can do. Reactions: `identity.acl.ts`. Reads: `story-queries.ts`. */
export function storyContext({
  stories,
  moderations,
  authors,
  scripts,
  pictured,
  images,
  provider,
  newId = randomUUID,
  now = Date.now,
  wait = sleep,
  tellOperator,
}: StoryPorts) {
  return {
    verbs: {
      createStory: createStory(stories, newId),
      editStory: editStory(stories),
      analyzeStory: analyzeStory(stories, newId),
      publishStory: publishStory(stories, authors, wait),
      saveCharacter: saveCharacter(stories, newId),
      mergeCharacters: mergeCharacters(stories),
      removeCharacter: removeCharacter(stories),
      updateSegment: updateSegment(stories),
      requestCharacterImageUpload: requestCharacterImageUpload({ pictured, images }),
      setCharacterImage: setCharacterImage({ pictured, images }),
      unpublishStory: unpublishStory(stories),
      archiveStory: archiveStory(moderations),
      deleteStory: deleteStory(stories),
      reportContent: reportContent(moderations, newId, now),
      moderateStory: moderateStory(moderations),
    },
    jobs: {
      runAnalysis: runAnalysis({ stories, scripts, provider, newId, now, tellOperator }),
      giveUpAnalysis: giveUpAnalysis(stories),
      reviseScript: reviseScript({ stories, scripts }),
      /** After a story was deleted: what it has left outside the database. */
      forgetStory: (storyId: StoryId) => scripts.removeOf(storyId),
    },
  };
}

export type StoryVerbs = ReturnType<typeof storyContext>['verbs'];
