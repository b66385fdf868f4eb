// How well an extraction agrees with what a reader finds in the text: see texts/README.md.

import type { Extraction } from '../../src/domain/analysis-provider.js';

export interface Labels {
  title: string;
  kind: string;
  characters: { name: string; aliases: string[] }[];
  optional: string[];
  quotes: { quote: string; occurrence?: number; speaker: string }[];
}

export interface Measure {
  precision: number;
  recall: number;
  speakers: number;
  missed: string[];
  wrong: string[];
  misheard: string[];
}

const key = (name: string) =>
  name
    .toLowerCase()
    .replace(/[.\u2019']/gu, '')
    .replace(/^(?:the|an?|my|his|her|their) /u, '');

export function measure(content: string, labels: Labels, extraction: Extraction): Measure {
  const labelOf = (name: string) => {
    const forms = labels.characters.map((character) => ({ character, forms: [character.name, ...character.aliases].map(key) }));
    return forms.find(({ forms }) => forms.includes(key(name)))?.character.name;
  };
  const optional = new Set(labels.optional.map(key));
  const found = new Set<string>();
  const wrong: string[] = [];
  for (const { name } of extraction.characters) {
    const label = labelOf(name);
    if (label !== undefined && !found.has(label)) found.add(label);
    else if (label !== undefined || !optional.has(key(name))) wrong.push(name);
  }
  const missed = labels.characters.map(({ name }) => name).filter((name) => !found.has(name));
  const misheard: string[] = [];
  for (const { quote, occurrence = 1, speaker } of labels.quotes) {
    let place = -1;
    for (let times = 0; times < occurrence; times += 1) place = content.indexOf(quote, place + 1);
    // The snippet's first letter: a segment may begin with the quotation mark.
    const letter = place + Math.max(0, quote.search(/\p{L}/u));
    let end = 0;
    const segment = extraction.segments.find(({ text }) => {
      end += text.length;
      return end > letter;
    });
    const heard = segment?.speaker ? labelOf(segment.speaker) : undefined;
    if (heard !== speaker) misheard.push(`${quote.slice(0, 40)} – ${speaker}, not ${segment?.speaker ?? 'nobody'}`);
  }
  return {
    precision: found.size / Math.max(1, found.size + wrong.length),
    recall: found.size / Math.max(1, labels.characters.length),
    speakers: 1 - misheard.length / Math.max(1, labels.quotes.length),
    missed,
    wrong,
    misheard,
  };
}
