import { refuseShared } from './refusals.js';

export type EmotionIntensity = number & { readonly __brand: 'EmotionIntensity' };

export function emotionIntensity(value: number): EmotionIntensity {
  if (!Number.isInteger(value) || value < 1 || value > 10) throw refuseShared.EMOTION_INTENSITY_OUT_OF_RANGE();
  return value as EmotionIntensity;
}
