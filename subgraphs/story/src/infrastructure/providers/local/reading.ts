// A text read once: paragraphs, direct speech and words with their parts of speech. Everything else is derived from it.

import { createRequire } from 'node:module';
import type { Model, WinkMethods } from 'wink-nlp';
import { findParagraphs, findSpeech, type Span, type SpeechSpan } from './speech-marks.js';
import { ABBREVIATIONS } from './words.js';

export interface Token extends Span {
  text: string;
  lower: string;
  word: boolean;
  capital: boolean;
  /** Part of speech as wink-nlp names it (`NOUN`, `VERB`, `PROPN` …), or '' where it could not be told. */
  pos: string;
  /** A capital here says nothing: the word opens a sentence or a quotation. */
  opensSentence: boolean;
  /** Number of the sentence in the text. */
  sentence: number;
  paragraph: number;
  /** Index of the direct speech that it stands in, or -1 for the narrator's words. */
  speech: number;
}

export interface Paragraph extends Span {
  /** Tokens `first` up to but without `after`. */
  first: number;
  after: number;
  /** A heading: its capitals say nothing. */
  heading: boolean;
  speeches: number[];
}

export interface Reading {
  content: string;
  tokens: Token[];
  paragraphs: Paragraph[];
  speeches: SpeechSpan[];
  /** Its tokens: from `tokenFirst` up to but without `tokenAfter`. */
  speechTokens: { tokenFirst: number; tokenAfter: number }[];
}

let model: { nlp: WinkMethods; firstUnknownId: number } | null = null;

/** Loaded at the first use: 90 ms and some 60 MB that a process which analyses nothing need not pay. */
function language(): { nlp: WinkMethods; firstUnknownId: number } {
  if (model === null) {
    // wink-nlp and its model are CommonJS whose declarations use `export default`; require() gives what they really export.
    const require = createRequire(import.meta.url);
    const winkNlp = require('wink-nlp') as (model: Model, pipe: string[]) => WinkMethods;
    const nlp = winkNlp(require('wink-eng-lite-web-model') as Model, ['pos']);
    model = { nlp, firstUnknownId: Number(nlp.readDoc('zzqxvk').tokens().itemAt(0).out(nlp.its.uniqueId)) };
  }
  return model;
}

const known = new Map<string, { known: boolean; pos: string }>();

/** What the language model says of a word that stands alone: is it in its dictionary, and as what. */
export function lexical(lower: string): { known: boolean; pos: string } {
  const cached = known.get(lower);
  if (cached) return cached;
  if (lower.length > 40) return { known: false, pos: '' };
  const { nlp, firstUnknownId } = language();
  const token = nlp.readDoc(fold(lower).replace(/-/gu, '')).tokens().itemAt(0);
  const result = token
    ? { known: Number(token.out(nlp.its.uniqueId)) < firstUnknownId, pos: token.out(nlp.its.pos) }
    : { known: false, pos: '' };
  // Bounded, because a worker reads many texts.
  if (known.size > 20_000) known.clear();
  known.set(lower, result);
  return result;
}

