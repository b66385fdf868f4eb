import { describe, expect, it } from '@jest/globals';
import {
  AnalysisFailure,
  type ExtractedCharacter,
  type ExtractedEmotion,
  type ExtractedSegment,
  type Extraction,
} from './analysis-provider.js';
import {
  cleanLine,
  MAX_CHARACTERS,
  MAX_EMOTIONS,
  repairCharacters,
  repairEmotions,
  repairExtraction,
  repairSegments,
  strongest,
} from './analysis-repair.js';

const person = (name: string, more: Partial<ExtractedCharacter> = {}): ExtractedCharacter => ({
  name,
  aliases: [],
  role: null,
  description: null,
  personality: null,
  traits: [],
  ...more,
});
const segment = (text: string, speaker: string | null = null): ExtractedSegment => ({ text, speaker, emotion: 'neutral' });
const feeling = (quote: string, segmentIndex = 0, intensity = 5): ExtractedEmotion => ({
  emotion: 'joy',
  intensity,
  context: null,
  quote,
  segmentIndex,
});
const extraction = (more: Partial<Extraction>): Extraction => ({
  characters: [],
  emotions: [],
  segments: [],
  provider: 'openai',
  model: 'm',
  usage: null,
  cost: null,
  ...more,
});

describe('segments', () => {
  const content = 'It rained.\n\n“Come in,” said Ada. “You are wet.”\n\n* * *\n\nThe end.\n';
  const joined = (segments: ExtractedSegment[]) => segments.map(({ text }) => text).join('');

  it('joined are exactly the content, though the provider dropped white space and marks', () => {
    const { segments } = repairSegments(content, [
      segment('It rained.'),
      segment('"Come in"', 'Ada'),
      segment('said Ada.'),
      segment('You are wet.', 'Ada'),
      segment('The end.'),
    ]);
    expect(joined(segments)).toBe(content);
    expect(segments[1]).toMatchObject({ speaker: 'Ada' });
    expect(segments[1]?.text).toContain('Come in');
    expect(segments[1]?.text).not.toContain('said');
  });

  it('words that the provider left out become narration', () => {
    const { segments, movedTo } = repairSegments(content, [segment('It rained.'), segment('Come in', 'Ada'), segment('The end.')]);
    expect(joined(segments)).toBe(content);
    expect(segments.some(({ text, speaker }) => text.includes('You are wet') && speaker === null)).toBe(true);
    expect(movedTo).toHaveLength(3);
  });

  it('words that are not in the text are dropped, and an answer about another text is refused', () => {
    const { segments, movedTo } = repairSegments(content, [
      segment('It rained. “Come in,” said Ada. “You are wet.”'),
      segment('And then she woke up.'),
    ]);
    expect(joined(segments)).toBe(content);
    expect(movedTo[1]).toBeUndefined();
    expect(() => repairSegments(content, [segment('Call me Ishmael.')])).toThrow(AnalysisFailure);
    expect(() => repairSegments(content, [])).toThrow(expect.objectContaining({ code: 'ANALYSIS_RESULT_INVALID', retryable: true }));
  });

  it('segments that fit already keep their borders', () => {
    const given = [segment('It rained.\n\n“Come in,” '), segment('said Ada. “You are wet.”\n\n* * *\n\n'), segment('The end.\n')];
    expect(repairSegments(content, given).segments).toEqual(given);
  });

  it('a content without letters is one segment', () => {
    expect(joined(repairSegments('* * *', [segment('* * *')]).segments)).toBe('* * *');
    expect(joined(repairSegments('…', []).segments)).toBe('…');
  });
});

