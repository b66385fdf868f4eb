// What a provider says is never trusted: these rules make it fit the text, or refuse it. Pure.

import {
  AnalysisFailure,
  CHARACTER_ROLES,
  EMOTION_NAMES,
  type ExtractedCharacter,
  type ExtractedEmotion,
  type ExtractedSegment,
  type Extraction,
  NARRATOR,
} from './analysis-provider.js';
import { codePoints, splitText } from './analysis-segments.js';

export const MAX_CHARACTERS = 100;
export const MAX_EMOTIONS = 200;
const MAX_NAME = 200;
const MAX_DESCRIPTION = 1_000;
const MAX_TRAIT = 60;
const MAX_TRAITS = 20;
const MAX_ALIASES = 20;
/** Below this share of the text found again in the provider's segments, the answer is about another text. */
const LEAST_COVERAGE = 0.5;
/** How far ahead a segment is looked for: longer than anything a provider skips, short enough to stay linear. */
const LOOK_AHEAD = 8_000;

/** The same extraction made to fit `content`; throws ANALYSIS_RESULT_INVALID when it cannot be. */
export function repairExtraction(content: string, extraction: Extraction): Extraction {
  const characters = repairCharacters(content, extraction.characters);
  const { segments, movedTo } = repairSegments(content, extraction.segments);
  const spoken = repairSpeakers(segments, characters, extraction.characters);
  const kept = keepMostProminent(characters, spoken);
  const names = new Set(kept.map(({ name }) => name));
  const finalSegments = spoken.map((segment) => (segment.speaker && !names.has(segment.speaker) ? { ...segment, speaker: null } : segment));
  const emotions = strongest(repairEmotions(finalSegments, extraction.emotions, movedTo));
  return { ...extraction, characters: kept, segments: finalSegments, emotions };
}

/** Text that a database and a screen can hold: well-formed, NFC, no control characters, one line, at most `limit` code points. */
export function cleanLine(text: unknown, limit: number): string | null {
  if (typeof text !== 'string') return null;
  const line = text
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  if (line === '') return null;
  return codePoints(line) <= limit ? line : [...line].slice(0, limit).join('').trimEnd();
}

export function repairCharacters(content: string, characters: ExtractedCharacter[]): ExtractedCharacter[] {
  const text = ` ${comparable(content)} `;
  const occurs = (name: string) => {
    const words = withoutArticle(comparable(name));
    return words !== '' && (text.includes(` ${words} `) || text.includes(` ${words} s `));
  };
  const byForm = new Map<string, ExtractedCharacter>();
  const repaired: ExtractedCharacter[] = [];
  for (const character of characters) {
    const forms = [character.name, ...(character.aliases ?? [])]
      .map((form) => cleanLine(form, MAX_NAME))
      .filter((form): form is string => form !== null)
      .filter((form) => form === NARRATOR || occurs(form));
    const name = forms[0];
    // A name that stands nowhere in the text was made up.
    if (name === undefined) continue;
    const known = byForm.get(formKey(name));
    const target: ExtractedCharacter = known ?? {
      name,
      aliases: [],
      role: null,
      description: null,
      personality: null,
      traits: [],
    };
    if (!known) repaired.push(target);
    target.role ??= CHARACTER_ROLES.find((role) => role === character.role) ?? null;
    target.description ??= cleanLine(character.description, MAX_DESCRIPTION);
    target.personality ??= cleanLine(character.personality, MAX_DESCRIPTION);
    target.traits = distinct([...target.traits, ...(character.traits ?? []).map((trait) => cleanLine(trait, MAX_TRAIT))]).slice(
      0,
      MAX_TRAITS,
    );
    byForm.set(formKey(name), target);
    for (const alias of forms.slice(1)) {
      // One form means one person: the first who has it keeps it.
      if (byForm.has(formKey(alias)) || target.aliases.length >= MAX_ALIASES) continue;
      byForm.set(formKey(alias), target);
      target.aliases.push(alias);
    }
  }
  return repaired;
}