const TOKEN =
  /\p{L}[\p{L}\p{M}\p{N}]*(?:['\u2019\-\u2010\u2011](?=\p{L})[\p{L}\p{M}\p{N}]+)*|\p{N}+(?:[.,:]\p{N}+)*(?:st|nd|rd|th)?|--+|\.{2,}|[^\s\p{L}\p{N}]/gu;
const CLITIC = /['\u2019](?:s|m|d|ll|re|ve)$/iu;

export function read(content: string, onParagraph?: (done: number, total: number) => void): Reading {
  const spans = findParagraphs(content);
  const speeches = findSpeech(content, spans);
  const tokens: Token[] = [];
  const paragraphs: Paragraph[] = [];
  let sentence = -1;
  let speech = 0;
  let listed = 0;
  for (const [index, span] of spans.entries()) {
    const first = tokens.length;
    const text = content.slice(span.start, span.end);
    const mine: number[] = [];
    while (speeches[listed]?.paragraph === index) {
      mine.push(listed);
      listed += 1;
    }
    let opens = true;
    let within = -1;
    let newSentence = true;
    for (const match of text.matchAll(TOKEN)) {
      for (const piece of splitClitic(match[0], span.start + match.index)) {
        while (speech < speeches.length && (speeches[speech] as Span).end <= piece.start) speech += 1;
        const current = speeches[speech];
        const inside = current && current.start <= piece.start && piece.end <= current.end ? speech : -1;
        if (inside !== within) {
          if (inside >= 0) {
            opens = true;
            newSentence = true;
          } else if (/^\p{Ll}/u.test(piece.text)) {
            // “The lift!” cried the Inspector: the sentence goes on.
            opens = false;
            newSentence = false;
          } else if (
            /^\p{Lu}/u.test(piece.text) &&
            tokens.length > first &&
            /[.!?\u2026]/u.test(content.slice(Math.max(0, piece.start - 4), piece.start))
          ) {
            opens = true;
            newSentence = true;
          }
          within = inside;
        }
        const word = /[\p{L}\p{N}]/u.test(piece.text);
        if (word && newSentence) {
          sentence += 1;
          newSentence = false;
        }
        tokens.push({
          ...piece,
          lower: piece.text
            .toLowerCase()
            .replace(/[\u2019\u2018]/gu, "'")
            .replace(/[\u2010\u2011]/gu, '-'),
          word,
          capital: /^\p{Lu}/u.test(piece.text),
          pos: '',
          opensSentence: word && opens,
          sentence: Math.max(0, sentence),
          paragraph: index,
          speech: inside,
        });
        if (word) opens = false;
        if (/^(?:[.!?\u2026]|\.{2,})$/u.test(piece.text) && !endsAbbreviation(tokens)) {
          opens = true;
          newSentence = true;
        }
      }
    }
    tag(tokens, first, span.start, text);
    paragraphs.push({ ...span, first, after: tokens.length, heading: isHeading(tokens.slice(first), mine.length > 0), speeches: mine });
    onParagraph?.(index + 1, spans.length);
  }
  const speechTokens = speeches.map(() => ({ tokenFirst: 0, tokenAfter: 0 }));
  for (const [at, { speech }] of tokens.entries()) {
    const range = speechTokens[speech];
    if (!range) continue;
    if (range.tokenAfter === 0) range.tokenFirst = at;
    range.tokenAfter = at + 1;
  }
  return { content, tokens, paragraphs, speeches, speechTokens };
}

function splitClitic(text: string, start: number): { text: string; start: number; end: number }[] {
  const clitic = CLITIC.exec(text);
  if (!clitic) return [{ text, start, end: start + text.length }];
  const cut = start + clitic.index;
  return [
    { text: text.slice(0, clitic.index), start, end: cut },
    { text: text.slice(clitic.index), start: cut, end: start + text.length },
  ];
}

function endsAbbreviation(tokens: Token[]): boolean {
  const before = tokens.at(-2);
  const dot = tokens.at(-1);
  if (!before || !dot || dot.text !== '.' || before.end !== dot.start) return false;
  return ABBREVIATIONS.has(before.lower) || (/^\p{Lu}$/u.test(before.text) && before.text !== 'I');
}

function isHeading(tokens: Token[], speaks: boolean): boolean {
  const words = tokens.filter(({ word }) => word);
  if (speaks || words.length === 0 || words.length > 14) return false;
  if (words.every(({ text }) => text === text.toUpperCase())) return true;
  if (/^(?:chapter|part|book|prologue|epilogue|act|scene)$/u.test((words[0] as Token).lower) && words.length <= 8) return true;
  const last = tokens.at(-1) as Token;
  if (/[.!?\u2026,;:\u201d"\u2019']/u.test(last.text)) return false;
  return words.filter(({ capital, text }) => capital || text.length <= 3).length >= words.length * 0.75 && words.length >= 2;
}

/** wink-nlp's tokenizer takes time with the square of a run without spaces (20,000 units: 3 s), so that it gets words only, and few at once. */
const CHUNK = 2_000;

function chunks(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length; ) {
    const space = at + CHUNK >= text.length ? text.length : text.lastIndexOf(' ', at + CHUNK);
    const end = space > at ? space : at + CHUNK;
    found.push(text.slice(at, end));
    at = end;
  }
  return found;
}

/** Parts of speech from wink-nlp, which reads ASCII: the folded text is as long as the original, so places agree. */
function tag(tokens: Token[], first: number, offset: number, text: string): void {
  const { nlp } = language();
  const folded = fold(text).replace(/\S{61,}/gu, (run) => ' '.repeat(run.length));
  const values: string[] = [];
  const tags: string[] = [];
  for (const chunk of chunks(folded)) {
    const read = nlp.readDoc(chunk).tokens();
    values.push(...read.out(nlp.its.value));
    tags.push(...read.out(nlp.its.pos));
  }
  let cursor = 0;
  let next = first;
  for (const [index, value] of values.entries()) {
    const found = folded.indexOf(value, cursor);
    if (found < 0 || found > cursor + 200) continue;
    cursor = found + value.length;
    while (next < tokens.length && (tokens[next] as Token).start - offset < found) next += 1;
    const token = tokens[next];
    if (token && token.start - offset === found) token.pos = tags[index] as string;
  }
}

const FOLDED: Record<string, string> = {
  ł: 'l',
  Ł: 'L',
  ø: 'o',
  Ø: 'O',
  đ: 'd',
  Đ: 'D',
  ı: 'i',
  ð: 'd',
  þ: 't',
  ß: 's',
  æ: 'a',
  Æ: 'A',
  œ: 'o',
  Œ: 'O',
};
const QUOTE_MARKS: Record<string, string> = {
  '\u2018': "'",
  '\u2019': "'",
  '\u201a': "'",
  '\u201c': '"',
  '\u201d': '"',
  '\u201e': '"',
  '«': '"',
  '»': '"',
};

/** Unit by unit to ASCII; what has no counterpart becomes a space (marks) or a letter (letters). */
function fold(text: string): string {
  let folded = '';
  for (let unit = 0; unit < text.length; unit += 1) {
    const character = text[unit] as string;
    if (character < '\u0080') folded += character;
    else {
      const base = QUOTE_MARKS[character] ?? FOLDED[character] ?? character.normalize('NFD')[0] ?? ' ';
      folded +=
        base < '\u0080'
          ? base
          : /\p{Lu}/u.test(character)
            ? 'X'
            : /[\p{L}\p{M}]/u.test(character)
              ? 'x'
              : /\p{Pd}/u.test(character)
                ? '-'
                : ' ';
    }
  }
  return folded;
}
