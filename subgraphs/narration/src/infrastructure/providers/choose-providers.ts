import type { SpeechProviders } from '../../application/casting.js';
import { localSpeech } from './local-speech.js';

/** By their names. The local one is always there: English, offline. */
export function speechProviders(): SpeechProviders {
  const local = localSpeech();
  return new Map([[local.name, local]]);
}
