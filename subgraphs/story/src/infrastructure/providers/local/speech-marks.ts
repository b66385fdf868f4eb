// Where direct speech stands in a text: quotation marks of all the usual styles, and dialogue dashes.

import { SPEECH_VERBS } from './words.js';

export interface Span {
  start: number;
  end: number;
}

export interface SpeechSpan extends Span {
  /** Index of the paragraph. */
  paragraph: number;
  /** The closing mark is missing at the paragraph's end: the next paragraph goes on with the same speaker. */
  open: boolean;
}

/** Opening mark → marks that close it. */
const DOUBLE_MARKS: Record<string, string> = {
  '"': '"\u201d',
  '\u201c': '\u201d"',
  '\u201e': '\u201c\u201d"',
  '«': '»',
  '»': '«',
  '\u2039': '\u203a',
  '「': '」',
  '『': '』',
};
const SINGLE_MARKS: Record<string, string> = { '\u2018': '\u2019', "'": "'", '\u201a': '\u2018\u2019' };
const ELISIONS = /^['\u2019\u2018](?:tis|twas|twere|twill|em|bout|cause|til|till|round|neath|n|ere|im|er|appen|ave|ow|ome|and|ead|ope)\b/iu;
const LETTER = /[\p{L}\p{N}]/u;

/**
 * Paragraphs without their line breaks around them. Lines broken by hand at a fixed width (as in Project Gutenberg's files) are joined:
 * there only an empty line ends a paragraph.
 */
export function findParagraphs(content: string): Span[] {
  const breaks = content.match(/[^\n]\n(?=[^\n\s])/gu)?.length ?? 0;
  const unfinished = content.match(/[\p{L}\p{N},;]\r?\n(?=[\p{L}\p{N}"'\u2018\u2019\u201c\u201d_(])/gu)?.length ?? 0;
  const wrapped = breaks >= 4 && unfinished / breaks > 0.5;
  const paragraphs: Span[] = [];
  for (const match of content.matchAll(wrapped ? /(?:[^\n]|\n(?!\s*\n))+/gu : /[^\n\r\u2028\u2029]+/gu)) {
    const text = match[0];
    const start = match.index + (text.length - text.trimStart().length);
    const end = match.index + text.trimEnd().length;
    if (end > start) paragraphs.push({ start, end });
  }
  return paragraphs;
}

export function findSpeech(content: string, paragraphs: Span[]): SpeechSpan[] {
  const texts = paragraphs.map(({ start, end }) => content.slice(start, end));
  const double = texts.map((text) => scan(text, DOUBLE_MARKS));
  const single = texts.map((text) => scan(text, SINGLE_MARKS));
  // A quotation inside of a quotation does not tell which marks this writer uses for speech.
  const doubles = countOutside(double, single);
  const singles = countOutside(single, double);
  const dashes = texts.filter((text) => DASH_OPENING.test(text)).length;
  let found: { start: number; end: number; open: boolean }[][];
  const byDashes = dashes > 0 && dashes > doubles + singles;
  if (byDashes) found = texts.map(scanDashes);
  else if (singles > doubles) found = texts.map((text) => scan(text, { ...SINGLE_MARKS, ...DOUBLE_MARKS }));
  else found = double;

  return found.flatMap((spans, paragraph) => {
    const text = texts[paragraph] as string;
    return spans
      .filter((span) => byDashes || isSpeech(text, span))
      .filter((span) => !span.open || span.start === 0 || continues(texts[paragraph + 1], text[span.start]))
      .map(({ start, end, open }) => {
        const offset = (paragraphs[paragraph] as Span).start;
        return { start: offset + start, end: offset + end, paragraph, open: open && continues(texts[paragraph + 1], text[start]) };
      });
  });
}

function continues(next: string | undefined, mark: string | undefined): boolean {
  return next !== undefined && mark !== undefined && (next[0] === mark || (mark === '"' && next[0] === '\u201c'));
}

/** Closed quotations that stand in none of the other kind. */
function countOutside(
  spans: { start: number; end: number; open: boolean }[][],
  others: { start: number; end: number; open: boolean }[][],
): number {
  let total = 0;
  for (const [paragraph, mine] of spans.entries()) {
    const theirs = others[paragraph] ?? [];
    let next = 0;
    for (const span of mine) {
      while (next < theirs.length && (theirs[next] as Span).end < span.end) next += 1;
      const other = theirs[next];
      if (!span.open && !(other && !other.open && other.start < span.start && span.end < other.end)) total += 1;
    }
  }
  return total;
}

function scan(text: string, marks: Record<string, string>): { start: number; end: number; open: boolean }[] {
  const spans: { start: number; end: number; open: boolean }[] = [];
  const closers = new Map<string, (open: number) => number | undefined>();
  let at = 0;
  while (at < text.length) {
    const closing = marks[text[at] as string];
    if (closing === undefined || !canOpen(text, at)) {
      at += 1;
      continue;
    }
    const single = closing.includes('\u2019') || closing === "'";
    let closer = closers.get(closing);
    if (!closer) closers.set(closing, (closer = single ? singleCloser(text, closing) : (open) => closeDouble(text, open, closing)));
    const end = closer(at);
    if (end === undefined && single && ELISIONS.test(text.slice(at, at + 8))) {
      at += 1;
      continue;
    }
    spans.push({ start: at, end: end ?? text.length, open: end === undefined });
    at = end ?? text.length;
  }
  return spans;
}

function canOpen(text: string, at: number): boolean {
  const before = text[at - 1];
  const after = text[at + 1];
  if (after === undefined || /\s/u.test(after))
    return text[at] !== "'" && text[at] !== '"' && text[at] !== '\u2018' && after !== undefined && '«„»'.includes(text[at] as string);
  return before === undefined || !LETTER.test(before) || text[at] === '\u201c' || text[at] === '„';
}

function closeDouble(text: string, open: number, closing: string): number | undefined {
  for (let at = open + 1; at < text.length; at += 1) if (closing.includes(text[at] as string)) return at + 1;
  return undefined;
}

/**
 * A closing single mark is also an apostrophe: it must not join letters, and a mark of punctuation before it is the better sign. Openings are
 * asked about in the order of the text, and what was found for one is kept for the next: a book full of "'tis" is read once.
 */
function singleCloser(text: string, closing: string): (open: number) => number | undefined {
  const endsAfter = (before: RegExp) => (at: number) =>
    closing.includes(text[at] as string) && !LETTER.test(text[at + 1] ?? '') && before.test(text[at - 1] as string);
  const strong = firstFrom(text, endsAfter(/[.,!?\u2026\u2014\u2013;:)\-]/u));
  const plain = firstFrom(text, endsAfter(LETTER));
  const opening = firstFrom(text, (at) => text[at] === '\u2018' && !closing.includes('\u2018'));
  return (open) => {
    const better = strong(open + 1);
    const candidate = plain(open + 1);
    if (candidate === undefined) return better === undefined ? undefined : better + 1;
    // A new opening mark: the one before was closed at the plain candidate.
    const end = Math.min(better ?? Infinity, opening(candidate + 1) ?? Infinity);
    return (better !== undefined && end === better ? better : candidate) + 1;
  };
}

/** The first place at or behind the one asked for where the test holds; linear in all, for places that are asked for in order. */
function firstFrom(text: string, holds: (at: number) => boolean): (from: number) => number | undefined {
  let at = 0;
  return (from) => {
    at = Math.max(at, from);
    while (at < text.length && !holds(at)) at += 1;
    return at < text.length ? at : undefined;
  };
}

/** Speech, and not a title, a nickname or a word held with tongs. */
function isSpeech(text: string, span: Span): boolean {
  const inner = text.slice(span.start + 1, span.end - 1).trim();
  if (inner === '' || !LETTER.test(inner)) return false;
  if (span.start === 0 || /[.,!?\u2026\u2014\u2013-]$/u.test(inner)) return true;
  // Windows, for a paragraph may be a whole book.
  const before = text.slice(Math.max(0, span.start - 40), span.start).trimEnd();
  const after = text.slice(span.end, span.end + 40).trimStart();
  if (/[,:\u2014]$/u.test(before) && /^\p{Lu}/u.test(inner)) return true;
  const wordAfter = /^\p{L}+/u.exec(after)?.[0].toLowerCase();
  const wordBefore = /(\p{L}+)[,:]?$/u.exec(before)?.[1]?.toLowerCase();
  if (wordAfter !== undefined && SPEECH_VERBS.has(wordAfter)) return true;
  if (wordBefore !== undefined && SPEECH_VERBS.has(wordBefore))
    return /^\p{Lu}/u.test(inner) && wordBefore !== 'called' && wordBefore !== 'read';
  // A sentence of its own, whatever it ends with.
  return /[.!?\u2026]$/u.test(before) && (after === '' || /^\p{Lu}/u.test(after)) && inner.includes(' ');
}

const DASH_OPENING = /^[\u2014\u2013\u2015]\s*\p{L}|^-{1,2}\s+\p{Lu}/u;
const TAG = new RegExp(
  String.raw`(?<=[,?!.\u2026\u2014])\s+(?:(?:${[...SPEECH_VERBS].join('|')})\s+(?:he|she|they|I|the|a|an|my|his|her|their|old|\p{Lu}[\p{L}\p{M}'\u2019.-]*)(?![\p{L}])|(?:he|she|they|I|[Tt]he(?:\s\p{Ll}+){1,3}|[Hh]er\s\p{Ll}+|[Hh]is\s\p{Ll}+|\p{Lu}[\p{L}\p{M}'\u2019-]+(?:\s\p{Lu}[\p{L}\p{M}'\u2019-]+)?)\s+(?:${[...SPEECH_VERBS].join('|')})(?![\p{L}]))`,
  'u',
);

/** Speech after a dialogue dash ends where the narrator's tag begins, and goes on after the tag's clause. */
function scanDashes(text: string): { start: number; end: number; open: boolean }[] {
  const spans: { start: number; end: number; open: boolean }[] = [];
  let at = 0;
  if (!DASH_OPENING.test(text)) {
    const inside = /[.!?\u2026:]\s+[\u2014\u2013\u2015]\s+(?=\p{Lu})/u.exec(text);
    if (!inside) return [];
    at = inside.index + inside[0].search(/[\u2014\u2013\u2015]/u);
  }
  while (at < text.length) {
    const rest = text.slice(at);
    const tag = TAG.exec(rest);
    const dash = /(?<=\S)\s+[\u2014\u2013\u2015]\s*(?=\S)/u.exec(rest.slice(2));
    // A second dash closes the speech (French and Spanish custom) when a tag stands behind it.
    if (dash && (!tag || dash.index + 2 < tag.index) && tagLike(rest.slice(dash.index + 2 + dash[0].length))) {
      const end = at + 2 + dash.index;
      spans.push({ start: at, end, open: false });
      const resume = /[\u2014\u2013\u2015]/u.exec(text.slice(end + dash[0].length));
      if (!resume) break;
      at = end + dash[0].length + resume.index;
      continue;
    }
    if (!tag) {
      spans.push({ start: at, end: text.length, open: false });
      break;
    }
    spans.push({ start: at, end: at + tag.index, open: false });
    const afterTag = at + tag.index + tag[0].length;
    const clause = /[.!?,:;\u2026]\s+/u.exec(text.slice(afterTag));
    if (!clause) break;
    at = afterTag + clause.index + clause[0].length;
    // What follows may be the narrator still: sentences about "he" and "she" in the past without an "I" or a "you".
    while (at < text.length && !clause[0].startsWith(',') && isNarration(text.slice(at))) {
      const next = /[.!?\u2026]\s+/u.exec(text.slice(at));
      if (!next) return spans;
      at += next.index + next[0].length;
    }
  }
  return spans.filter(({ start, end }) => LETTER.test(text.slice(start, end)));
}

function tagLike(text: string): boolean {
  const words =
    text
      .slice(0, 80)
      .toLowerCase()
      .match(/[\p{L}]+/gu) ?? [];
  return words.slice(0, 4).some((word) => SPEECH_VERBS.has(word));
}

function isNarration(text: string): boolean {
  const sentence = /^[^.!?\u2026]*/u.exec(text)?.[0] ?? '';
  return (
    /^(?:He|She|They|The|\p{Lu}\p{Ll}+)\s+(?:\p{Ll}+ly\s+)?(?:\p{Ll}+ed|was|were|had|took|went|came|put|sat|stood|shook|held|gave|rose|ran|shut|cut|set|hit|let|got|made|found|felt|knew|saw|drew|fell|flew|hung|kept|laid|lay|led|lit|lost|met|slid|spun|threw|wept|left|bent|bit|broke|caught|dug|drank|ate|drove|fought|hid|leant|rang|sank|slept|spat|stuck|swung|tore|woke|wore|wrote)\b/u.test(
      sentence,
    ) && !/\b(?:I|you|me|my|your|we|us|our|[Yy]ou)\b|n['\u2019]t\b|['\u2019](?:m|re|ll|ve)\b/u.test(sentence)
  );
}
