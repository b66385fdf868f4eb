import { describe, expect, it } from '@jest/globals';
import { codePoints, MAX_SEGMENT_CODE_POINTS, splitText } from './analysis-segments.js';

describe('splitting a text', () => {
  it('a short text stays whole', () => {
    expect(splitText('One sentence. Another.')).toEqual(['One sentence. Another.']);
  });

  it('a long text is cut at the ends of sentences, and nothing is lost', () => {
    const text = 'The sea was grey and went on for ever. '.repeat(60);
    const pieces = splitText(text);
    expect(pieces.join('')).toBe(text);
    expect(pieces.every((piece) => codePoints(piece) <= MAX_SEGMENT_CODE_POINTS)).toBe(true);
    expect(pieces.every((piece) => piece.trimEnd().endsWith('.'))).toBe(true);
  });

  it('a sentence without an end is cut at clauses, words, graphemes and at last code points', () => {
    for (const text of [
      'and then, and then, '.repeat(90),
      'word '.repeat(400),
      'x'.repeat(1_500),
      '👩‍👩‍👧‍👦'.repeat(300),
      `e${'\u0301'.repeat(1_400)}`,
      `${' '.repeat(1_300)}end`,
    ]) {
      const pieces = splitText(text);
      expect(pieces.join('')).toBe(text);
      expect(pieces.every((piece) => codePoints(piece) <= MAX_SEGMENT_CODE_POINTS)).toBe(true);
      expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
    }
  });
});
