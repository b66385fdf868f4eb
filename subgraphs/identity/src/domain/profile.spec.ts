import { describe, expect, it } from '@jest/globals';
import { displayName, firstName, lastName } from './profile.js';

const refusal = (code: string, field: string) => expect.objectContaining({ code, field });

describe('a display name', () => {
  it('has 1 to 100 characters on one line', () => {
    expect(displayName('  Zoë  ')).toBe('Zoë');
    expect(displayName('👩\u200d🚀')).toBe('👩\u200d🚀');
    expect(displayName('🦊'.repeat(100))).toHaveLength(200);
    for (const value of [' ', '\u200b', '\u3164\u00ad'])
      expect(() => displayName(value)).toThrow(refusal('DISPLAY_NAME_MISSING', 'displayName'));
    expect(() => displayName('x'.repeat(101))).toThrow(refusal('DISPLAY_NAME_TOO_LONG', 'displayName'));
    for (const value of ['a\u0000b', 'a\nb', 'a\ud800', 'a\u202eb'])
      expect(() => displayName(value)).toThrow(refusal('DISPLAY_NAME_UNREADABLE', 'displayName'));
  });

  it('looks equal where it is equal', () => {
    expect(displayName('Zoe\u0308')).toBe(displayName('Zo\u00eb'));
  });
});

describe('first and last name', () => {
  it('are optional, and an empty one is none', () => {
    expect([firstName(null), firstName(' '), lastName(null), lastName('')]).toEqual([null, null, null, null]);
    expect([firstName(' Ada'), lastName('Byron ')]).toEqual(['Ada', 'Byron']);
  });

  it('are refused by their own names', () => {
    expect(() => firstName('x'.repeat(101))).toThrow(refusal('FIRST_NAME_TOO_LONG', 'firstName'));
    expect(() => firstName('\u0000')).toThrow(refusal('FIRST_NAME_UNREADABLE', 'firstName'));
    expect(() => lastName('x'.repeat(101))).toThrow(refusal('LAST_NAME_TOO_LONG', 'lastName'));
    expect(() => lastName('\u0007')).toThrow(refusal('LAST_NAME_UNREADABLE', 'lastName'));
  });
});
