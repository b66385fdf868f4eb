import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { linesOf } from './script.js';

const character = { id: randomUUID(), name: 'Ada', aliases: [], role: null, description: null, personality: null, traits: [] };
const segment = (text: string, emotion = 'neutral', speakerId: string | null = null) => ({ id: randomUUID(), text, emotion, speakerId });
const emotion = (segmentIndex: number, name: string, intensity: number) => ({
  id: randomUUID(),
  emotion: name,
  intensity,
  quote: '',
  segmentIndex,
});

describe('the lines of a script', () => {
  it('say who speaks, how, and how strongly: as the strongest hit of that emotion in the segment', () => {
    const lines = linesOf({
      segments: [segment('Once.', 'fear'), segment('“Run!”', 'fear', character.id), segment('Calm.', 'calm')],
      characters: [character],
      emotions: [emotion(0, 'fear', 3), emotion(0, 'fear', 8), emotion(0, 'joy', 10), emotion(1, 'fear', 4)],
    });
    expect(lines.map(({ characterName, intensity }) => [characterName, intensity])).toEqual([
      [null, 8],
      ['Ada', 4],
      [null, 5],
    ]);
  });

  it('leave more silence between paragraphs than within one, and most at the end', () => {
    const texts = ['Once ', 'there was.\n\n', 'A fox.', '\nThe end.'];
    const pauses = linesOf({ segments: texts.map((text) => segment(text)), characters: [], emotions: [] }).map(
      ({ pauseSeconds }) => pauseSeconds,
    );
    expect(pauses).toEqual([0.25, 0.6, 0.6, 1]);
  });
});
