// Cutting a text into pieces that one speech call can read, without losing a character of it.

/** Longest segment in code points: about 40 s of narration, and far below what speech providers take in one call. */
export const MAX_SEGMENT_CODE_POINTS = 600;

const sentences = new Intl.Segmenter('en', { granularity: 'sentence' });
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** The pieces are at most `limit` code points, end at sentences where possible, and joined are `text`. */
export function splitText(text: string, limit = MAX_SEGMENT_CODE_POINTS): string[] {
  if (text.length <= limit || codePoints(text) <= limit) return [text];
  return pack(
    Array.from(sentences.segment(text), ({ segment }) => segment).flatMap((sentence) => splitSentence(sentence, limit)),
    limit,
  );
}

function splitSentence(sentence: string, limit: number): string[] {
  if (codePoints(sentence) <= limit) return [sentence];
  const clauses = sentence.match(/[^,;:\u2014\u2013]*[,;:\u2014\u2013]\s*|[^,;:\u2014\u2013]+$/gu) ?? [sentence];
  return clauses.flatMap((clause) => (codePoints(clause) <= limit ? [clause] : splitWords(clause, limit)));
}

function splitWords(clause: string, limit: number): string[] {
  const words = clause.match(/\s*\S+\s*$|\s*\S+|\s+$/gu) ?? [clause];
  return words.flatMap((word) => (codePoints(word) <= limit ? [word] : splitHard(word, limit)));
}

/** No space to cut at: cut between graphemes, or between code points where one grapheme alone is too long. */
function splitHard(word: string, limit: number): string[] {
  const units = Array.from(graphemes.segment(word), ({ segment }) => segment);
  return pack(
    units.flatMap((unit) => (codePoints(unit) <= limit ? [unit] : [...unit])),
    limit,
  );
}

function pack(pieces: string[], limit: number): string[] {
  const packed: string[] = [];
  let current = '';
  let size = 0;
  for (const piece of pieces) {
    const length = codePoints(piece);
    if (size > 0 && size + length > limit) {
      packed.push(current);
      current = '';
      size = 0;
    }
    current += piece;
    size += length;
  }
  if (current !== '') packed.push(current);
  return packed;
}
