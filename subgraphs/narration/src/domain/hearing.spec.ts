import { describe, expect, it } from '@jest/globals';
import { mayHear } from './hearing.js';

const narration = { requestedBy: 'user-000001', contentHash: 'a', canBeHeard: true };
const published = { publishedHash: 'a', state: 'open' } as const;
const reader = { userId: 'user-000002', isModerator: false };

describe('a narration', () => {
  it('is heard by its author and by moderators in every state', () => {
    for (const listener of [
      { userId: 'user-000001', isModerator: false },
      { userId: undefined, isModerator: true },
    ])
      expect(mayHear({ ...narration, canBeHeard: false }, undefined, listener)).toBe(true);
  });

  it('is heard by everybody when readers see the text that it speaks', () => {
    for (const listener of [reader, { userId: undefined, isModerator: false }]) expect(mayHear(narration, published, listener)).toBe(true);
  });

  it('is not heard by others of a draft, of another text, of an archived story, or before it is whole', () => {
    for (const story of [
      undefined,
      { ...published, publishedHash: null },
      { ...published, publishedHash: 'b' },
      { ...published, state: 'archived' as const },
    ])
      expect(mayHear(narration, story, reader)).toBe(false);
    expect(mayHear({ ...narration, canBeHeard: false }, published, reader)).toBe(false);
  });
});
