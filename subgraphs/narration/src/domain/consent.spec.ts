import { describe, expect, it } from '@jest/globals';
import { consentOf, sampleText, voiceName } from './consent.js';

const refusedOn = (code: string, field: string) => expect.objectContaining({ code, field });

describe('a consent', () => {
  it('has a speaker and their words, as they are', () => {
    const statement = 'I agree that my voice\nreads my stories.';
    expect(consentOf({ speaker: ' Ada Lovelace ', statement: ` ${statement} ` })).toEqual({ speaker: 'Ada Lovelace', statement });
  });
  it.each([
    ['nobody', { speaker: ' ', statement: 'Yes.' }, 'VOICE_NAME_INVALID', 'speaker'],
    ['two lines for a name', { speaker: 'Ada\nLovelace', statement: 'Yes.' }, 'VOICE_NAME_INVALID', 'speaker'],
    ['too long a name', { speaker: 'a'.repeat(201), statement: 'Yes.' }, 'VOICE_NAME_INVALID', 'speaker'],
    ['no words', { speaker: 'Ada', statement: '\n' }, 'VOICE_TEXT_INVALID', 'statement'],
    ['too many words', { speaker: 'Ada', statement: 'a'.repeat(2_001) }, 'VOICE_TEXT_INVALID', 'statement'],
    ['a NUL', { speaker: 'Ada', statement: 'Yes\u0000' }, 'TEXT_UNREADABLE', 'statement'],
  ])('of %s is refused', (_, consent, code, field) => expect(() => consentOf(consent)).toThrow(refusedOn(code, field)));
});

describe('texts of a voice', () => {
  it('count characters as people do', () => expect(voiceName('🦊'.repeat(200))).toBe('🦊'.repeat(200)));
  it('name their field', () => {
    expect(() => voiceName('')).toThrow(refusedOn('VOICE_NAME_INVALID', 'name'));
    expect(() => sampleText('')).toThrow(refusedOn('VOICE_TEXT_INVALID', 'sampleText'));
    expect(() => sampleText('a'.repeat(3_001))).toThrow(refusedOn('VOICE_TEXT_INVALID', 'sampleText'));
  });
});
