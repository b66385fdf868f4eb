import { describe, expect, it } from '@jest/globals';
import { decodeCursor, encodeCursor } from './cursor.js';

const epoch = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const other = '00000000-0000-4000-8000-000000000000';

describe('a cursor', () => {
  it('leads back to its version', () => {
    expect(decodeCursor(encodeCursor(epoch, 'story.Story-1', 7), epoch, 'story.Story-1', 9)).toBe(7);
  });
  it.each([
    ['of another stream', encodeCursor(epoch, 'story.Story-2', 7)],
    ['of another epoch', encodeCursor(other, 'story.Story-1', 7)],
    ['from the future', encodeCursor(epoch, 'story.Story-1', 10)],
    ['that is none', 'abc'],
    ['that is empty', ''],
  ])('%s is refused', (_, cursor) => {
    expect(() => decodeCursor(cursor, epoch, 'story.Story-1', 9)).toThrow(expect.objectContaining({ code: 'RESUME_EXPIRED' }));
  });
});
