// The whole text as pieces for one voice each: the narrator's words and direct speech, in order, nothing lost.

import { splitText } from '../../../domain/analysis-segments.js';
import type { Paragraph, Reading } from './reading.js';

export interface Piece {
  start: number;
  end: number;
  /** Index of the direct speech, or -1. */
  speech: number;
}

export function cutSegments({
  content,
  paragraphs,
  speeches,
}: Pick<Reading, 'content' | 'speeches'> & { paragraphs: Pick<Paragraph, 'start' | 'end' | 'speeches'>[] }): Piece[] {
  const runs: Piece[] = [];
  for (const paragraph of paragraphs) {
    let at = paragraph.start;
    for (const index of paragraph.speeches) {
      const speech = speeches[index] as { start: number; end: number };
      if (speech.start > at) runs.push({ start: at, end: speech.start, speech: -1 });
      runs.push({ start: speech.start, end: speech.end, speech: index });
      at = speech.end;
    }
    if (at < paragraph.end) runs.push({ start: at, end: paragraph.end, speech: -1 });
  }
  // What has no letter cannot be spoken (a row of asterisks, a lone full stop): it goes with the piece before it, the first with the next.
  const spoken = runs.filter(({ start, end }) => /[\p{L}\p{N}]/u.test(content.slice(start, end)));
  if (spoken.length === 0) return content === '' ? [] : [{ start: 0, end: content.length, speech: -1 }];
  return spoken.flatMap((run, index) => {
    const start = index === 0 ? 0 : leading(content, run.start);
    const next = spoken[index + 1];
    const end = next ? leading(content, next.start) : content.length;
    let at = start;
    return splitText(content.slice(start, end)).map((text) => {
      const piece = { start: at, end: at + text.length, speech: run.speech };
      at += text.length;
      return piece;
    });
  });
}

/** White space belongs to the piece before it: a piece begins with what is said. */
function leading(content: string, start: number): number {
  let at = start;
  while (at < content.length && /\s/u.test(content[at] as string)) at += 1;
  return at;
}
