import { describe, expect, it } from '@jest/globals';
import type { Extraction } from './analysis-provider.js';
import { type Character, type Findings, type KnownFindings, reconcile, type Segment } from './findings.js';

const character = (name: string, aliases: string[] = []) => ({
  name,
  aliases,
  role: null,
  description: null,
  personality: null,
  traits: [],
});
const extraction = (names: [string, string[]?][], texts: [string, string | null][] = []): Extraction => ({
  characters: names.map(([name, aliases]) => character(name, aliases)),
  emotions: [],
  segments: texts.map(([text, speaker]) => ({ text, speaker, emotion: 'neutral' })),
  provider: 'local',
  model: null,
  usage: null,
  cost: null,
});
let next = 0;
const newId = () => `new-${(next += 1)}`;
const of = (origin: 'analysis' | 'writer', id: string, name: string, aliases?: string[]): Character => ({
  id,
  ...character(name, aliases),
  origin,
});
const known = (names: [string, string, string[]?][], texts: [string, string][] = []): KnownFindings => ({
  characters: names.map(([id, name, aliases]) => of('analysis', id, name, aliases)),
  absent: [],
  removed: [],
  segments: texts.map(([id, text]) => ({ id, text, emotion: 'neutral', speakerId: null, origin: 'analysis' })),
});
const idsOf = ({ characters }: Findings) => Object.fromEntries(characters.map(({ name, id }) => [name, id]));

describe('findings of a story that is analyzed again', () => {
  it('keep the id of a character by its name, however it is written', () => {
    expect(idsOf(reconcile(known([['ada', 'Ada Lovelace']]), extraction([['ADA  lovelace']]), newId))).toEqual({ 'ADA  lovelace': 'ada' });
  });
  it('keep it by an alias, in either direction', () => {
    expect(idsOf(reconcile(known([['ada', 'Ada']]), extraction([['Ada Lovelace', ['Ada']]]), newId))).toEqual({ 'Ada Lovelace': 'ada' });
    expect(idsOf(reconcile(known([['ada', 'Ada Lovelace', ['Ada']]]), extraction([['Ada']]), newId))).toEqual({ Ada: 'ada' });
  });
  it('give a name its own id before an alias may take it', () => {
    const ids = idsOf(
      reconcile(
        known([
          ['one', 'Anna'],
          ['two', 'Anna Berg'],
        ]),
        extraction([['Anna Stone', ['Anna']], ['Anna']]),
        newId,
      ),
    );
    expect(ids.Anna).toBe('one');
    expect(ids['Anna Stone']).toMatch(/^new-/);
  });
  it('never give one id twice', () => {
    const { characters } = reconcile(known([['ada', 'Ada']]), extraction([['Ada'], ['Augusta', ['Ada']]]), newId);
    expect(new Set(characters.map(({ id }) => id)).size).toBe(2);
  });
  it('keep the ids of segments by unchanged text, equal texts by their place from the beginning and the end', () => {
    const before = known(
      [],
      [
        ['s1', '"No."'],
        ['s2', 'She waited.'],
        ['s3', '"No."'],
      ],
    );
    const { segments } = reconcile(
      before,
      extraction(
        [],
        [
          ['"No."', null],
          ['He left.', null],
          ['"No."', null],
          ['"No."', null],
        ],
      ),
      newId,
    );
    expect(segments.map(({ id }) => id)).toEqual(['s1', expect.stringMatching(/^new-/), expect.stringMatching(/^new-/), 's3']);
  });
  it('name the speaker of a segment by id', () => {
    const { segments } = reconcile(
      known([['ada', 'Ada']]),
      extraction(
        [['Ada']],
        [
          ['"Yes."', 'Ada'],
          ['Silence.', null],
        ],
      ),
      newId,
    );
    expect(segments.map(({ speakerId }) => speakerId)).toEqual(['ada', null]);
  });
});

