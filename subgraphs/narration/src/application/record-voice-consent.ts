import { consentOf } from '../domain/consent.js';
import { recordConsent, type VoiceId } from '../domain/voice.js';
import type { Voices } from '../domain/voices.js';
import type { Person } from './as-author.js';
import { asOwner, voiceId } from './as-owner.js';

/** Says whose voice it is, and in which words they agreed that it is trained. */
export const recordVoiceConsent =
  (voices: Voices) =>
  async (by: Person, input: { readonly voiceId: string; readonly speaker: string; readonly statement: string }): Promise<VoiceId> => {
    const consent = consentOf(input);
    return voices.update(
      voiceId(input.voiceId),
      asOwner(by, (voice) => recordConsent(voice, consent)),
    );
  };
