import { describe, expect, it } from '@jest/globals';
import { CharacterCorrected, CharactersExtracted, SegmentCorrected } from '@storytelling/shared/domain-events/story';
import { type CharacterInput, characterChanges } from './character-changes.js';
import { correctSegment, mergeCharacters, removeCharacter, saveCharacter } from './corrections.js';
import type { Character, KnownFindings, Segment } from './findings.js';
import type { Story } from './story.js';

const id = (digit: number) => `00000000-0000-4000-8000-${String(digit).padStart(12, '0')}`;
const [fox, crow, cheese, segment, fresh] = [id(1), id(2), id(3), id(4), id(9)];
const newId = () => fresh;
const settled = {
  status: 'analyzed',
  id: id(7),
  authorId: 'user-0000000001',
  title: 'The fox',
  language: 'en',
  version: 1,
  contentHash: 'a'.repeat(64),
  publishedVersion: null,
  failure: null,
} as Story;
const archived = { ...settled, status: 'archived' } as Story;
const character = (characterId: string, name: string, more: Partial<Character> = {}): Character => ({
  id: characterId,
  name,
  aliases: [],
  description: null,
  personality: null,
  role: null,
  traits: [],
  origin: 'analysis',
  ...more,
});
const line: Segment = { id: segment, text: '"Mine!"', emotion: 'joy', speakerId: crow, origin: 'analysis' };
const known: KnownFindings = {
  characters: [character(fox, 'The fox', { description: 'Red.' }), character(crow, 'Crow', { aliases: ['The crow'] })],
  absent: [character(cheese, 'Cheese')],
  removed: [],
  segments: [line],
};
const save = (input: CharacterInput, characterId: string | null = null, from = known) =>
  saveCharacter(settled, from, { id: characterId, changes: characterChanges(input), newId });

