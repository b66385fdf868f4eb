import { removeSample, type VoiceId } from '../domain/voice.js';
import type { Voices } from '../domain/voices.js';
import type { Person } from './as-author.js';
import { asOwner, voiceId } from './as-owner.js';

/** Takes back a recording that no training has used. */
export const removeVoiceSample =
  (voices: Voices) =>
  async (by: Person, input: { readonly voiceId: string; readonly sampleId: string }): Promise<VoiceId> =>
    voices.update(
      voiceId(input.voiceId),
      asOwner(by, (voice) => removeSample(voice, input.sampleId.toLowerCase())),
    );
