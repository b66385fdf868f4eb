import { previewText } from '../domain/preview.js';
import type { Request, SpeakingVoice, SpeechProvider } from '../domain/speech-provider.js';
import type { Studio } from '../domain/studio.js';

export interface Speaking {
  readonly studio: Pick<Studio, 'master'>;
}

/** MP3 of the line that every voice says for itself. */
export async function speakPreview(
  { studio }: Speaking,
  provider: SpeechProvider,
  { voice, language: own, request }: { readonly voice: SpeakingVoice; readonly language: string; readonly request: Request },
  signal: AbortSignal,
): Promise<Uint8Array> {
  // Whoever recorded it speaks a language in which this provider reads nothing.
  const language = provider.speaks(own) ? own : 'en';
  const line = { text: previewText(language), language, emotion: 'neutral', intensity: 5, voice };
  const spoken = await provider.speak(line, request, signal);
  const { bytes } = await studio.master(spoken, { format: 'mp3', sampleRate: provider.sampleRate, pauseSeconds: 0 }, signal);
  return bytes;
}
