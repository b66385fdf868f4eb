import { Refusal } from '@storytelling/shared/value-objects/refusal';
import { remove, type VoiceId } from '../domain/voice.js';
import type { Voices } from '../domain/voices.js';
import type { Person } from './as-author.js';
import { asOwner, voiceId } from './as-owner.js';

/** For good; deleting again is no error. */
export const deleteNarratorVoice =
  (voices: Voices) =>
  async (by: Person, input: { readonly voiceId: string }): Promise<VoiceId> => {
    const id = voiceId(input.voiceId);
    try {
      return await voices.update(id, asOwner(by, remove));
    } catch (error) {
      // Looked up afterwards, so that of two at once the second is told the same.
      if (error instanceof Refusal && error.code === 'VOICE_NOT_FOUND' && (await voices.wasDeletedBy(id, by.id))) return id;
      throw error;
    }
  };
