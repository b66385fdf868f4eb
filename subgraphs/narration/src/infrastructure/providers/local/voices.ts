// The voices that can be heard without a network. Four are flite's own; the others are characters made of them.

import type { ReadyMadeVoice } from '../../../domain/speech-provider.js';
import type { FliteVoice } from './flite.js';

/** How a voice sounds when nothing moves it. */
export interface VoiceShape {
  readonly base: FliteVoice;
  /** Mean pitch in Hz, and its standard deviation. */
  readonly pitch: number;
  readonly range: number;
  /** Of the speaker beside the base's: its samples are read this much faster, so that a mouse has a small head and a giant a large one. */
  readonly size: number;
  /** 1.1: a tenth faster than the base. */
  readonly rate: number;
}

/** As flite's voices are without settings, measured. */
export const OWN_PITCH: Readonly<Record<FliteVoice, number>> = { awb: 131, kal16: 90, rms: 104, slt: 170 };

const voice = (name: string, description: string, shape: VoiceShape) => ({ name, description, shape });

/** By the id that is kept with a narration: ids stay. The first is the one that reads best for long. */
const VOICES: Readonly<Record<string, { readonly name: string; readonly description: string; readonly shape: VoiceShape }>> = {
  slt: voice('Clara', 'A clear woman’s voice, at ease in a long story.', { base: 'slt', pitch: 172, range: 17, size: 1, rate: 1 }),
  awb: voice('Alan', 'A lively man’s voice with a Scottish colour.', { base: 'awb', pitch: 131, range: 18, size: 1, rate: 1 }),
  rms: voice('Rufus', 'A deep, even man’s voice.', { base: 'rms', pitch: 104, range: 14, size: 1, rate: 1.08 }),
  child: voice('Pip', 'A child, bright and quick.', { base: 'slt', pitch: 262, range: 30, size: 1.2, rate: 1.05 }),
  boy: voice('Toby', 'A boy of twelve or so.', { base: 'awb', pitch: 214, range: 24, size: 1.18, rate: 1.02 }),
  grandmother: voice('Agnes', 'An old woman who takes her time.', { base: 'slt', pitch: 152, range: 22, size: 0.93, rate: 0.88 }),
  grandfather: voice('Bram', 'An old man, low and slow.', { base: 'awb', pitch: 108, range: 20, size: 0.9, rate: 0.87 }),
  giant: voice('Grum', 'A giant: very low, very slow.', { base: 'awb', pitch: 76, range: 10, size: 0.76, rate: 0.84 }),
  mouse: voice('Fenn', 'A small animal or a sprite: very high and quick.', { base: 'slt', pitch: 330, range: 36, size: 1.36, rate: 1.1 }),
  machine: voice('Kal', 'A machine, even and metallic.', { base: 'kal16', pitch: 110, range: 8, size: 1, rate: 1 }),
};

export const readyMadeVoices: readonly ReadyMadeVoice[] = Object.entries(VOICES).map(([providerVoiceId, { name, description }]) => ({
  providerVoiceId,
  name,
  language: 'en',
  description,
}));

/** null: there is no such voice. */
export function shapeOf(providerVoiceId: string): VoiceShape | null {
  return Object.hasOwn(VOICES, providerVoiceId) ? (VOICES[providerVoiceId]?.shape ?? null) : null;
}
