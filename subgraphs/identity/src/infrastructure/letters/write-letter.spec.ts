import { describe, expect, it } from '@jest/globals';
import { email } from '@storytelling/shared/value-objects/email';
import { language } from '@storytelling/shared/value-objects/language';
import { userId } from '@storytelling/shared/value-objects/user-id';
import type { Letter } from '../../domain/letters.js';
import type { User } from '../../domain/user.js';
import { english } from './english.js';
import { letterWriter } from './write-letter.js';

const id = userId('user-0000000001');
const reader = (tag: string): User => ({
  status: 'active',
  id,
  email: email('ada@example.org'),
  profile: { displayName: 'Ada', firstName: null, lastName: null, language: language(tag), imageKey: null },
  role: 'member',
  isEmailVerified: false,
  providers: [],
});
const letters: Letter[] = [
  { kind: 'verify-email', userId: id },
  { kind: 'reset-password', email: email('ada@example.org') },
  { kind: 'password-changed', userId: id },
  { kind: 'password-reset', userId: id },
  { kind: 'provider-linked', userId: id, provider: 'example' },
];
const token = 'AbC-_0123456789';
const write = letterWriter({ webUrl: 'https://stories.example/', providerName: () => 'A <b>& Co' });
const withoutWeb = letterWriter({ webUrl: undefined, providerName: (name) => name });

describe('a letter', () => {
  it.each(['en', 'de', 'es'].flatMap((tag) => letters.map((letter) => [tag, letter.kind, letter] as const)))(
    'is written in full (%s, %s)',
    (tag, kind, letter) => {
      const { subject, text, html } = write(letter, reader(tag), token);
      expect(subject).toMatch(/^\S.{5,70}$/);
      expect(`${subject}${text}${html}`).not.toMatch(/[{}]\w*[}]|undefined/);
      const page = { 'verify-email': 'verify-email', 'reset-password': 'reset-password' }[String(kind)];
      expect(text.includes(`\n\n${token}\n\n`)).toBe(page !== undefined);
      if (page) for (const part of [text, html]) expect(part).toContain(`https://stories.example/${page}#token=${token}`);
      expect(html).toContain(`<html lang="${tag}">`);
      expect(html).not.toContain('<b>');
      if (tag !== 'en') expect(text).not.toContain(english.letters[letter.kind].paragraphs[0]);
    },
  );

  it('has no link where there is no page', () => {
    const { text, html } = withoutWeb({ kind: 'verify-email', userId: id }, reader('en'), token);
    expect(text).toContain(`\n\n${token}\n\n`);
    expect(`${text}${html}`).not.toMatch(/http|<a /);
  });

  it('is in the language of its reader, whatever the country, or in English', () => {
    const subject = (tag: string) => write({ kind: 'password-changed', userId: id }, reader(tag), undefined).subject;
    expect(subject('de-AT')).toBe(subject('de'));
    expect(subject('pt-BR')).toBe(subject('en'));
    expect(subject('de')).not.toBe(subject('en'));
  });

  it('names a provider as it calls itself, and as text', () => {
    const { subject, text, html } = write({ kind: 'provider-linked', userId: id, provider: 'example' }, reader('en'), undefined);
    expect(subject).toBe('You can sign in with A <b>& Co');
    expect(text).toContain('A <b>& Co');
    expect(html).toContain('A &#60;b&#62;&#38; Co');
  });
});
