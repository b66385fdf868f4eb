import type { WriteLetter, WrittenLetter } from '../../domain/letters.js';
import { german } from './german.js';
import { english } from './english.js';
import { spanish } from './spanish.js';
import type { Letters } from './wording.js';

const languages: ReadonlyMap<string, Letters> = new Map([
  ['en', english],
  ['de', german],
  ['es', spanish],
]);

/** Where the page is that takes the token of a letter: /verify-email and /reset-password of the web client. */
const pages = { 'verify-email': 'verify-email', 'reset-password': 'reset-password' };

/**
 * In the reader's language where there is one (`de-AT` reads German), else in English. With the address of a web client (setting WEB_URL) the letter links
 * to its page; without one the token is there to be typed or read by a program. It stands behind `#`, which is sent to no server and into no log.
 */
export const letterWriter =
  ({ webUrl, providerName }: { readonly webUrl: string | undefined; readonly providerName: (id: string) => string }): WriteLetter =>
  (letter, { profile }, token = '') => {
    const language = profile.language.split('-')[0] ?? '';
    const { greeting, farewell, letters } = languages.get(language) ?? english;
    const wording = letters[letter.kind];
    const page = letter.kind in pages ? pages[letter.kind as keyof typeof pages] : undefined;
    const facts: Record<string, string> = {
      token,
      link: webUrl && page ? `${webUrl.replace(/\/$/, '')}/${page}#token=${token}` : '',
      provider: letter.kind === 'provider-linked' ? providerName(letter.provider) : '',
    };
    const paragraphs = [greeting, ...wording.paragraphs, farewell].filter((paragraph) => paragraph !== '{link}' || facts.link);
    const subject = fill(wording.subject, facts);
    return { subject, text: plain(paragraphs, facts), html: html(languages.has(language) ? language : 'en', subject, paragraphs, facts) };
  };

const fill = (paragraph: string, facts: Record<string, string>) => paragraph.replace(/\{(\w+)\}/g, (_, name: string) => facts[name] ?? '');

function plain(paragraphs: readonly string[], facts: Record<string, string>): WrittenLetter['text'] {
  return `${paragraphs.map((paragraph) => fill(paragraph, facts)).join('\n\n')}\n`;
}

function html(language: string, subject: string, paragraphs: readonly string[], facts: Record<string, string>): WrittenLetter['html'] {
  const escapedFacts = Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, escaped(fact)]));
  const { token, link } = escapedFacts;
  const body = paragraphs.map((paragraph) => {
    if (paragraph === '{token}') return `<p><code style="font-size:1.1em;overflow-wrap:anywhere">${token}</code></p>`;
    if (paragraph === '{link}') return `<p><a href="${link}" target="_blank" rel="noreferrer">${link}</a></p>`;
    return `<p>${fill(escaped(paragraph), escapedFacts)}</p>`;
  });
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><title>${escaped(subject)}</title></head>
<body style="font:16px/1.5 sans-serif;max-width:36em">
${body.join('\n')}
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
