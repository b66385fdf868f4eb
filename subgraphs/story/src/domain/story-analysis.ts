import {
  AnalysisFailed,
  AnalysisProgressed,
  CharactersExtracted,
  StoryAnalyzed,
  type StoryEvent,
} from '@storytelling/shared/domain-events/story';
import type { StoryScript } from '@storytelling/shared/domain-events/story';
import type { AnalysisProgress, Extraction } from './analysis-provider.js';
import { type Findings, type KnownFindings, reconcile } from './findings.js';
import { type ScriptClaim, scriptOf } from './scripts.js';
import type { AnalyzingStory, FailedAnalysis, Story } from './story.js';

/** One analysis of one text. Its steps are events of its story's stream, so that whoever follows the story sees them. */
export interface StoryAnalysis {
  readonly id: string;
  readonly contentHash: string;
}

/** Still wanted: the story waits for this analysis of this text. Otherwise the text has changed meanwhile, and the result is kept but not applied. */
export function isAwaited(story: Story, analysis: StoryAnalysis): story is AnalyzingStory {
  return story.status === 'analyzing' && story.analysis.id === analysis.id && story.contentHash === analysis.contentHash;
}

export function reportProgress(story: Story, analysis: StoryAnalysis, progress: AnalysisProgress): StoryEvent[] {
  return isAwaited(story, analysis) ? [AnalysisProgressed({ analysisId: analysis.id, ...progress })] : [];
}

export interface CompletedAnalysis {
  readonly events: StoryEvent[];
  /** null: the analysis was overtaken by an edit. */
  readonly findings: Findings | null;
}

export function complete(
  story: Story,
  analysis: StoryAnalysis,
  {
    extraction,
    previous,
    durationEstimate,
    newId,
    claimOf,
  }: {
    extraction: Extraction;
    previous: KnownFindings;
    durationEstimate: number;
    newId: () => string;
    /** The script of these findings, which has been stored: nothing remote happens in a decision. */
    claimOf: (script: StoryScript) => ScriptClaim;
  },
): CompletedAnalysis {
  if (!isAwaited(story, analysis)) return { events: [], findings: null };
  const { id: storyId, authorId, version, contentHash } = story;
  const findings = reconcile(previous, extraction, newId);
  const { provider, cost } = extraction;
  return {
    findings,
    events: [
      CharactersExtracted({ storyId, authorId, characters: findings.characters.map(({ id, name, role }) => ({ id, name, role })) }),
      StoryAnalyzed({
        storyId,
        authorId,
        analysisId: analysis.id,
        version,
        contentHash,
        script: claimOf(scriptOf(story, findings)),
        segments: findings.segments.length,
        durationEstimate,
        provider,
        cost,
      }),
    ],
  };
}

export function fail(story: Story, analysis: StoryAnalysis, failure: FailedAnalysis): StoryEvent[] {
  if (!isAwaited(story, analysis)) return [];
  return [AnalysisFailed({ storyId: story.id, authorId: story.authorId, analysisId: analysis.id, ...failure })];
}
