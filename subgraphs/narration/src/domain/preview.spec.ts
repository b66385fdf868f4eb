import { describe, expect, it } from '@jest/globals';
import { isUuid } from '@storytelling/shared/value-objects/uuid';
import { previewText, readyMadeVoiceId } from './preview.js';

describe('the id of a ready-made voice', () => {
  it('is made of its provider and its name there, and stays', () =>
    expect(readyMadeVoiceId('local', 'slt')).toBe('0fd7fdf0-f38b-8e89-8fc1-d8b841546cee'));
  it('is a UUID of version 8, another one for each', () => {
    const ids = Array.from({ length: 500 }, (_, index) => readyMadeVoiceId('local', String(index)));
    expect(new Set([...ids, readyMadeVoiceId('other', '1'), readyMadeVoiceId('loca', 'l1')]).size).toBe(502);
    for (const id of ids) expect([isUuid(id), id[14], '89ab'.includes(id[19] ?? '-')]).toEqual([true, '8', true]);
  });
});

describe('what a voice says first', () => {
  it('is said in its language, whatever the country', () => {
    expect(previewText('de')).toMatch('Es war einmal');
    expect(previewText('pt-BR')).toMatch('Era uma vez');
  });
  it('is said in English where we have no words', () => expect(previewText('tlh')).toBe(previewText('en')));
});
