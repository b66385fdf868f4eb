import { Refusal } from '@storytelling/shared/value-objects/refusal';
import { type AnalysisProgress, AnalysisFailure, type AnalysisProvider, type Extraction } from '../domain/analysis-provider.js';
import { analyseText, estimateDurationSeconds } from '../domain/analysis-service.js';
import { reconcile } from '../domain/findings.js';
import { scriptOf, type Scripts } from '../domain/scripts.js';
import type { JobInTransaction, StoryAnalyses } from '../domain/stories.js';
import type { FailedAnalysis, StoryId } from '../domain/story.js';
import { complete, fail, isAwaited, reportProgress, type StoryAnalysis } from '../domain/story-analysis.js';
import { withStoredScript } from './stored-script.js';

export interface AnalysisRun extends JobInTransaction {
  readonly storyId: StoryId;
  readonly analysisId: string;
  readonly version: number;
  readonly isLastAttempt: boolean;
  readonly signal: AbortSignal;
}

/** Progress is an event in the database: at most one a second. */
const progressEvery = 1_000;

/**
 * The analysis job. It may die at every line: what it did is then done again from the text, and applied once, because the result, its events and the
 * end of the job commit together. An equal text of the same author is not analyzed (paid) twice.
 */
export const runAnalysis =
  ({
    stories,
    scripts,
    provider,
    newId,
    now,
    tellOperator,
  }: {
    stories: StoryAnalyses;
    scripts: Scripts;
    provider: AnalysisProvider;
    newId: () => string;
    now: () => number;
    /** A failed attempt: writers hear what they can do, operators why. */
    tellOperator: (failure: { code: string; detail: string | null; final: boolean }) => void;
  }) =>
  async ({ storyId, analysisId, version, isLastAttempt, signal, ...job }: AnalysisRun): Promise<void> => {
    const text = await stories.textOf(storyId, version);
    if (!text) return;
    const analysis = { id: analysisId, contentHash: text.contentHash, version, revision: provider.revision };

    let reported = now() - progressEvery;
    let writing: Promise<unknown> = Promise.resolve();
    const report = (progress: AnalysisProgress) => {
      if (now() - reported < progressEvery) return;
      reported = now();
      // One after the other, and never in the provider's way; progress that cannot be written is only progress.
      writing = writing.then(() => stories.update(storyId, (story) => reportProgress(story, analysis, progress))).catch(() => undefined);
    };

    try {
      const extraction = (await stories.known(text, provider.revision)) ?? (await analyseText(provider, text, report, signal));
      await writing;
      await completeWithScript(
        { stories, scripts, newId },
        { storyId, analysis, extraction, durationEstimate: estimateDurationSeconds(text.content, text.language), job },
      );
    } catch (error) {
      await writing;
      // The story was deleted meanwhile: nobody waits for the result, and its script may have come after the others were removed.
      if (error instanceof Refusal && error.code === 'STORY_NOT_FOUND') return scripts.removeOf(storyId);
      // The service is stopping: the job stays in the queue and the next worker takes it. Or it was cancelled with its story.
      if (signal.aborted) throw error;
      const failure = error instanceof AnalysisFailure ? error : new AnalysisFailure('ANALYSIS_FAILED');
      const final = isLastAttempt || !failure.retryable;
      tellOperator({ code: failure.code, detail: failure.detail, final });
      if (!final) throw error;
      await stories.update(storyId, (story) => fail(story, analysis, failedAnalysis(failure)));
      if (!(error instanceof AnalysisFailure)) throw error;
    }
  };

/** The script is of the findings as they will be: reconciled with what was known just now. */
async function completeWithScript(
  { stories, scripts, newId }: { stories: StoryAnalyses; scripts: Scripts; newId: () => string },
  {
    storyId,
    analysis,
    extraction,
    durationEstimate,
    job,
  }: {
    storyId: StoryId;
    analysis: StoryAnalysis & { readonly version: number; readonly revision: string };
    extraction: Extraction;
    durationEstimate: number;
    job: JobInTransaction;
  },
): Promise<void> {
  // Ids are given once, so that the same findings make the same script.
  const ids: string[] = [];
  const idsAgain = () => {
    let next = 0;
    return () => (ids[next++] ??= newId());
  };
  await withStoredScript(
    scripts,
    async () => {
      const expected = await stories.peek(storyId);
      if (!expected || !isAwaited(expected.story, analysis)) return undefined;
      return scriptOf(expected.story, reconcile(expected.known, extraction, idsAgain()));
    },
    (claimOf) =>
      stories.complete(
        storyId,
        analysis,
        extraction,
        (story, previous) => complete(story, analysis, { extraction, previous, durationEstimate, newId: idsAgain(), claimOf }),
        job,
      ),
  );
}

/** A job that died each time without a word must not leave its story waiting for ever. */
export const giveUpAnalysis =
  (stories: StoryAnalyses) =>
  async ({ storyId, analysisId, version }: Pick<AnalysisRun, 'storyId' | 'analysisId' | 'version'>): Promise<void> => {
    const text = await stories.textOf(storyId, version);
    if (!text) return;
    const failed = failedAnalysis(new AnalysisFailure('ANALYSIS_FAILED'));
    await stories.update(storyId, (story) => fail(story, { id: analysisId, contentHash: text.contentHash }, failed));
  };

function failedAnalysis({ code, message, retryable }: AnalysisFailure): FailedAnalysis {
  return { code, message, retryable };
}