describe('what a writer corrected', () => {
  const nobody: KnownFindings = { characters: [], absent: [], removed: [], segments: [] };
  const said = (id: string, text: string, speakerId: string | null): Segment => ({ id, text, speakerId, emotion: 'joy', origin: 'writer' });
  const speakersOf = ({ segments }: Findings) => segments.map(({ text, speakerId }) => [text, speakerId]);

  it('a character stays word for word as the writer left it', () => {
    const corrected = { ...of('writer', 'ada', 'Ada', ['Countess']), description: 'A mathematician.', traits: ['quick'] };
    const { characters } = reconcile({ ...nobody, characters: [corrected] }, extraction([['Ada', ['Miss Byron']]]), newId);
    expect(characters).toEqual([corrected]);
  });

  it('a renamed character is known by its former name, and speaks under it', () => {
    const renamed = of('writer', 'ada', 'Augusta', ['Ada']);
    const found = reconcile({ ...nobody, characters: [renamed] }, extraction([['Ada']], [['"Yes."', 'Ada']]), newId);
    expect(found.characters).toEqual([renamed]);
    expect(speakersOf(found)).toEqual([['"Yes."', 'ada']]);
  });

  it('a character that the text does not name stays, behind those that it names', () => {
    const added = of('writer', 'ghost', 'The ghost');
    expect(Object.keys(idsOf(reconcile({ ...nobody, characters: [added] }, extraction([['Ada']]), newId)))).toEqual(['Ada', 'The ghost']);
  });

  it('a merged character stays merged, and what the other says it says', () => {
    const merged = of('writer', 'ada', 'Ada', ['Augusta', 'The countess']);
    const found = reconcile(
      { ...nobody, characters: [merged] },
      extraction(
        [['Ada'], ['Augusta'], ['the countess']],
        [
          ['"One."', 'Ada'],
          ['"Two."', 'Augusta'],
          ['"Three."', 'the countess'],
        ],
      ),
      newId,
    );
    expect(found.characters).toEqual([merged]);
    expect(found.segments.map(({ speakerId }) => speakerId)).toEqual(['ada', 'ada', 'ada']);
  });

  it('two who share an alias are not made one because the writer described the first', () => {
    const described = of('writer', 'hale', 'Anna Hale', ['Anna']);
    const found = reconcile(
      { ...nobody, characters: [described] },
      extraction([
        ['Anna Hale', ['Anna']],
        ['Anna Cole', ['Anna']],
      ]),
      newId,
    );
    expect(idsOf(found)).toEqual({ 'Anna Hale': 'hale', 'Anna Cole': expect.stringMatching(/^new-/) });
  });

  it.each([
    ['its name', ['Ember']],
    ['an alias', ['The ember', ['Ember']]],
  ] as [string, [string, string[]?]][])(
    'a removed character stays away, whether it is found by %s; the narration says what it said',
    (_, found) => {
      const removed = [of('analysis', 'ember', 'Ember')];
      const after = reconcile({ ...nobody, removed }, extraction([found], [['"Yes."', found[0]]]), newId);
      expect(after.characters).toEqual([]);
      expect(speakersOf(after)).toEqual([['"Yes."', null]]);
    },
  );

  it('a removed character does not come back under the id of one that the analysis had called so, too', () => {
    const removed = [of('analysis', 'ember', 'Ember')];
    const characters = [of('analysis', 'fox', 'The fox', ['Ember'])];
    expect(idsOf(reconcile({ ...nobody, characters, removed }, extraction([['Ember']]), newId))).toEqual({});
  });

  it('a removed name that the writer gave to another one is that other one', () => {
    const removed = [of('analysis', 'ember', 'Ember')];
    const characters = [of('writer', 'fox', 'The fox', ['Ember'])];
    expect(idsOf(reconcile({ ...nobody, characters, removed }, extraction([['Ember']]), newId))).toEqual({ 'The fox': 'fox' });
  });

  it('a character that was absent comes back with its id', () => {
    const absent = [of('analysis', 'ada', 'Ada')];
    expect(idsOf(reconcile({ ...nobody, absent }, extraction([['Ada']]), newId))).toEqual({ Ada: 'ada' });
  });

  it('a segment keeps speaker and emotion while its text is unchanged, and no longer', () => {
    const before = { ...known([['ada', 'Ada']]), segments: [said('s1', '"Yes."', 'ada'), said('s2', '"No."', 'ada')] };
    const { segments } = reconcile(
      before,
      extraction(
        [['Ada']],
        [
          ['"Yes."', null],
          ['"No!"', null],
        ],
      ),
      newId,
    );
    expect(segments).toEqual([
      said('s1', '"Yes."', 'ada'),
      { id: expect.stringMatching(/^new-/), text: '"No!"', speakerId: null, emotion: 'neutral', origin: 'analysis' },
    ]);
  });

  it('of two equal texts the corrected one stays corrected when the other one goes', () => {
    const plain: Segment = { ...said('s1', '"Yes."', null), origin: 'analysis' };
    const before = { ...known([['ada', 'Ada']]), segments: [plain, said('s2', 'She waited.', null), said('s3', '"Yes."', 'ada')] };
    const { segments } = reconcile(
      before,
      extraction(
        [['Ada']],
        [
          ['She waited.', null],
          ['"Yes."', null],
        ],
      ),
      newId,
    );
    expect(segments.map(({ id, speakerId }) => [id, speakerId])).toEqual([
      ['s2', null],
      ['s3', 'ada'],
    ]);
  });

  it('whom a corrected segment names stays, though the analysis no longer finds them', () => {
    const before = { ...known([['ada', 'Ada']]), segments: [said('s1', '"Yes."', 'ada')] };
    const found = reconcile(before, extraction([], [['"Yes."', null]]), newId);
    expect(idsOf(found)).toEqual({ Ada: 'ada' });
    expect(speakersOf(found)).toEqual([['"Yes."', 'ada']]);
  });

  it('100 characters are the most: the writer’s stay, the last of the others go', () => {
    const added = [of('writer', 'ghost', 'The ghost')];
    const names = Array.from({ length: 100 }, (_, index): [string] => [`Soldier ${index}`]);
    const found = reconcile({ ...nobody, characters: added }, extraction(names, [['"Hey."', 'Soldier 99']]), newId);
    expect(found.characters).toHaveLength(100);
    expect(found.characters.at(-1)).toEqual(added[0]);
    expect(found.characters.some(({ name }) => name === 'Soldier 99')).toBe(false);
    expect(speakersOf(found)).toEqual([['"Hey."', null]]);
  });
});
