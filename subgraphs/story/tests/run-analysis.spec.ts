import { describe, expect, it } from '@jest/globals';
import { storyScript, type StoryScript } from '@storytelling/shared/domain-events/story';
import { storyTitle } from '@storytelling/shared/value-objects/story-title';
import { giveUpAnalysis, runAnalysis } from '../src/application/run-analysis.js';
import { AnalysisFailure, type AnalysisProvider } from '../src/domain/analysis-provider.js';
import type { Scripts } from '../src/domain/scripts.js';
import type { StoryAnalyses } from '../src/domain/stories.js';
import { archive, edit, remove, requestAnalysis, type StoryId } from '../src/domain/story.js';
import { storyContent } from '../src/domain/story-content.js';
import { aStory, claimOf, extractionOf } from './examples.js';
import { memoryStories } from './memory-stories.js';

const analysisId = '0b8a1d3e-5a53-4b8e-8f0e-2f0f8f3f7a11';
let next = 0;
const newId = () => `00000000-0000-4000-8000-${String((next += 1)).padStart(12, '0')}`;

/** A provider that does what the test says; there is no real one that fails on demand. */
async function run(
  analyse: AnalysisProvider['analyse'],
  {
    isLastAttempt = false,
    signal = new AbortController().signal,
    stories = memoryStories(),
    /** What happens while the script is being stored. */
    storing = async (_stories: StoryAnalyses, _id: StoryId): Promise<unknown> => undefined,
  } = {},
) {
  let clock = 0;
  const id = await aStory(stories);
  await stories.update(id, (story) => requestAnalysis(story, analysisId));
  const told: object[] = [];
  const provider = { name: 'local', revision: 'local/1', analyse } as const;
  const scripts: StoryScript[] = [];
  const removed: string[] = [];
  const store: Scripts = {
    async put(script) {
      scripts.push(script);
      await storing(stories, id);
      return claimOf(script);
    },
    async removeOf(storyId) {
      removed.push(storyId);
    },
  };
  const work = runAnalysis({
    stories,
    scripts: store,
    provider,
    newId,
    now: () => (clock += 400),
    tellOperator: (failure) => told.push(failure),
  });
  const done = work({ storyId: id, analysisId, version: 1, isLastAttempt, signal, complete: async () => undefined });
  const outcome = await done.then(
    () => 'done',
    (error: Error) => error.message,
  );
  const kept = stories.kept.get(id);
  const claimed = kept?.events.flatMap((event) => (event.type === 'StoryAnalyzed' ? [event.data.script] : [])).at(-1);
  return { outcome, told, scripts, removed, claimed, stories, story: kept?.story, events: kept?.events.map(({ type }) => type).slice(2) };
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
    expect([found.scripts, found.removed]).toEqual([[], [found.story?.id]]);
  });

  it('leaves no script when its story is deleted while that is stored', async () => {
    const { outcome, scripts, removed, story } = await run(async ({ content }) => extractionOf(content), {
      storing: (stories, id) => stories.update(id, remove),
    });
    expect([outcome, scripts.length, story?.status, removed]).toEqual(['done', 1, 'deleted', [story?.id]]);
  });

  it('tells where the whole script is, in ids that hold', async () => {
    const { scripts, claimed, story, stories } = await run(async ({ content }) => extractionOf(content));
    const known = stories.kept.get(story?.id ?? '')?.known;
    const [script] = scripts;
    if (!script) throw new Error('no script');
    expect(storyScript.parse(script)).toEqual(script);
    expect(claimed).toEqual(claimOf(script));
    expect(script).toMatchObject({ storyId: story?.id, version: 1, contentHash: story?.contentHash, language: 'en' });
    expect(script.characters.map(({ id }) => id)).toEqual(known?.characters.map(({ id }) => id));
    expect(script.segments.map(({ id, text }) => [id, text])).toEqual(known?.segments.map(({ id, text }) => [id, text]));
  });

  it('stores another script when the story changes between the two', async () => {
    let changes = 0;
    const title = storyTitle('Another title');
    const { outcome, scripts, claimed } = await run(async ({ content }) => extractionOf(content), {
      storing: async (stories, id) => {
        changes += 1;
        if (changes === 1) await stories.update(id, (story) => edit(story, 1, { title }), { title });
      },
    });
    expect([outcome, scripts.map(({ version }) => version)]).toEqual(['done', [1, 2]]);
    expect(scripts[1]).toMatchObject({ ...scripts[0], version: 2 });
    expect(claimed).toEqual(claimOf(scripts[1] as StoryScript));
  });

  it('stores no script of a text that was edited meanwhile', async () => {
    const stories = memoryStories();
    const content = storyContent('Another text.');
    const editAll = async () => {
      for (const id of stories.kept.keys()) await stories.update(id as StoryId, (story) => edit(story, 1, { content }), { content });
    };
    const { outcome, scripts, story } = await run((text) => editAll().then(() => extractionOf(text.content)), { stories });
    expect([outcome, scripts, story?.status]).toEqual(['done', [], 'draft']);
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
