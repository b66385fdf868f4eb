import { describe, expect, it } from '@jest/globals';
import { email } from './email.js';
import { emotionIntensity } from './emotion-intensity.js';
import { language } from './language.js';
import { defineRefusals } from './refusal.js';
import { storyTitle } from './story-title.js';
import { codePoints, readableText } from './text.js';
import { userId } from './user-id.js';

const refused = (code: string) => expect.objectContaining({ code });

describe('value objects', () => {
  it('a user id has at least 10 characters', () => {
    expect(userId('user-12345')).toBe('user-12345');
    for (const value of ['short', '', 'user 123456', 'u'.repeat(51)]) expect(() => userId(value)).toThrow(refused('ID_INVALID'));
  });
  it('an e-mail address is kept in lower case', () => {
    expect(email(' Ada@Example.ORG ')).toBe('ada@example.org');
    for (const value of ['ada', 'ada@example', 'a b@example.org', '@example.org', `${'a'.repeat(250)}@b.org`]) {
      expect(() => email(value)).toThrow(refused('EMAIL_INVALID'));
    }
  });
  it('a title has 3 to 500 code points', () => {
    expect(storyTitle(' The fox ')).toBe('The fox');
    expect(storyTitle('😀'.repeat(500))).toHaveLength(1000);
    expect(() => storyTitle('ab ')).toThrow(refused('STORY_TITLE_TOO_SHORT'));
    expect(() => storyTitle('a'.repeat(501))).toThrow(refused('STORY_TITLE_TOO_LONG'));
    for (const value of ['The\nfox', 'The\u001b[31m fox']) expect(() => storyTitle(value)).toThrow(refused('STORY_TITLE_UNREADABLE'));
  });
  it('an intensity is a whole number from 1 to 10', () => {
    expect([1, 10].map(emotionIntensity)).toEqual([1, 10]);
    for (const value of [0, 11, 1.5, Number.NaN]) expect(() => emotionIntensity(value)).toThrow(refused('EMOTION_INTENSITY_OUT_OF_RANGE'));
  });
  it('a language is a canonical tag', () => {
    expect(language('EN-us')).toBe('en-US');
    for (const value of ['', 'english language', 'de-DE-1996-x-private'])
      expect(() => language(value)).toThrow(refused('LANGUAGE_INVALID'));
  });
  it('text is NFC and counted in code points', () => {
    expect(readableText('e\u0301', 'text')).toBe('\u00e9');
    expect(codePoints('a😀')).toBe(2);
  });
  it('a refusal fills its sentence from its params', () => {
    const refuse = defineRefusals({ TOO_LONG: { kind: 'BAD_USER_INPUT', sentence: 'At most {max}.', field: 'title' } });
    expect(refuse.TOO_LONG({ max: 3 })).toMatchObject({ code: 'TOO_LONG', message: 'At most 3.', field: 'title', params: { max: 3 } });
  });
});