describe('saving a character', () => {
  it('tells the correction, and everybody the list as it is now', () => {
    const { outcome, saved, events } = save({ name: ' Moon ', role: 'minor' });
    const moon = { name: 'Moon', aliases: [], description: null, personality: null, role: 'minor' as const, traits: [] };
    expect({ outcome, saved }).toEqual({ outcome: fresh, saved: { ...moon, id: fresh, origin: 'writer' } });
    const whose = { storyId: settled.id, authorId: settled.authorId };
    expect(events).toEqual([
      CharacterCorrected({ ...whose, characterId: fresh, change: 'saved', mergedIds: [], ...moon }),
      CharactersExtracted({
        ...whose,
        characters: [
          { id: fox, name: 'The fox', role: null },
          { id: crow, name: 'Crow', role: null },
          { id: fresh, name: 'Moon', role: 'minor' },
        ],
      }),
    ]);
  });

  it('leaves what is not given, empties what is null', () => {
    expect(save({ name: 'The fox', personality: 'Sly.' }, fox).saved).toMatchObject({ description: 'Red.', personality: 'Sly.' });
    expect(save({ name: 'The fox', description: null }, fox).saved).toMatchObject({ description: null });
    expect(save({ name: 'Crow', aliases: null }, crow).saved).toMatchObject({ aliases: [] });
  });

  it('keeps the former name of a renamed one as an alias', () => {
    expect(save({ name: 'Reynard' }, fox).saved).toMatchObject({ id: fox, name: 'Reynard', aliases: ['The fox'], origin: 'writer' });
    expect(save({ name: 'CROW', aliases: ['Crow', 'Corvus', 'corvus'] }, crow).saved?.aliases).toEqual(['Corvus']);
  });

  it('gives a name that the story had its old id', () => {
    expect(save({ name: 'cheese' }).outcome).toBe(cheese);
    expect(save({ name: 'Wolf' }, null, { ...known, removed: [character(id(5), 'Wolf', { description: 'Bad.' })] })).toMatchObject({
      outcome: id(5),
      saved: { description: null },
    });
  });

  it('that changes nothing the writer has said is no event', () => {
    const mine = { ...known, characters: [character(fox, 'The fox', { origin: 'writer' })] };
    expect(save({ name: 'The fox' }, fox, mine).events).toEqual([]);
    expect(save({ name: 'The fox' }, fox).events).toHaveLength(2);
  });

  it.each<[string, () => unknown]>([
    ['CHARACTER_NAME_TAKEN', () => save({ name: ' the  FOX' })],
    ['CHARACTER_NAME_TAKEN', () => save({ name: 'The fox' }, crow)],
    ['CHARACTER_NOT_FOUND', () => save({ name: 'Cheese' }, cheese)],
    ['STORY_ARCHIVED', () => saveCharacter(archived, known, { id: null, changes: characterChanges({ name: 'Moon' }), newId })],
    [
      'STORY_HAS_TOO_MANY_CHARACTERS',
      () => save({ name: 'Moon' }, null, { ...known, characters: Array.from({ length: 100 }, (_, n) => character(id(n), `N${n}`)) }),
    ],
  ])('is refused: %s', (code, verb) => {
    expect(verb).toThrow(expect.objectContaining({ code }));
  });

  it.each<[string, string, Partial<CharacterInput>]>([
    ['CHARACTER_NAME_INVALID', 'name', { name: ' \t' }],
    ['CHARACTER_NAME_INVALID', 'name', { name: '🦊'.repeat(201) }],
    ['CHARACTER_NAME_INVALID', 'name', { name: 'a\nb' }],
    ['CHARACTER_NAME_INVALID', 'aliases', { aliases: [''] }],
    ['CHARACTER_NAME_INVALID', 'traits', { traits: ['x'.repeat(61)] }],
    ['CHARACTER_LIST_TOO_LONG', 'aliases', { aliases: Array.from({ length: 101 }, (_, n) => `a${n}`) }],
    ['CHARACTER_LIST_TOO_LONG', 'traits', { traits: Array.from({ length: 21 }, (_, n) => `t${n}`) }],
    ['CHARACTER_TEXT_TOO_LONG', 'description', { description: 'x'.repeat(1_001) }],
    ['CHARACTER_TEXT_TOO_LONG', 'personality', { personality: 'x'.repeat(1_001) }],
    ['CHARACTER_ROLE_UNKNOWN', 'role', { role: 'hero' }],
    ['TEXT_UNREADABLE', 'name', { name: 'a\u0000' }],
    ['TEXT_UNREADABLE', 'personality', { personality: '\ud800' }],
  ])('refuses with %s what is wrong with %s', (code, field, input) => {
    expect(() => characterChanges({ name: 'Moon', ...input })).toThrow(expect.objectContaining({ code, field }));
  });

  it('counts code points and keeps NFC', () => {
    expect(characterChanges({ name: '🦊'.repeat(200) }).name).toHaveLength(400);
    expect(characterChanges({ name: 'Zoe\u0308' }).name).toBe('Zoë');
  });
});

describe('merging characters', () => {
  it('makes their names aliases of the one, which says what they said', () => {
    const { outcome, saved, dismissed, segments, events } = mergeCharacters(settled, known, { intoId: fox, fromIds: [crow, crow] });
    expect({ outcome, saved, dismissed, segments }).toMatchObject({
      outcome: settled.id,
      saved: { id: fox, name: 'The fox', aliases: ['Crow', 'The crow'], origin: 'writer' },
      dismissed: { ids: [crow], as: 'merged' },
      segments: [{ id: segment, speakerId: fox, origin: 'analysis' }],
    });
    expect(events).toMatchObject([
      { type: 'CharacterCorrected', data: { change: 'merged', characterId: fox, mergedIds: [crow] } },
      { type: 'CharactersExtracted', data: { characters: [{ id: fox }] } },
    ]);
  });

  it.each([
    ['CHARACTERS_TO_MERGE_INVALID', fox, [] as string[]],
    ['CHARACTERS_TO_MERGE_INVALID', fox, [crow, fox]],
    ['CHARACTER_NOT_FOUND', fox, [cheese]],
    ['CHARACTER_NOT_FOUND', 'nobody', [crow]],
  ])('is refused: %s', (code, intoId, fromIds) => {
    expect(() => mergeCharacters(settled, known, { intoId, fromIds })).toThrow(expect.objectContaining({ code }));
  });

  it('is refused when the names would be too many', () => {
    const aliases = (who: string, count: number) => Array.from({ length: count }, (_, n) => `${who} ${n}`);
    const characters = [character(fox, 'The fox', { aliases: aliases('f', 50) }), character(crow, 'Crow', { aliases: aliases('c', 50) })];
    expect(() => mergeCharacters(settled, { ...known, characters }, { intoId: fox, fromIds: [crow] })).toThrow(
      expect.objectContaining({ code: 'CHARACTER_LIST_TOO_LONG' }),
    );
  });
});

