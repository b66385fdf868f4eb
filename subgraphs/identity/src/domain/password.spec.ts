import { describe, expect, it } from '@jest/globals';
import { email } from '@storytelling/shared/value-objects/email';
import { newPassword, password } from './password.js';

const owner = email('marguerite@example.org');
const common = (lowerCase: string) => lowerCase === 'qwertyuiop';
const choose = (value: string) => newPassword(value, owner, common);
const refusal = (code: string) => expect.objectContaining({ code, field: 'password' });

describe('a new password', () => {
  it('has 10 to 256 characters, an emoji counting once', () => {
    expect(() => choose('nine-9-ch')).toThrow(refusal('PASSWORD_TOO_SHORT'));
    expect(choose('ten--10-ch')).toBe('ten--10-ch');
    expect(() => choose('🦊🦊🦊🦊🦊🦉🦉🦉🦉')).toThrow(refusal('PASSWORD_TOO_SHORT'));
    expect(choose(`a${'🦊'.repeat(255)}`)).toHaveLength(511);
    expect(() => choose(`a${'🦊'.repeat(256)}`)).toThrow(refusal('PASSWORD_TOO_LONG'));
  });

  it('is none that is tried first, in whatever case', () => {
    for (const value of ['qwertyuiop', 'QwertyUIOP', 'aaaaaaaaaaaa', 'marguerite', 'Marguerite@Example.org']) {
      expect(() => choose(value)).toThrow(refusal('PASSWORD_TOO_COMMON'));
    }
  });

  it('keeps spaces and case: they are the owner’s choice', () => {
    expect(choose('  Correct Horse  ')).toBe('  Correct Horse  ');
  });

  it('holds no NUL and no half of a surrogate pair', () => {
    expect(() => choose('correct\u0000horse')).toThrow(refusal('PASSWORD_UNREADABLE'));
    expect(() => choose('correct horse \ud800')).toThrow(refusal('PASSWORD_UNREADABLE'));
  });
});

describe('a presented password', () => {
  it('is the same however the keyboard composed it', () => {
    expect(password('cafe\u0301 \uff21\uff22')).toBe(password('caf\u00e9 AB'));
  });

  it('may break the rules for new ones: it is only compared', () => {
    expect(password('short')).toBe('short');
  });
});
