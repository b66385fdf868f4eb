import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { duration, table } from './terminal.js';

describe('the operator’s terminal', () => {
  it('aligns columns, says when in words, and shows nothing as a dash', () => {
    const now = new Date('2026-11-22T12:00:00Z');
    const text = table(
      ['CONTEXT', 'EVENTS', 'SINCE'],
      [
        ['story', 12, new Date('2026-11-22T11:58:00Z')],
        ['identity', 3, null],
      ],
      now,
    );
    expect(stripVTControlCharacters(text).split('\n')).toEqual([
      'CONTEXT   EVENTS  SINCE',
      'story         12  2 min ago',
      'identity       3  –',
    ]);
  });

  it.each([
    [4.4, '4 s'],
    [100, '2 min'],
    [7_200, '2 h'],
    [400_000, '5 days'],
  ])('%d seconds are %s', (seconds, words) => expect(duration(seconds)).toBe(words));
});
