import { renameField } from '@storytelling/shared/value-objects/refusal';
import type { CastVoice } from '../domain/casting.js';
import type { CastableVoice, CastableVoices } from '../domain/narrations.js';
import { refuse } from '../domain/refusals.js';
import type { SpeechProvider } from '../domain/speech-provider.js';
import type { Person } from './as-author.js';

/** Providers by their names. */
export type SpeechProviders = ReadonlyMap<string, SpeechProvider>;

export interface CastingPorts {
  readonly voices: CastableVoices;
  readonly providers: SpeechProviders;
}

/** The voices of these ids, each ready to speak the language, and to be paid for by this person. Refusals name `field`. */
export async function castVoices(
  { voices, providers }: CastingPorts,
  by: Person,
  { ids, language, field }: { readonly ids: readonly string[]; readonly language: string; readonly field: string },
): Promise<readonly CastVoice[]> {
  const found = await voices.find(ids, by.id);
  return renameField('VOICE_', { from: 'voiceId', to: field }, async () =>
    found.map((voice) => requireSpeaking(providers, by, language, voice)),
  );
}

function requireSpeaking(providers: SpeechProviders, by: Person, language: string, voice: CastableVoice | undefined): CastVoice {
  if (!voice) throw refuse.VOICE_NOT_FOUND();
  const provider = providers.get(voice.provider);
  // Its provider is not set up any more.
  if (!voice.isReady || !provider) throw refuse.VOICE_NOT_READY();
  if (!provider.speaks(language)) throw refuse.VOICE_LANGUAGE_UNSUPPORTED({ language });
  if (provider.isPaid && !by.hasVerifiedEmail) throw refuse.EMAIL_NOT_VERIFIED();
  const { isReady: _, ...cast } = voice;
  return cast;
}
