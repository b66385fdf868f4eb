import { describe, expect, it } from '@jest/globals';
import type { AnalysisProvider, Extraction } from './analysis-provider.js';
import { analyseText, estimateDurationSeconds } from './analysis-service.js';

const text = { title: 'T', content: '“Hello,” said Ada.', language: 'en' };
const answering = (extraction: Partial<Extraction>): AnalysisProvider => ({
  name: 'local',
  revision: 'test/1',
  analyse: async () => ({
    characters: [],
    emotions: [],
    segments: [],
    provider: 'local',
    model: null,
    usage: null,
    cost: null,
    ...extraction,
  }),
});

describe('analysing a text', () => {
  it('what the provider says is made to fit the text', async () => {
    const ada = { name: 'Ada', aliases: [], role: null, description: null, personality: null, traits: [] };
    const provider = answering({
      characters: [ada],
      segments: [
        { text: 'Hello,', speaker: 'ada', emotion: 'joy' },
        { text: 'said Ada', speaker: null, emotion: 'neutral' },
      ],
    });
    const { segments } = await analyseText(provider, text, () => {}, new AbortController().signal);
    expect(segments.map(({ text }) => text).join('')).toBe(text.content);
    expect(segments[0]).toMatchObject({ speaker: 'Ada', emotion: 'joy' });
  });

  it('an aborted analysis rejects with the reason, though the provider answered', async () => {
    const reason = new Error('stopped');
    await expect(analyseText(answering({}), text, () => {}, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe('estimating a narration', () => {
  it('155 English words take a minute', () => {
    expect(estimateDurationSeconds('word '.repeat(155), 'en-GB')).toBe(60);
    expect(estimateDurationSeconds('', 'en')).toBe(0);
    expect(estimateDurationSeconds('Hi', 'en')).toBe(1);
  });

  it('languages with longer words take longer for each, and words are found without spaces', () => {
    expect(estimateDurationSeconds('sana '.repeat(155), 'fi')).toBeGreaterThan(60);
    expect(estimateDurationSeconds('吾輩は猫である。名前はまだ無い。', 'ja')).toBeGreaterThan(2);
    expect(estimateDurationSeconds('word '.repeat(155), 'xx')).toBe(60);
  });
});
