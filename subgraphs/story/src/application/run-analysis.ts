import type { StoryScript } from '@storytelling/shared/domain-events/story';
import { Refusal } from '@storytelling/shared/value-objects/refusal';
import { type AnalysisProgress, AnalysisFailure, type AnalysisProvider, type Extraction } from '../domain/analysis-provider.js';
import { analyseText, estimateDurationSeconds } from '../domain/analysis-service.js';
import { reconcile } from '../domain/findings.js';
import { type ScriptClaim, scriptOf, type Scripts } from '../domain/scripts.js';
import type { JobInTransaction, StoryAnalyses } from '../domain/stories.js';
import type { FailedAnalysis, StoryId } from '../domain/story.js';
import { complete, fail, isAwaited, reportProgress, type StoryAnalysis } from '../domain/story-analysis.js';

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

/** The writer corrected something between the storing of the script and the decision: it is made anew. */
class ScriptOutdated extends Error {
  override readonly name = 'ScriptOutdated';
}
/** Each failure is a correction by hand in the milliseconds between the two. */
const scriptAttempts = 5;

/** The script is stored before the transaction, in which nothing remote happens. One that is not used after all is removed with its story. */
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
  for (let attempt = 1; ; attempt += 1) {
    const expected = await stories.peek(storyId);
    const script =
      expected && isAwaited(expected.story, analysis)
        ? scriptOf(expected.story, reconcile(expected.known, extraction, idsAgain()))
        : undefined;
    const stored = script && { text: JSON.stringify(script), claim: await scripts.put(script) };
    const claimOf = (made: StoryScript): ScriptClaim => {
      if (stored?.text !== JSON.stringify(made)) throw new ScriptOutdated();
      return stored.claim;
    };
    try {
      await stories.complete(
        storyId,
        analysis,
        extraction,
        (story, previous) => complete(story, analysis, { extraction, previous, durationEstimate, newId: idsAgain(), claimOf }),
        job,
      );
      return;
    } catch (error) {
      if (!(error instanceof ScriptOutdated) || attempt === scriptAttempts) throw error;
    }
  }
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
