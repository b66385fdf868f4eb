import type { ReadyMadeVoice, SpeakingVoice } from './speech-provider.js';

/** What a provider has ready for everybody, as it was when it last told. */
export interface ReadyMadeVoices {
  /** Keeps what the provider has by now; what it has no longer is retired, because narrations may still name it. */
  save(provider: string, voices: readonly ReadyMadeVoice[]): Promise<void>;
  /** Has their previews made, each by a durable job; one that is on its way is not asked for again. */
  wantPreviews(ids: readonly string[]): Promise<void>;
  /** Of those that have one, by id; one statement. */
  previewKeys(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** One that has no preview; undefined: it has one by now, or is retired. */
  withoutPreview(id: string): Promise<(Pick<SpeakingVoice, 'provider' | 'providerVoiceId'> & { readonly language: string }) | undefined>;
  previewed(id: string, previewKey: string): Promise<void>;
}