describe('removing a character', () => {
  it('leaves what it said to the narration', () => {
    expect(removeCharacter(settled, known, crow.toUpperCase())).toMatchObject({
      outcome: settled.id,
      dismissed: { ids: [crow], as: 'removed' },
      segments: [{ id: segment, speakerId: null }],
      events: [
        { type: 'CharacterCorrected', data: { change: 'removed', characterId: crow, name: 'Crow' } },
        { type: 'CharactersExtracted', data: { characters: [{ id: fox }] } },
      ],
    });
  });

  it('is refused for one that is not there, and in an archived story', () => {
    expect(() => removeCharacter(settled, known, cheese)).toThrow(expect.objectContaining({ code: 'CHARACTER_NOT_FOUND' }));
    expect(() => removeCharacter(archived, known, fox)).toThrow(expect.objectContaining({ code: 'STORY_ARCHIVED' }));
  });
});

describe('correcting a segment', () => {
  const { id: storyId, authorId } = settled;

  it('says who speaks and how', () => {
    expect(correctSegment(settled, known, { segmentId: segment, speakerId: fox, emotion: 'anger' })).toEqual({
      outcome: segment,
      segments: [{ ...line, speakerId: fox, emotion: 'anger', origin: 'writer' }],
      events: [SegmentCorrected({ storyId, authorId, segmentId: segment, speakerId: fox, emotion: 'anger' })],
    });
    expect(correctSegment(settled, known, { segmentId: segment, speakerId: null }).segments).toMatchObject([
      { speakerId: null, emotion: 'joy' },
    ]);
    expect(correctSegment(settled, known, { segmentId: segment, emotion: 'fear' }).segments).toMatchObject([{ speakerId: crow }]);
  });

  it('that changes nothing the writer has said is no event', () => {
    const mine = { ...known, segments: [{ ...line, origin: 'writer' as const }] };
    expect(correctSegment(settled, mine, { segmentId: segment, emotion: 'joy' }).events).toEqual([]);
    expect(correctSegment(settled, known, { segmentId: segment, emotion: 'joy' }).events).toHaveLength(1);
    expect(correctSegment(settled, known, { segmentId: segment }).events).toEqual([]);
  });

  it.each<[string, Story, Parameters<typeof correctSegment>[2]]>([
    ['SEGMENT_NOT_FOUND', settled, { segmentId: fox, emotion: 'joy' }],
    ['CHARACTER_NOT_FOUND', settled, { segmentId: segment, speakerId: cheese }],
    ['STORY_ARCHIVED', archived, { segmentId: segment, speakerId: fox }],
    // What the script says is of the text before the edit.
    ['SEGMENT_NOT_FOUND', { ...settled, status: 'draft' }, { segmentId: segment, speakerId: fox }],
    [
      'SEGMENT_NOT_FOUND',
      { ...settled, status: 'analyzing', analysis: { id: 'a', statusBefore: 'draft', progress: null } },
      { segmentId: segment, speakerId: fox },
    ],
  ])('is refused: %s', (code, story, given) => {
    expect(() => correctSegment(story, known, given)).toThrow(expect.objectContaining({ code }));
  });

  it('is possible while the same text is analyzed again', () => {
    const again = { ...settled, status: 'analyzing', analysis: { id: 'a', statusBefore: 'analyzed', progress: null } } as Story;
    expect(correctSegment(again, known, { segmentId: segment, speakerId: fox }).events).toHaveLength(1);
  });
});
