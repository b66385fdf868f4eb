import type { ReadyMadeVoices } from '../domain/ready-made-voices.js';
import type { VoiceAudio } from '../domain/voices.js';
import type { SpeechProviders } from './casting.js';
import { type Speaking, speakPreview } from './speak-preview.js';

interface Ports extends Speaking {
  readonly readyMade: ReadyMadeVoices;
  readonly audio: VoiceAudio;
  readonly providers: SpeechProviders;
}

/** A durable job for a ready-made voice that somebody wants to hear: what it sounds like is made once, and kept. */
export const previewReadyMadeVoice =
  ({ readyMade, audio, providers, studio }: Ports) =>
  async (voiceId: string, signal: AbortSignal): Promise<void> => {
    const voice = await readyMade.withoutPreview(voiceId);
    const provider = voice && providers.get(voice.provider);
    if (!voice || !provider) return;
    const { language, ...known } = voice;
    const request = { key: `preview-${voiceId}`, unknownSince: null };
    const mp3 =
      (await provider.preview?.(voice.providerVoiceId, signal)) ??
      (await speakPreview({ studio }, provider, { voice: { ...known, settings: {} }, language, request }, signal));
    await readyMade.previewed(voiceId, await audio.putReadyMadePreview(voiceId, mp3));
  };
