// How a line is to be read, in the words of a model of ElevenLabs.

import type { Line } from '../../../domain/speech-provider.js';

/** How far from an even voice when the emotion is overwhelming, 0 to 1 (below 0: more even), the speed then, and the tag of models that are directed by tags. */
const EMOTIONS: Readonly<Record<string, readonly [expression: number, speed: number, tag: string]>> = {
  joy: [0.8, 1.07, 'happy'],
  sadness: [0.7, 0.86, 'sad'],
  fear: [0.9, 1.12, 'frightened'],
  anger: [1, 1.08, 'angry'],
  surprise: [0.9, 1.05, 'surprised'],
  disgust: [0.7, 0.95, 'disgusted'],
  love: [0.5, 0.94, 'warm'],
  hope: [0.5, 0.98, 'hopeful'],
  pride: [0.5, 0.97, 'proud'],
  shame: [0.5, 0.92, 'ashamed'],
  calm: [-0.5, 0.93, 'calm'],
};

/** Models from v3 on are directed by words in brackets, and know three stabilities only: 0, 0.5 and 1. */
const takesTags = (model: string) => Number(/^eleven_v(\d+)/u.exec(model)?.[1] ?? 0) >= 3;
/** These guess the language of a text, and refuse to be told it. */
export const guessesLanguage = (model: string) => model === 'eleven_multilingual_v2';

export interface Delivery {
  readonly text: string;
  readonly modelId: string;
  readonly languageCode?: string;
  readonly voiceSettings: Readonly<Record<'stability' | 'similarityBoost' | 'style' | 'speed', number>>;
}

/** As it is sent, and paid for; null: there is nothing to pronounce in it. */
export function deliver({ text, language, emotion, intensity }: Line, model: string): Delivery | null {
  if (!/[\p{L}\p{N}]/u.test(text)) return null;
  const [expression, speed, tag] = EMOTIONS[emotion] ?? [0, 1, null];
  const strength = Math.min(10, Math.max(1, intensity)) / 10;
  const tags = takesTags(model);
  const stability = 0.5 - 0.35 * expression * strength;
  return {
    text: `${tags && tag !== null ? `[${tag}] ` : ''}${plain(text)}`,
    modelId: model,
    ...(guessesLanguage(model) ? {} : { languageCode: language.split(/[-_]/u)[0]?.toLowerCase() }),
    voiceSettings: {
      stability: tags ? (stability < 0.25 ? 0 : 0.5) : round(stability),
      similarityBoost: 0.75,
      style: round(0.6 * Math.max(0, expression) * strength),
      speed: round(speed ** strength),
    },
  };
}

/** What a story says in brackets is to be read, not obeyed: a tag, or a break. */
const plain = (text: string) => text.replaceAll('[', '(').replaceAll(']', ')').replace(/[<>]/gu, ' ').trim();
const round = (value: number) => Math.round(value * 100) / 100;
