import type { EmotionName, ExtractedEmotion, Extraction } from './analysis-provider.js';

/** What is known of a text: who is in it, what is felt, and the script, whose segments together are the whole text. */
export interface Findings {
  readonly characters: readonly Character[];
  readonly emotions: readonly Emotion[];
  readonly segments: readonly Segment[];
}

export interface Character {
  readonly id: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: string | null;
  readonly personality: string | null;
  readonly role: string | null;
  readonly traits: readonly string[];
}

export type Emotion = ExtractedEmotion & { readonly id: string };

export interface Segment {
  readonly id: string;
  readonly text: string;
  readonly emotion: EmotionName;
  readonly speakerId: string | null;
}

/**
 * Gives ids to what an analysis extracted. A character keeps its id by name or alias, a segment its by unchanged text, so that a voice
 * or a recorded take stays attached when the story is analyzed again.
 */
export function reconcile(previous: Findings, extraction: Extraction, newId: () => string): Findings {
  const free = new Set(previous.characters);
  const take = (matches: (known: Character) => boolean): Character | undefined => {
    const found = [...free].find(matches);
    if (found) free.delete(found);
    return found;
  };
  // Own names first: an alias must not take the id of a character that still has its name.
  const byName = extraction.characters.map((extracted) => take((known) => normalized(known.name) === normalized(extracted.name)));
  const characters = extraction.characters.map((extracted, index): Character => {
    const names = new Set([extracted.name, ...extracted.aliases].map(normalized));
    const known = byName[index] ?? take(({ name, aliases }) => [name, ...aliases].some((one) => names.has(normalized(one))));
    return { ...extracted, id: known?.id ?? newId() };
  });

  const idsByText = new Map<string, string[]>();
  for (const { id, text } of previous.segments) idsByText.set(text, [...(idsByText.get(text) ?? []), id]);
  const idByName = new Map(characters.map(({ id, name }) => [name, id]));
  const segments = extraction.segments.map(
    ({ text, emotion, speaker }): Segment => ({
      id: idsByText.get(text)?.shift() ?? newId(),
      text,
      emotion,
      speakerId: speaker === null ? null : (idByName.get(speaker) ?? null),
    }),
  );
  return { characters, emotions: extraction.emotions.map((emotion) => ({ ...emotion, id: newId() })), segments };
}

function normalized(name: string): string {
  return name.normalize('NFKC').toLocaleLowerCase('en').replace(/\s+/g, ' ').trim();
}
