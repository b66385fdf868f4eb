import { refuse } from './refusals.js';
import type { SpeakingVoice } from './speech-provider.js';

/** A voice of this context (ready-made or somebody's own) with what its provider needs to speak in it. */
export interface CastVoice extends SpeakingVoice {
  readonly voiceId: string;
  /** The author's, rather than a ready-made one. */
  readonly isOwn: boolean;
}

/** Who speaks what. Characters that are not cast are read by the narrator. */
export interface Casting {
  readonly narrator: CastVoice;
  readonly cast: readonly { readonly characterId: string; readonly voice: CastVoice }[];
}

export function voiceOf({ narrator, cast }: Casting, characterId: string | null): CastVoice {
  return cast.find((member) => member.characterId === characterId)?.voice ?? narrator;
}

/** Each character that is cast is in the script, and once. */
export function requireCastable(cast: readonly { readonly characterId: string }[], characters: readonly { readonly id: string }[]): void {
  const inScript = new Set(characters.map(({ id }) => id));
  const seen = new Set<string>();
  for (const { characterId } of cast) {
    if (!inScript.has(characterId)) throw refuse.CAST_CHARACTER_UNKNOWN();
    if (seen.has(characterId)) throw refuse.CAST_CHARACTER_TWICE();
    seen.add(characterId);
  }
}

export const voicesOf = ({ narrator, cast }: Casting): readonly CastVoice[] => [narrator, ...cast.map(({ voice }) => voice)];
