import type { ForgottenVoice, VoiceAudio } from '../domain/voices.js';
import type { SpeechProviders } from './casting.js';

/** A durable job that is never given up: what was trained goes at the provider, and what lies in the object store. */
export const forgetVoice =
  ({ audio, providers }: { readonly audio: VoiceAudio; readonly providers: SpeechProviders }) =>
  async ({ voiceId, provider: name, trained, objects }: ForgottenVoice, signal: AbortSignal): Promise<void> => {
    if (objects === 'all') await audio.removeOf(voiceId);
    else await audio.remove(objects);
    if (trained === 'none') return;
    const provider = providers.get(name);
    if (!provider) throw new Error(`A voice at ${name} cannot be deleted there until ${name} is set up here again.`);
    await provider.forget({ id: voiceId, ...(trained === 'all' ? { providerVoiceId: null, key: null } : trained) }, signal);
  };
