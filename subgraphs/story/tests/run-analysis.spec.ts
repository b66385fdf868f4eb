import { describe, expect, it } from '@jest/globals';
import { giveUpAnalysis, runAnalysis } from '../src/application/run-analysis.js';
import { AnalysisFailure, type AnalysisProvider } from '../src/domain/analysis-provider.js';
import { archive, remove, requestAnalysis, type StoryId } from '../src/domain/story.js';
import { aStory, extractionOf } from './examples.js';
import { memoryStories } from './memory-stories.js';

const analysisId = '0b8a1d3e-5a53-4b8e-8f0e-2f0f8f3f7a11';
let next = 0;
const newId = () => `00000000-0000-4000-8000-${String((next += 1)).padStart(12, '0')}`;

/** A provider that does what the test says; there is no real one that fails on demand. */
async function run(
  analyse: AnalysisProvider['analyse'],
  { isLastAttempt = false, signal = new AbortController().signal, stories = memoryStories() } = {},
) {
  let clock = 0;
  const id = await aStory(stories);
  await stories.update(id, (story) => requestAnalysis(story, analysisId));
  const told: object[] = [];
  const provider = { name: 'local', revision: 'local/1', analyse } as const;
  const work = runAnalysis({ stories, provider, newId, now: () => (clock += 400), tellOperator: (failure) => told.push(failure) });
  const done = work({ storyId: id, analysisId, version: 1, isLastAttempt, signal, complete: async () => undefined });
  const outcome = await done.then(
    () => 'done',
    (error: Error) => error.message,
  );
  const kept = stories.kept.get(id);
  return { outcome, told, stories, story: kept?.story, events: kept?.events.map(({ type }) => type).slice(2) };
}

describe('the analysis job', () => {
  it('applies what the provider found', async () => {
    const { outcome, story, events } = await run(async ({ content }) => extractionOf(content));
    expect({ outcome, status: story?.status, events }).toEqual({
      outcome: 'done',
      status: 'analyzed',
      events: ['CharactersExtracted', 'StoryAnalyzed'],
    });
  });

  it('tells progress at most once a second', async () => {
    const { events } = await run(async ({ content }, report) => {
      for (let done = 0; done < 10; done += 1) report({ stage: 'reading', done, total: 10 });
      return extractionOf(content);
    });
    // Ten reports, 400 ms apart by the clock given: the 1st, 4th, 7th and 10th are a second after the one before.
    expect(events?.filter((type) => type === 'AnalysisProgressed')).toHaveLength(4);
  });

  it('is tried again after a passing failure, and the story still waits', async () => {
    const { outcome, story } = await run(() => Promise.reject(new AnalysisFailure('ANALYSIS_PROVIDER_UNAVAILABLE')));
    expect(outcome).toMatch('did not answer');
    expect(story?.status).toBe('analyzing');
  });

  it('gives up at the last attempt, and says why', async () => {
    const { outcome, story } = await run(() => Promise.reject(new AnalysisFailure('ANALYSIS_PROVIDER_UNAVAILABLE')), {
      isLastAttempt: true,
    });
    expect(outcome).toBe('done');
    expect(story).toMatchObject({ status: 'draft', failure: { code: 'ANALYSIS_PROVIDER_UNAVAILABLE', retryable: true } });
  });

  it('gives up at once where trying again cannot help', async () => {
    const { story, told } = await run(() => Promise.reject(new AnalysisFailure('ANALYSIS_QUOTA_EXHAUSTED', { detail: 'HTTP 429' })));
    expect(told).toEqual([{ code: 'ANALYSIS_QUOTA_EXHAUSTED', detail: expect.stringMatching(/add credit; HTTP 429$/), final: true }]);
    expect(story).toMatchObject({
      status: 'draft',
      failure: { code: 'ANALYSIS_QUOTA_EXHAUSTED', message: 'No analyses are possible just now; try again later.', retryable: false },
    });
  });

  it('never shows what an unforeseen error says', async () => {
    const { story } = await run(() => Promise.reject(new Error('row: secret')), { isLastAttempt: true });
    expect(story).toMatchObject({ failure: { code: 'ANALYSIS_FAILED', message: expect.not.stringContaining('secret') } });
  });

  it('leaves the job to the next worker when the service stops', async () => {
    const stop = new AbortController();
    const { outcome, story } = await run(
      async () => {
        stop.abort(new Error('stopping'));
        throw new Error('stopping');
      },
      { signal: stop.signal, isLastAttempt: true },
    );
    expect({ outcome, status: story?.status }).toEqual({ outcome: 'stopping', status: 'analyzing' });
  });

  it('ends without a word when its story is deleted meanwhile', async () => {
    const stories = memoryStories();
    const deleteAll = async () => {
      for (const id of stories.kept.keys()) await stories.update(id as StoryId, remove);
    };
    const found = await run(({ content }) => deleteAll().then(() => extractionOf(content)), { stories });
    expect([found.outcome, found.told, found.story?.status]).toEqual(['done', [], 'deleted']);
  });

  it('ends without an effect when its story is archived meanwhile', async () => {
    const stories = memoryStories();
    const close = async () => {
      for (const id of stories.kept.keys()) await stories.update(id as StoryId, (story) => archive(story, { by: 'author', reason: null }));
    };
    const { outcome, events, story } = await run(({ content }) => close().then(() => extractionOf(content)), { stories });
    expect([outcome, events, story?.status]).toEqual(['done', ['StoryArchived'], 'archived']);
  });

  it('does not analyze an equal text of the same author twice', async () => {
    const stories = memoryStories();
    await run(async ({ content }) => extractionOf(content), { stories });
    const { story } = await run(() => Promise.reject(new Error('paid twice')), { stories });
    expect(story?.status).toBe('analyzed');
  });

  it('that died each time without a word does not leave the story waiting', async () => {
    const { stories, story } = await run(() => Promise.reject(new Error('killed')));
    if (!story) throw new Error('no story');
    await giveUpAnalysis(stories)({ storyId: story.id, analysisId, version: 1 });
    expect(stories.kept.get(story.id)?.story).toMatchObject({ status: 'draft', failure: { code: 'ANALYSIS_FAILED' } });
  });
});
