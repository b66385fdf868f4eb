// What every analysis provider must do: run on each adapter by its own spec.

import { describe, expect, it } from '@jest/globals';
import { AnalysisFailure, type AnalysisProgress, type AnalysisProvider } from '../../src/domain/analysis-provider.js';
import { analyseText } from '../../src/domain/analysis-service.js';

const STORY = `“Good morning,” said the fox. “My name is Ember.”\n\n“Whose pool is this?” asked the heron angrily.\n\nEmber smiled. She was delighted.\n`;

export function analysisProviderContract(name: string, makeProvider: () => AnalysisProvider): void {
  describe(`${name} keeps the contract of an analysis provider`, () => {
    const text = { title: 'The Pool', content: STORY, language: 'en' };
    const run = async (provider: AnalysisProvider, content = STORY) => {
      const progress: AnalysisProgress[] = [];
      const extraction = await analyseText(provider, { ...text, content }, (step) => progress.push(step), new AbortController().signal);
      await provider.close?.();
      return { extraction, progress };
    };

    it('finds who takes part, who speaks, and what is felt', async () => {
      const { extraction } = await run(makeProvider());
      expect(extraction.characters.map(({ name }) => name).sort()).toEqual(['Ember', 'The heron']);
      const speakerOf = (words: string) => extraction.segments.find((segment) => segment.text.includes(words))?.speaker;
      expect(speakerOf('Good morning')).toBe('Ember');
      expect(speakerOf('Whose pool')).toBe('The heron');
      expect(speakerOf('She was delighted')).toBeNull();
      expect(extraction.emotions.map(({ emotion }) => emotion)).toEqual(expect.arrayContaining(['joy', 'anger']));
    });

    it('segments are the whole text, and every quote stands in its segment', async () => {
      const { extraction } = await run(makeProvider());
      expect(extraction.segments.map(({ text }) => text).join('')).toBe(STORY);
      for (const { quote, segmentIndex } of extraction.emotions) expect(extraction.segments[segmentIndex]?.text).toContain(quote);
    });

    it('reports progress that only grows, up to its total', async () => {
      const { progress } = await run(makeProvider());
      expect(progress.length).toBeGreaterThan(0);
      for (const { done, total } of progress) expect(done).toBeLessThanOrEqual(total);
      expect(progress.at(-1)).toMatchObject({ done: progress.at(-1)?.total });
    });

    it('an aborted analysis rejects with the reason of its signal, and the provider works on', async () => {
      const provider = makeProvider();
      const stop = new AbortController();
      const reason = new Error('stopped');
      const running = provider.analyse(text, () => stop.abort(reason), stop.signal);
      await expect(running).rejects.toBe(reason);
      await expect(provider.analyse(text, () => {}, AbortSignal.abort(reason))).rejects.toBe(reason);
      await expect(provider.analyse(text, () => {}, new AbortController().signal)).resolves.toMatchObject({ provider: provider.name });
      await provider.close?.();
    });

    it('a failure has a code and a sentence without a word of the text', () => {
      const failure = new AnalysisFailure('ANALYSIS_PROVIDER_UNAVAILABLE');
      expect(failure).toMatchObject({ code: 'ANALYSIS_PROVIDER_UNAVAILABLE', retryable: true });
      expect(failure.message).toMatch(/^[A-Z].*\.$/u);
    });
  });
}
