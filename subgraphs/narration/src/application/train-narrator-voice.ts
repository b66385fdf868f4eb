import { refuse } from '../domain/refusals.js';
import { requestTraining, type VoiceId } from '../domain/voice.js';
import type { Voices } from '../domain/voices.js';
import type { Person } from './as-author.js';
import { asOwner, voiceId } from './as-owner.js';
import type { SpeechProviders } from './casting.js';

/** Asks for a training; the work itself is a durable job (`run-training.ts`), enqueued with the event. */
export const trainNarratorVoice =
  (voices: Voices, providers: SpeechProviders, newId: () => string) =>
  async (by: Person, input: { readonly voiceId: string }): Promise<VoiceId> => {
    const trainingId = newId();
    return voices.update(
      voiceId(input.voiceId),
      asOwner(by, (voice) => {
        const events = requestTraining(voice, trainingId);
        const provider = providers.get(voice.provider);
        // It was set up here once.
        if (!provider) throw refuse.VOICE_PROVIDER_UNKNOWN({ providers: [...providers.keys()].join(', ') }, 'voiceId');
        if (provider.isPaid && !by.hasVerifiedEmail) throw refuse.EMAIL_NOT_VERIFIED();
        return events;
      }),
    );
  };
