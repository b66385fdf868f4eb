import { refuse } from './refusals.js';
import { type Emotion, EMOTIONS } from './speech-provider.js';

/** From outside, in whatever letter case. Refuses another word with EMOTION_UNKNOWN. */
export function emotionNamed(word: string): Emotion {
  const emotion = EMOTIONS.find((known) => known === word.toLowerCase());
  if (!emotion) throw refuse.EMOTION_UNKNOWN({ emotions: EMOTIONS.join(', ') });
  return emotion;
}
