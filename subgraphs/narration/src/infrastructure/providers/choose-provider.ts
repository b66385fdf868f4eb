import type { SpeechProvider } from '../../domain/speech-provider.js';
import { elevenlabsSpeech } from './elevenlabs-speech.js';
import { localSpeech } from './local-speech.js';

export interface SpeechSettings {
  ELEVENLABS_API_KEY?: string | undefined;
  ELEVENLABS_BASE_URL?: string | undefined;
  ELEVENLABS_MODEL?: string | undefined;
}

/** By their names. The local voices are always there, offline; a key adds those of the cloud beside them. */
export function speechProviders(settings: SpeechSettings): ReadonlyMap<string, SpeechProvider> {
  const apiKey = settings.ELEVENLABS_API_KEY?.trim();
  const providers = [localSpeech()];
  if (apiKey) {
    providers.push(
      elevenlabsSpeech({
        apiKey,
        baseURL: settings.ELEVENLABS_BASE_URL?.trim() || undefined,
        model: settings.ELEVENLABS_MODEL?.trim() || undefined,
      }),
    );
  }
  return new Map(providers.map((provider) => [provider.name, provider]));
}
