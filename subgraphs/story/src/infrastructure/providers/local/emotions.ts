// What sentences feel like, by the lexicon: negated words do not count, neighbours make them stronger or weaker.

import type { EmotionName, ExtractedEmotion } from '../../../domain/analysis-provider.js';
import { emotionOf, intensifierOf, isNegation } from './emotion-lexicon.js';
import type { Token } from './reading.js';

/** Longest quote in UTF-16 units; longer sentences are cut to the clause around the word. */
export const MAX_QUOTE = 240;

interface Feeling {
  emotion: EmotionName;
  intensity: number;
  token: number;
}

/** The feelings of one sentence, the strongest of each kind. */
export function feelingsOf(tokens: Token[]): Feeling[] {
  const feelings = new Map<EmotionName, Feeling & { hits: number }>();
  const exclaimed = tokens.some(({ text }) => text === '!');
  for (const [at, token] of tokens.entries()) {
    const entry = token.word ? emotionOf(token.lower) : undefined;
    if (!entry || isName(tokens, at) || isNegated(tokens, at) || isPhrase(tokens, at)) continue;
    let intensity = entry.strength;
    for (let back = 1; back <= 2; back += 1) intensity += intensifierOf(tokens[at - back]?.lower ?? '') ?? 0;
    if (exclaimed) intensity += 1;
    if (token.text.length > 2 && token.text === token.text.toUpperCase()) intensity += 1;
    const known = feelings.get(entry.emotion);
    const hits = (known?.hits ?? 0) + 1;
    if (!known || intensity > known.intensity) feelings.set(entry.emotion, { emotion: entry.emotion, intensity, token: at, hits });
    else known.hits = hits;
  }
  return [...feelings.values()].map(({ emotion, intensity, token, hits }) => ({
    emotion,
    // Two words of one feeling in one sentence are more than one.
    intensity: Math.min(10, Math.max(1, Math.round(intensity + Math.min(2, (hits - 1) * 0.5)))),
    token,
  }));
}

/** "Grace" and "Joy" in the middle of a sentence are people. */
function isName(tokens: Token[], at: number): boolean {
  const token = tokens[at] as Token;
  return token.capital && !token.opensSentence && token.text !== token.text.toUpperCase();
}

/** “I'm afraid not”, “he cried” before a quotation: manners of speaking. */
function isPhrase(tokens: Token[], at: number): boolean {
  const token = tokens[at] as Token;
  const next = tokens[at + 1]?.lower ?? '.';
  if (token.lower === 'afraid' && tokens[at - 2]?.lower === 'i')
    return tokens[at - 3]?.text === ',' || /^(?:not|so|that|i|we|it|he|she|you|they|there)$/u.test(next);
  // Crying out words is no weeping.
  if (/^(?:cry|cries|cried)$/u.test(token.lower)) {
    const spoken = (neighbour: Token | undefined) => neighbour !== undefined && neighbour.speech >= 0 && neighbour.speech !== token.speech;
    return (
      next === 'out' ||
      spoken(tokens[at - 1]) ||
      spoken(tokens[at - 2]) ||
      spoken(tokens[at - 3]) ||
      tokens[at + 1]?.text === ',' ||
      tokens[at + 1]?.text === ':' ||
      isTag(tokens)
    );
  }
  return false;
}

/** The narrator's words around a quotation: they begin in the middle of a sentence. */
function isTag(tokens: Token[]): boolean {
  const first = tokens.find(({ word }) => word);
  return first !== undefined && first.speech < 0 && !first.opensSentence;
}

function isNegated(tokens: Token[], at: number): boolean {
  let words = 0;
  for (let back = at - 1; back >= 0 && words < 4; back -= 1) {
    const token = tokens[back] as Token;
    if (/^[,;:\u2014(]$/u.test(token.text) || token.lower === 'but') return false;
    if (!token.word) continue;
    if (isNegation(token.lower)) {
      // "not only proud", "never so happy", "could not help laughing", "no wonder": said to strengthen.
      const next = tokens[back + 1]?.lower;
      return !(next === 'only' || next === 'help' || (token.lower === 'never' && (next === 'so' || next === 'been')));
    }
    words += 1;
  }
  return false;
}

/** The sentence, or the clause of a long sentence around its telling word. */
export function quoteOf(content: string, tokens: Token[], at: number): string {
  let first = 0;
  let last = tokens.length - 1;
  const start = () => (tokens[first] as Token).start;
  const end = () => (tokens[last] as Token).end;
  if (end() - start() > MAX_QUOTE) {
    first = at;
    while (
      first > 0 &&
      !/^[,;:\u2014]$/u.test((tokens[first - 1] as Token).text) &&
      (tokens[at] as Token).end - (tokens[first - 1] as Token).start < MAX_QUOTE / 2
    )
      first -= 1;
    last = at;
    while (
      last < tokens.length - 1 &&
      !/^[,;:\u2014]$/u.test((tokens[last + 1] as Token).text) &&
      (tokens[last + 1] as Token).end - start() < MAX_QUOTE
    )
      last += 1;
  }
  // Without the quotation marks at its ends, which would stand alone.
  return content
    .slice(start(), end())
    .trim()
    .replace(/^["'\u2018\u201c\u201e\u00ab\u201d\u2019\s]+(?=[\p{L}\p{N}])|["\u201c\u201d\u00bb\u00ab\s]+$/gu, '');
}

/** "sobbed the manageress": the words of a tag tell how the quotation beside it is spoken. */
export function tellsHowItIsSaid(tokens: Token[], at: number): boolean {
  return isTag(tokens) && at <= 6 && !tokens.slice(0, at).some(({ text }) => /^[.!?;:\u2014]$/u.test(text));
}

export function strongestOf(emotions: Pick<ExtractedEmotion, 'emotion' | 'intensity'>[]): EmotionName {
  const sums = new Map<EmotionName, number>();
  for (const { emotion, intensity } of emotions) sums.set(emotion, (sums.get(emotion) ?? 0) + intensity);
  let best: EmotionName = 'neutral';
  for (const [emotion, sum] of sums) if (sum > (sums.get(best) ?? 0)) best = emotion;
  return best;
}
