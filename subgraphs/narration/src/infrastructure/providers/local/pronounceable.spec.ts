import { describe, expect, it } from '@jest/globals';
import { pronounceable } from './pronounceable.js';

describe('what flite is given', () => {
  it('is ASCII: quotation marks are left out, dashes are pauses, accents are dropped', () => {
    expect(pronounceable('“It’s raining,” said Zoë — “naïve… café”')).toEqual(["It's raining, said Zoe, naive... cafe"]);
    expect(pronounceable('Æsir, Straße, Łódź & Øre')).toEqual(['Aesir, Strasse, Lodz and Ore']);
    expect(pronounceable('ﬁve ½ ²')[0]).toBe('five 1 2 2');
  });

  it('is a sentence at a time, and a title ends none', () => {
    expect(pronounceable('It rained. Mr. Holmes waited! “Why?” he asked.')).toEqual([
      'It rained.',
      'Mr. Holmes waited!',
      'Why?',
      'he asked.',
    ]);
  });

  it('has no piece longer than a breath, cut where one would breathe', () => {
    const pieces = pronounceable(`It rained, ${'and it rained on the road, '.repeat(40)}and nobody came.`);
    expect(pieces.length).toBeGreaterThan(3);
    for (const piece of pieces.slice(0, -1)) {
      expect(piece.length).toBeLessThanOrEqual(300);
      expect(piece).toMatch(/,$/u);
    }
    for (const piece of pronounceable('a'.repeat(1_000))) expect(piece.length).toBeLessThanOrEqual(300);
  });

  it('loses no word', () => {
    const text = 'One, two; three: four — five… six. “Seven,” eight (nine)! Ten?\n\nEleven.';
    expect(
      pronounceable(text)
        .join(' ')
        .match(/[A-Za-z]+/gu),
    ).toEqual(text.match(/[A-Za-z]+/gu));
  });

  it('is nothing where there is nothing to pronounce', () => {
    for (const text of ['', '…', '***', ' — \n', '「雨」', '?!']) expect(pronounceable(text)).toEqual([]);
  });
});