/** Segments that joined are exactly `content`, and where each given one went (index by index; undefined: it is not in the text). */
export function repairSegments(
  content: string,
  given: ExtractedSegment[],
): { segments: ExtractedSegment[]; movedTo: (number | undefined)[] } {
  if (given.every(({ text }) => typeof text === 'string') && given.map(({ text }) => text).join('') === content) return splitLong(given);
  const text = skeleton(content);
  const placed: { from: number; to: number; source: number }[] = [];
  let cursor = 0;
  let covered = 0;
  for (const [source, segment] of given.entries()) {
    if (typeof segment.text !== 'string') continue;
    const wanted = skeleton(segment.text).letters;
    if (wanted === '') continue;
    // Near the cursor is likelier than far away, and a wrong far hit would swallow everything between.
    const window = text.letters.slice(cursor, cursor + wanted.length + LOOK_AHEAD);
    const found = window.indexOf(wanted);
    if (found < 0) continue;
    placed.push({ from: cursor + found, to: cursor + found + wanted.length, source });
    cursor += found + wanted.length;
    covered += wanted.length;
  }
  if (text.letters.length > 0 && covered / text.letters.length < LEAST_COVERAGE) throw new AnalysisFailure('ANALYSIS_RESULT_INVALID');

  const segments: ExtractedSegment[] = [];
  const movedTo: (number | undefined)[] = given.map(() => undefined);
  let end = 0;
  const append = (to: number, speaker: string | null, emotion: ExtractedSegment['emotion'], source?: number) => {
    if (to <= end) return;
    if (source !== undefined) movedTo[source] = segments.length;
    for (const piece of splitText(content.slice(end, to))) segments.push({ text: piece, speaker, emotion });
    end = to;
  };
  for (const [index, place] of placed.entries()) {
    const start = text.offsets[place.from] ?? content.length;
    const gap = content.slice(end, start);
    // Left out by the provider: narration of its own if there are words in it, else it belongs to what comes next.
    if (place.from > (placed[index - 1]?.to ?? 0)) append(start - trailingMarks(gap), null, 'neutral');
    const segment = given[place.source] as ExtractedSegment;
    const emotion = EMOTION_NAMES.find((name) => name === segment.emotion) ?? 'neutral';
    append(endOfPiece(content, text.offsets, place.to), cleanLine(segment.speaker, MAX_NAME), emotion, place.source);
  }
  const last = segments.at(-1);
  if (end < content.length && last && !/[\p{L}\p{N}]/u.test(content.slice(end)) && codePoints(last.text) < 500) {
    last.text += content.slice(end);
    const pieces = splitText(last.text);
    segments.splice(-1, 1, ...pieces.map((piece) => ({ ...last, text: piece })));
  } else append(content.length, null, 'neutral');
  return { segments, movedTo };
}

/** They fit already; only what is too long for one speech call is cut. */
function splitLong(given: ExtractedSegment[]): { segments: ExtractedSegment[]; movedTo: (number | undefined)[] } {
  const segments: ExtractedSegment[] = [];
  const movedTo: (number | undefined)[] = [];
  for (const { text, speaker, emotion } of given) {
    if (text === '') {
      movedTo.push(undefined);
      continue;
    }
    movedTo.push(segments.length);
    const kept = EMOTION_NAMES.find((name) => name === emotion) ?? 'neutral';
    for (const piece of splitText(text)) segments.push({ text: piece, speaker: cleanLine(speaker, MAX_NAME), emotion: kept });
  }
  return { segments, movedTo };
}

/** A speaker is a character by any of its forms, also by those that the provider gave and the text does not have. */
function repairSpeakers(
  segments: ExtractedSegment[],
  characters: ExtractedCharacter[],
  given: ExtractedCharacter[] = [],
): ExtractedSegment[] {
  const byForm = new Map<string, string>();
  const learn = (form: string, name: string) => {
    if (!byForm.has(formKey(form))) byForm.set(formKey(form), name);
  };
  for (const { name } of characters) learn(name, name);
  for (const { name, aliases } of characters) for (const alias of aliases) learn(alias, name);
  for (const { name, aliases } of given) {
    const known = [name, ...(aliases ?? [])].map((form) => byForm.get(formKey(form))).find((found) => found !== undefined);
    if (known !== undefined) for (const form of [name, ...(aliases ?? [])]) learn(form, known);
  }
  return segments.map((segment) => ({
    ...segment,
    speaker: segment.speaker === null ? null : (byForm.get(formKey(segment.speaker)) ?? null),
  }));
}

export function repairEmotions(
  segments: ExtractedSegment[],
  emotions: ExtractedEmotion[],
  movedTo: (number | undefined)[] = segments.map((_, index) => index),
): ExtractedEmotion[] {
  const repaired: ExtractedEmotion[] = [];
  for (const emotion of emotions) {
    const name = EMOTION_NAMES.find((known) => known === emotion.emotion);
    if (!name || name === 'neutral' || !Number.isFinite(emotion.intensity) || typeof emotion.quote !== 'string') continue;
    const quote = emotion.quote.trim();
    const place = quote === '' ? undefined : findQuote(segments, quote, movedTo[emotion.segmentIndex]);
    if (!place) continue;
    repaired.push({
      emotion: name,
      intensity: Math.min(10, Math.max(1, Math.round(emotion.intensity))),
      context: cleanLine(emotion.context, MAX_DESCRIPTION),
      quote: place.quote,
      segmentIndex: place.segmentIndex,
    });
  }
  return repaired;
}

