import { language } from '@storytelling/shared/value-objects/language';
import { voiceName } from '../domain/consent.js';
import { refuse } from '../domain/refusals.js';
import { create, type VoiceId } from '../domain/voice.js';
import type { Voices } from '../domain/voices.js';
import type { Person } from './as-author.js';
import type { SpeechProviders } from './casting.js';

export interface NewNarratorVoice {
  readonly name: string;
  readonly provider?: string | null;
  readonly language?: string | null;
}

/** Who trains a voice when nobody has said who. */
const usualProvider = 'local';

export const createNarratorVoice =
  (voices: Voices, providers: SpeechProviders, newId: () => string) =>
  (by: Person, input: NewNarratorVoice): Promise<VoiceId> => {
    const provider = input.provider ?? usualProvider;
    if (!providers.has(provider)) throw refuse.VOICE_PROVIDER_UNKNOWN({ providers: [...providers.keys()].join(', ') });
    const voice = { name: voiceName(input.name), provider, language: language(input.language ?? 'en') };
    const id = newId() as VoiceId;
    return voices.add(by.id, (owned) => create({ id, ownerId: by.id, ...voice }, owned));
  };