describe('characters', () => {
  const content = 'Mr. Holmes met Irene Adler. “Holmes!” cried the old man. It was Zoë’s dog.';

  it('a name that stands nowhere in the text is dropped, in names and aliases', () => {
    const repaired = repairCharacters(content, [
      person('Mr. Holmes', { aliases: ['Holmes', 'Sherlock'] }),
      person('Moriarty'),
      person('The old man'),
      person('Zoë'),
    ]);
    expect(repaired.map(({ name, aliases }) => [name, aliases])).toEqual([
      ['Mr. Holmes', ['Holmes']],
      ['The old man', []],
      ['Zoë', []],
    ]);
  });

  it('a piece of another word is no name', () => {
    expect(repairCharacters('The animal ran.', [person('Ani'), person('Mal')])).toEqual([]);
  });

  it('two entries for one person become one', () => {
    const repaired = repairCharacters(content, [
      person('Holmes', { traits: ['cold'] }),
      person('holmes', { traits: ['clever', 'Cold'], role: 'protagonist' }),
    ]);
    expect(repaired).toHaveLength(1);
    expect(repaired[0]).toMatchObject({ name: 'Holmes', traits: ['cold', 'clever'], role: 'protagonist' });
  });

  it('lines are cleaned: no NUL, no control characters, no lone surrogates, at most the limit', () => {
    expect(cleanLine('A\u0000da\n  B\ud800', 200)).toBe('A da B\ufffd');
    expect(cleanLine('\u0000', 200)).toBeNull();
    expect([...(cleanLine('😀'.repeat(300), 200) ?? '')]).toHaveLength(200);
    expect(cleanLine('e\u0301', 200)).toBe('é');
  });
});

describe('the whole extraction', () => {
  it('speakers are among the characters, aliases are resolved, strangers are not', () => {
    const content = '“One,” said Ada. “Two,” said Bob.';
    const repaired = repairExtraction(
      content,
      extraction({
        characters: [person('Ada Byron', { aliases: ['Ada'] }), person('Bob'), person('Ada', { aliases: ['Miss'] })],
        segments: [segment('“One,” ', 'ADA'), segment('said Ada. '), segment('“Two,” ', 'Somebody'), segment('said Bob.')],
      }),
    );
    expect(repaired.segments.map(({ speaker }) => speaker)).toEqual(['Ada', null, null, null]);
  });

  it('at most a hundred characters, those who speak first', () => {
    const names = Array.from({ length: 130 }, (_, index) => `Name${index}`);
    const content = names.join(' ');
    const repaired = repairExtraction(
      content,
      extraction({ characters: names.map((name) => person(name)), segments: [segment(content, 'Name129')] }),
    );
    expect(repaired.characters).toHaveLength(MAX_CHARACTERS);
    expect(repaired.characters.map(({ name }) => name)).toContain('Name129');
    expect(repaired.segments[0]?.speaker).toBe('Name129');
  });
});

describe('emotions', () => {
  it('a quote occurs in its segment, moved there where the provider miscounted', () => {
    const segments = [segment('He ran.'), segment('She “laughed”  aloud.'), segment('Then rain.')];
    expect(repairEmotions(segments, [feeling('She "laughed" aloud', 0)])).toEqual([{ ...feeling('She “laughed”  aloud', 1) }]);
    expect(repairEmotions(segments, [feeling('Then rain.', -7)])).toEqual([feeling('Then rain.', 2)]);
    expect(repairEmotions(segments, [feeling('She wept.', 1), feeling('', 1)])).toEqual([]);
  });

  it('intensity is an integer from 1 to 10, and a feeling without a name is dropped', () => {
    const repaired = (intensity: number) =>
      repairEmotions([segment('He ran.')], [feeling('He ran.', 0, intensity)]).map((emotion) => emotion.intensity);
    expect([-3, 0.2, 4.6, 99].map((intensity) => repaired(intensity)[0])).toEqual([1, 1, 5, 10]);
    expect(repaired(Number.NaN)).toEqual([]);
    expect(repairEmotions([segment('He ran.')], [{ ...feeling('He ran.'), emotion: 'neutral' }])).toEqual([]);
  });

  it('the strongest are kept, in the order of the text', () => {
    const many = Array.from({ length: 300 }, (_, index) => feeling('x', index, (index % 10) + 1));
    const kept = strongest(many);
    expect(kept).toHaveLength(MAX_EMOTIONS);
    expect(Math.min(...kept.map(({ intensity }) => intensity))).toBeGreaterThan(3);
    expect(kept.map(({ segmentIndex }) => segmentIndex)).toEqual(kept.map(({ segmentIndex }) => segmentIndex).sort((a, b) => a - b));
  });
});