/** At most MAX_EMOTIONS: the strongest, in the order of the text. */
export function strongest(emotions: ExtractedEmotion[], limit = MAX_EMOTIONS): ExtractedEmotion[] {
  const ranked = emotions.map((emotion, order) => ({ emotion, order }));
  const kept =
    ranked.length <= limit ? ranked : ranked.sort((a, b) => b.emotion.intensity - a.emotion.intensity || a.order - b.order).slice(0, limit);
  return kept.sort((a, b) => a.emotion.segmentIndex - b.emotion.segmentIndex || a.order - b.order).map(({ emotion }) => emotion);
}

function keepMostProminent(characters: ExtractedCharacter[], segments: ExtractedSegment[]): ExtractedCharacter[] {
  if (characters.length <= MAX_CHARACTERS) return characters;
  const spoken = new Map<string, number>();
  for (const { speaker } of segments) if (speaker) spoken.set(speaker, (spoken.get(speaker) ?? 0) + 1);
  const kept = new Set(
    characters
      .map((character, order) => ({ character, order, lines: spoken.get(character.name) ?? 0 }))
      .sort((a, b) => b.lines - a.lines || a.order - b.order)
      .slice(0, MAX_CHARACTERS)
      .map(({ character }) => character),
  );
  return characters.filter((character) => kept.has(character));
}

/** Looked for where the provider says, then around it, then everywhere (a provider's index is often off by a few). */
function findQuote(
  segments: ExtractedSegment[],
  quote: string,
  hint: number | undefined,
): { quote: string; segmentIndex: number } | undefined {
  const order = hint === undefined ? [] : [hint, hint + 1, hint - 1, hint + 2, hint - 2];
  for (const segmentIndex of order) {
    const exact = quoteIn(segments[segmentIndex]?.text, quote);
    if (exact) return { quote: exact, segmentIndex };
  }
  const segmentIndex = segments.findIndex(({ text }) => text.includes(quote));
  return segmentIndex < 0 ? undefined : { quote, segmentIndex };
}

/** The words of the segment that the quote means, though the provider wrote other quotation marks or white space. */
function quoteIn(text: string | undefined, quote: string): string | undefined {
  if (text === undefined) return undefined;
  if (text.includes(quote)) return quote;
  const inText = skeleton(text);
  const wanted = skeleton(quote).letters;
  const from = wanted === '' ? -1 : inText.letters.indexOf(wanted);
  if (from < 0) return undefined;
  return text.slice(inText.offsets[from], endOfLetter(text, inText.offsets, from + wanted.length - 1)).trim();
}

/** Letters and digits alone, lower-cased, with the place of each in the text: what survives a provider's retyping. */
function skeleton(text: string): { letters: string; offsets: number[] } {
  let letters = '';
  const offsets: number[] = [];
  let offset = 0;
  for (const character of text) {
    if (/[\p{L}\p{N}\p{S}]/u.test(character)) {
      const folded = character.toLowerCase();
      letters += folded;
      for (let unit = 0; unit < folded.length; unit += 1) offsets.push(offset);
    }
    offset += character.length;
  }
  return { letters, offsets };
}

function endOfLetter(text: string, offsets: number[], index: number): number {
  const start = offsets[index];
  return start === undefined ? text.length : start + String.fromCodePoint(text.codePointAt(start) ?? 0).length;
}

/** A piece ends after its last letter, the marks that close it and the white space behind them. */
function endOfPiece(content: string, offsets: number[], to: number): number {
  const end = endOfLetter(content, offsets, to - 1);
  const next = offsets[to] ?? content.length;
  const between = content.slice(end, next);
  return next - trailingMarks(between);
}

/** How many units at the end of `between` open what follows: quotation marks and brackets that stand after white space. */
function trailingMarks(between: string): number {
  const opening = /(?<=^|\s)[\p{Ps}\p{Pi}\p{Pd}"'\u201e\u00bf\u00a1\u00bb\u201c\u2018]+\s?$/u.exec(between);
  return opening && opening[0].length < between.length ? opening[0].length : 0;
}

function comparable(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim();
}

function withoutArticle(words: string): string {
  return words.replace(/^(?:the|an?|my|his|her|their|our|your) (?=.)/u, '');
}

function formKey(name: string): string {
  return withoutArticle(comparable(name)) || comparable(name);
}

function distinct(lines: (string | null)[]): string[] {
  const seen = new Map<string, string>();
  for (const line of lines) if (line && !seen.has(line.toLowerCase())) seen.set(line.toLowerCase(), line);
  return [...seen.values()];
}
