import { describe, expect, it } from '@jest/globals';
import { emotionOf, lexiconSize } from './emotion-lexicon.js';

describe('the emotion lexicon', () => {
  it('holds some five hundred stems with their inflections', () => {
    const { stems, forms } = lexiconSize();
    expect(stems).toBeGreaterThanOrEqual(400);
    expect(forms).toBeGreaterThan(stems * 1.5);
  });

  it('knows words by their inflected forms', () => {
    for (const word of ['smiled', 'happily', 'happier', 'terrified', 'cries', 'angrily', 'furiously', 'hugging', 'sobbed', 'gently']) {
      expect([word, emotionOf(word)?.emotion]).not.toContain(undefined);
    }
    for (const word of ['yellow', 'hatter', 'fearless', 'still', 'like', 'please', 'constructor', 'toString'])
      expect(emotionOf(word)).toBeUndefined();
  });
});
