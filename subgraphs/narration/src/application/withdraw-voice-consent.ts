import { type VoiceId, withdrawConsent } from '../domain/voice.js';
import type { Voices } from '../domain/voices.js';
import type { Person } from './as-author.js';
import { asOwner, voiceId } from './as-owner.js';

/** The recordings go, and what was trained of them, here and at the provider; a training that is under way makes nothing that stays. */
export const withdrawVoiceConsent =
  (voices: Voices) =>
  async (by: Person, input: { readonly voiceId: string }): Promise<VoiceId> =>
    voices.update(voiceId(input.voiceId), asOwner(by, withdrawConsent));
