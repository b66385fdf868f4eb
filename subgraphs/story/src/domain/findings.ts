import type { EmotionName, ExtractedCharacter, ExtractedEmotion, Extraction } from './analysis-provider.js';
import { MAX_CHARACTERS } from './analysis-repair.js';

/** What is known of a text: who is in it, what is felt, and the script, whose segments together are the whole text. */
export interface Findings {
  readonly characters: readonly Character[];
  readonly emotions: readonly Emotion[];
  readonly segments: readonly Segment[];
}

/** What a story's next findings build upon. */
export interface KnownFindings {
  /** Those that the writer sees, at most 100. */
  readonly characters: readonly Character[];
  /** Those that the newest text leaves out: one that comes back gets its old id. */
  readonly absent: readonly Character[];
  /** Those that the writer removed: no analysis brings them back. */
  readonly removed: readonly Character[];
  readonly segments: readonly Segment[];
}

/** Whose word it is: what the writer said is never overruled by an analysis. */
export type Origin = 'analysis' | 'writer';

export interface Character {
  readonly id: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: string | null;
  readonly personality: string | null;
  readonly role: string | null;
  readonly traits: readonly string[];
  readonly origin: Origin;
}

export type Emotion = ExtractedEmotion & { readonly id: string };

export interface Segment {
  readonly id: string;
  readonly text: string;
  readonly emotion: EmotionName;
  readonly speakerId: string | null;
  readonly origin: Origin;
}

/**
 * Gives ids to what an analysis extracted. A character keeps its id by name or alias, a segment its by unchanged text, so that a voice or a
 * recorded take stays attached when the story is analyzed again. What the writer corrected stays as the writer left it: a character is in the
 * list until it is removed, and once removed it stays away; a segment keeps speaker and emotion until its text changes.
 */
export function reconcile(known: KnownFindings, extraction: Extraction, newId: () => string): Findings {
  const matches = matchCharacters(known, extraction.characters);
  const unchanged = matchSegments(
    known.segments,
    extraction.segments.map(({ text }) => text),
  );

  const found = new Map<string, Character>();
  const idByName = new Map<string, string>();
  for (const extracted of extraction.characters) {
    const match = matches.get(extracted);
    if (match && known.removed.includes(match)) continue;
    const character: Character = match?.origin === 'writer' ? match : { ...extracted, id: match?.id ?? newId(), origin: 'analysis' };
    found.set(character.id, character);
    idByName.set(extracted.name, character.id);
  }
  // Whoever a corrected segment names as its speaker stays as well.
  const speakers = new Set(unchanged.map((segment) => (segment?.origin === 'writer' ? segment.speakerId : null)));
  const stays = ({ id, origin }: Character) => origin === 'writer' || speakers.has(id);
  for (const character of known.characters) if (stays(character) && !found.has(character.id)) found.set(character.id, character);

  const characters = atMost(MAX_CHARACTERS, [...found.values()], stays);
  const present = new Set(characters.map(({ id }) => id));
  const segments = extraction.segments.map(({ text, emotion, speaker }, index): Segment => {
    const same = unchanged[index];
    if (same?.origin === 'writer') return same;
    const speakerId = speaker === null ? undefined : idByName.get(speaker);
    const heard = speakerId && present.has(speakerId) ? speakerId : null;
    return { id: same?.id ?? newId(), text, emotion, speakerId: heard, origin: 'analysis' };
  });
  return { characters, emotions: extraction.emotions.map((emotion) => ({ ...emotion, id: newId() })), segments };
}

/** Which known character each extracted one is. What comes first wins: a name before an alias, the writer's word before the analysis' own. */
function matchCharacters(known: KnownFindings, extracted: readonly ExtractedCharacter[]): Map<ExtractedCharacter, Character> {
  const matches = new Map<ExtractedCharacter, Character>();
  const taken = new Set<Character>();
  const match = (candidates: readonly Character[], fits: (known: Character, extracted: ExtractedCharacter) => boolean) => {
    for (const one of extracted) {
      const found = matches.has(one) ? undefined : candidates.find((candidate) => fits(candidate, one));
      if (!found) continue;
      matches.set(one, found);
      taken.add(found);
    }
  };
  const byName = (one: Character, { name }: ExtractedCharacter) => sameName(one.name, name);
  const byAlias = (one: Character, { name }: ExtractedCharacter) => one.aliases.some((alias) => sameName(alias, name));
  const byAnyName = (one: Character, { name, aliases }: ExtractedCharacter) =>
    !taken.has(one) && [one.name, ...one.aliases].some((own) => [name, ...aliases].some((other) => sameName(own, other)));

  match(known.characters, byName);
  // Two whom the writer merged are one: the names of the one are aliases of the other.
  match(
    known.characters.filter(({ origin }) => origin === 'writer'),
    byAlias,
  );
  match(known.removed, byName);
  match(known.absent, byName);
  match([...known.characters, ...known.absent], byAnyName);
  match(known.removed, byAnyName);
  return matches;
}

/** The known segment with the text of each new one: counted from the beginning up to the first change, then from the end, what lies between in order. */
function matchSegments(known: readonly Segment[], texts: readonly string[]): (Segment | undefined)[] {
  const same = (index: number, text: string | undefined) => text !== undefined && known.at(index)?.text === text;
  const shorter = Math.min(known.length, texts.length);
  let head = 0;
  while (head < shorter && same(head, texts[head])) head += 1;
  let tail = 0;
  while (head + tail < shorter && same(-1 - tail, texts.at(-1 - tail))) tail += 1;
  const between = Map.groupBy(known.slice(head, known.length - tail), ({ text }) => text);
  return texts.map((text, index) => {
    if (index < head) return known[index];
    const fromEnd = texts.length - index;
    return fromEnd <= tail ? known.at(-fromEnd) : between.get(text)?.shift();
  });
}

/** Leaves out the last ones that may go. */
function atMost(limit: number, characters: readonly Character[], stays: (character: Character) => boolean): Character[] {
  let excess = characters.length - limit;
  return characters
    .toReversed()
    .filter((character) => stays(character) || excess-- <= 0)
    .toReversed();
}

/** Names are the same however they are written: case and white space do not count. */
export function sameName(one: string, other: string): boolean {
  return normalized(one) === normalized(other);
}

function normalized(name: string): string {
  return name.normalize('NFKC').toLocaleLowerCase('en').replace(/\s+/g, ' ').trim();
}
