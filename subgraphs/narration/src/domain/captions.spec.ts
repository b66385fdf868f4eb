import { describe, expect, it } from '@jest/globals';
import { type CaptionedSegment, captionsOf, chaptersOf } from './captions.js';

const segment = (text: string, more: Partial<CaptionedSegment> = {}): CaptionedSegment => ({
  text,
  characterName: null,
  durationSeconds: 2,
  pauseSeconds: 0.5,
  ...more,
});

describe('captions', () => {
  it('have a cue for each segment, which ends before the silence after it', () => {
    expect(captionsOf([segment('Once there was a fox.'), segment('“Run!” ', { characterName: 'Ada', durationSeconds: 3661.25 })])).toBe(
      ['WEBVTT', '00:00:00.000 --> 00:00:01.500\nOnce there was a fox.', '00:00:02.000 --> 01:01:02.750\n<v Ada>“Run!”', '']
        .join('\n\n')
        .trimEnd() + '\n',
    );
  });

  it('hold nothing that a player could take for markup or for another cue', () => {
    const [, cue] = captionsOf([segment('a < b --> c & d\n\n00:00:09.000 --> 00:00:10.000\nmine', { characterName: 'A>B' })])
      .trimEnd()
      .split('\n\n');
    expect(cue).toBe('00:00:00.000 --> 00:00:01.500\n<v A&gt;B>a &lt; b --&gt; c &amp; d 00:00:09.000 --&gt;\n00:00:10.000 mine');
  });

  it('break lines between words, and leave out what has no words', () => {
    const lines = captionsOf([segment('word '.repeat(30)), segment(' \n')]).split('\n');
    expect(lines.every((line) => line.length <= 42)).toBe(true);
    expect(lines.filter((line) => line.includes('-->'))).toHaveLength(1);
  });
});

describe('chapters', () => {
  const titlesOf = (...texts: string[]) => chaptersOf(texts.map((text) => segment(text))).map(({ title }) => title);

  it('are the headings of a text, with the time at which each is spoken', () => {
    expect(chaptersOf([segment('Chapter 1: The fox\n\nOnce.'), segment('Then.'), segment('Chapter 2\n')])).toEqual([
      { title: 'Chapter 1: The fox', startSeconds: 0 },
      { title: 'Chapter 2', startSeconds: 4 },
    ]);
  });

  it('are recognised as books and Markdown write them', () => {
    expect(titlesOf('III.', '12', '# The road', 'Part Two', 'Epilogue', 'Chapter Seven – Home')).toEqual([
      'III.',
      '12',
      'The road',
      'Part Two',
      'Epilogue',
      'Chapter Seven – Home',
    ]);
  });

  it('are not made of sentences, nor of what somebody says', () => {
    expect(
      titlesOf(
        'Once there was a fox.',
        'Part of her wanted to stay! And yet.',
        'I went home.',
        'Chapter by chapter he read it to us, and we slept.',
      ),
    ).toEqual([]);
    expect(chaptersOf([segment('Chapter 2', { characterName: 'Ada' })])).toEqual([]);
  });
});
