import { describe, expect, it } from '@jest/globals';
import { castOf } from './cast.js';

const character = (id: string) => ({ id, name: id, aliases: [], role: null, description: null, traits: [] });
const characters = ['ada', 'ben', 'fox', 'silent'].map(character);
const said = (...ids: (string | null)[]) => ids.map((id) => ({ speaker: id === null ? null : character(id) }));
const voices = ['first', 'second', 'third', 'fourth', 'fifth'].map((name) => ({ id: name, name }));
const membersOf = (cast: ReturnType<typeof castOf>) => cast?.members.map(({ character: { id }, voice }) => `${id}: ${voice.name}`);

describe('a cast', () => {
  it('has the first voice read, and each character that speaks in a voice of its own, who says most first', () => {
    const cast = castOf(characters, said(null, 'ada', 'fox', null, 'fox', 'ben', 'ben', 'ben'), voices);
    expect(cast?.narrator.name).toBe('first');
    expect(membersOf(cast)).toEqual(['ben: second', 'fox: third', 'ada: fourth']);
  });

  it('leaves to the narrator whomever no voice is left for', () => {
    expect(membersOf(castOf(characters, said('ada', 'ben', 'ben'), voices.slice(0, 2)))).toEqual(['ben: second']);
  });

  it('is nobody without a voice', () => {
    expect(castOf(characters, said('ada'), [])).toBeNull();
  });
});
