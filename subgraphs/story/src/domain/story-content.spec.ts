import { describe, expect, it } from '@jest/globals';
import { storyContent } from './story-content.js';

describe('the content of a story', () => {
  it('has 1 to 100,000 code points', () => {
    expect(storyContent('😀'.repeat(100_000)).text).toHaveLength(200_000);
    expect(() => storyContent('a'.repeat(100_001))).toThrow(
      expect.objectContaining({ code: 'STORY_CONTENT_TOO_LONG', params: { length: 100_001, max: 100_000 } }),
    );
    expect(() => storyContent(' \n ')).toThrow(expect.objectContaining({ code: 'STORY_CONTENT_EMPTY' }));
  });
  it('is kept in NFC, so that equal looks equal and hashes equal', () => {
    expect(storyContent('cafe\u0301').hash).toBe(storyContent('caf\u00e9').hash);
  });
  it('refuses NUL and half a surrogate pair', () => {
    for (const text of ['a\u0000b', 'a\ud800b'])
      expect(() => storyContent(text)).toThrow(expect.objectContaining({ code: 'TEXT_UNREADABLE' }));
  });
});
