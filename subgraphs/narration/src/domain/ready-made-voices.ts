import type { ReadyMadeVoice, SpeakingVoice } from './speech-provider.js';

/** What a provider has ready for everybody, as it was when it last told. */
export interface ReadyMadeVoices {
  /** Keeps what the provider has by now; what it has no longer is retired, because narrations may still name it. Previews that are missing are made by jobs. */
  save(provider: string, voices: readonly ReadyMadeVoice[]): Promise<void>;
  /** One that has no preview; undefined: it has one by now, or is retired. */
  withoutPreview(id: string): Promise<(Pick<SpeakingVoice, 'provider' | 'providerVoiceId'> & { readonly language: string }) | undefined>;
  previewed(id: string, previewKey: string): Promise<void>;
}
