// The local analysis as one plain function: deterministic, no I/O, runs in the worker and in specs.

import type { AnalysisProgress, ExtractedEmotion, ExtractedSegment, Extraction } from '../../../domain/analysis-provider.js';
import { type Person, whoIs } from './cast.js';
import { feelingsOf, MAX_QUOTE, quoteOf, strongestOf, tellsHowItIsSaid } from './emotions.js';
import { type Cast, findCast } from './find-cast.js';
import { drawPortraits } from './portraits.js';
import { type Reading, read, type Token } from './reading.js';
import { cutSegments } from './segments.js';

export function analyseEnglish(content: string, report: (progress: AnalysisProgress) => void = () => {}): Extraction {
  report({ stage: 'reading', done: 0, total: 1 });
  let reported = 0;
  const reading = read(content, (done, total) => {
    const step = Math.floor((done / total) * 20);
    if (step > reported) {
      reported = step;
      report({ stage: 'reading', done, total });
    }
  });
  report({ stage: 'characters', done: 0, total: 1 });
  const cast = findCast(reading);
  const portraits = drawPortraits(cast);
  report({ stage: 'characters', done: 1, total: 1 });
  const nameOfPerson = (person: Person | null | undefined): string | null => (person ? (portraits.get(whoIs(person))?.name ?? null) : null);
  const { segments, emotions } = feel(reading, cast, nameOfPerson, report);
  return {
    characters: [...portraits.values()],
    emotions,
    segments,
    provider: 'local',
    model: null,
    usage: null,
    cost: null,
  };
}

function feel(
  reading: Reading,
  cast: Cast,
  nameOfPerson: (person: Person | null | undefined) => string | null,
  report: (progress: AnalysisProgress) => void,
): { segments: ExtractedSegment[]; emotions: ExtractedEmotion[] } {
  const pieces = cutSegments(reading);
  const segments: ExtractedSegment[] = [];
  const emotions: ExtractedEmotion[] = [];
  const mentioned = new Map<number, Person>();
  for (const { first, person, subject } of cast.mentions) {
    const { sentence, speech } = reading.tokens[first] as Token;
    if (subject && speech < 0 && !mentioned.has(sentence)) mentioned.set(sentence, person);
  }
  let token = 0;
  for (const [segmentIndex, piece] of pieces.entries()) {
    const speaker = piece.speech >= 0 ? nameOfPerson(cast.speakers[piece.speech]) : null;
    const mine: ExtractedEmotion[] = [];
    while (token < reading.tokens.length && (reading.tokens[token] as Token).start < piece.end) {
      const sentence: Token[] = [];
      const number = (reading.tokens[token] as Token).sentence;
      for (let next = reading.tokens[token]; next && next.sentence === number && next.start < piece.end; next = reading.tokens[token]) {
        sentence.push(next);
        token += 1;
      }
      for (const { emotion, intensity, token: at } of feelingsOf(sentence)) {
        const spoken = piece.speech < 0 && pieces[segmentIndex - 1]?.speech !== -1 ? segments[segmentIndex - 1] : undefined;
        if (spoken && tellsHowItIsSaid(sentence, at)) {
          const words = spoken.text.trim();
          if (words.length <= MAX_QUOTE) {
            emotions.push({ emotion, intensity, context: saidBy(spoken.speaker), quote: words, segmentIndex: segmentIndex - 1 });
            spoken.emotion = emotion;
            continue;
          }
        }
        const about = nameOfPerson(mentioned.get(number));
        const context = piece.speech >= 0 ? saidBy(speaker) : about ? `Told of ${about}` : 'Told by the narration';
        mine.push({ emotion, intensity, context, quote: quoteOf(reading.content, sentence, at), segmentIndex });
      }
    }
    segments.push({ text: reading.content.slice(piece.start, piece.end), speaker, emotion: strongestOf(mine) });
    emotions.push(...mine);
    if ((segmentIndex + 1) % 100 === 0 || segmentIndex + 1 === pieces.length)
      report({ stage: 'emotions', done: segmentIndex + 1, total: pieces.length });
  }
  return { segments, emotions };
}

const saidBy = (speaker: string | null): string => (speaker ? `Said by ${speaker}` : 'Said by somebody');
