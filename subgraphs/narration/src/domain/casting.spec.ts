import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type CastVoice, requireCastable, voiceOf } from './casting.js';

const voice = (): CastVoice => ({ voiceId: randomUUID(), isOwn: false, provider: 'local', providerVoiceId: 'slt', settings: {} });
const [ada, ben] = [{ id: randomUUID() }, { id: randomUUID() }];

describe('a cast', () => {
  it('lets the narrator read whoever is not cast', () => {
    const casting = { narrator: voice(), cast: [{ characterId: ada.id, voice: voice() }] };
    expect(voiceOf(casting, ada.id)).toBe(casting.cast[0]?.voice);
    for (const other of [ben.id, null]) expect(voiceOf(casting, other)).toBe(casting.narrator);
  });

  it('names characters of the script alone, each once', () => {
    requireCastable([{ characterId: ada.id }], [ada, ben]);
    expect(() => requireCastable([{ characterId: randomUUID() }], [ada])).toThrow(
      expect.objectContaining({ code: 'CAST_CHARACTER_UNKNOWN' }),
    );
    const twice = [{ characterId: ada.id }, { characterId: ada.id }];
    expect(() => requireCastable(twice, [ada])).toThrow(expect.objectContaining({ code: 'CAST_CHARACTER_TWICE' }));
  });
});
