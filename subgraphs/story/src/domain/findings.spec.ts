import { describe, expect, it } from '@jest/globals';
import type { Extraction } from './analysis-provider.js';
import { type Findings, reconcile } from './findings.js';

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
const known = (names: [string, string, string[]?][], texts: [string, string][] = []): Findings => ({
  characters: names.map(([id, name, aliases]) => ({ id, ...character(name, aliases) })),
  emotions: [],
  segments: texts.map(([id, text]) => ({ id, text, emotion: 'neutral', speakerId: null })),
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
  it('keep the ids of segments by unchanged text, equal texts in their order', () => {
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
    expect(segments.map(({ id }) => id)).toEqual(['s1', expect.stringMatching(/^new-/), 's3', expect.stringMatching(/^new-/)]);
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
