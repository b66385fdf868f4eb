import { CharacterCorrected, CharactersExtracted, SegmentCorrected, type StoryEvent } from '@storytelling/shared/domain-events/story';
import type { EmotionName } from './analysis-provider.js';
import { MAX_CHARACTERS } from './analysis-repair.js';
import { type CharacterChanges, MAX_ALIASES } from './character-changes.js';
import { type Character, type KnownFindings, type Segment, sameName } from './findings.js';
import { refuse } from './refusals.js';
import { isDescribed, type Story } from './story.js';

// What a writer corrects by hand in the findings. Corrections lie in the findings, not in an edition: they make no version, the last one
// holds, and `reconcile` keeps them when the story is analyzed again.

/** A decision about the findings. */
export interface Correction {
  /** What the verb is answered with: the id of what was corrected. */
  readonly outcome: string;
  readonly events: readonly StoryEvent[];
  /** A character that is new or changed. */
  readonly saved?: Character;
  /** Characters that are no longer in the list. Merged ones live on as aliases; removed ones are remembered, so that they stay away. */
  readonly dismissed?: { readonly ids: readonly string[]; readonly as: 'removed' | 'merged' };
  /** Segments with another speaker or emotion. */
  readonly segments?: readonly Segment[];
}

/** `id` null: a new character, which gets its old id if the story had one of this name that was removed or is no longer in the text. */
export function saveCharacter(
  story: Story,
  known: KnownFindings,
  { id, changes, newId }: { id: string | null; changes: CharacterChanges; newId: () => string },
): Correction {
  requireOpen(story);
  const before = id === null ? undefined : characterIn(known, id, 'id');
  if (known.characters.some((other) => other.id !== before?.id && sameName(other.name, changes.name))) throw refuse.CHARACTER_NAME_TAKEN();
  if (!before && known.characters.length >= MAX_CHARACTERS) throw refuse.STORY_HAS_TOO_MANY_CHARACTERS({ max: MAX_CHARACTERS });

  const former = before ?? [...known.removed, ...known.absent].find(({ name }) => sameName(name, changes.name));
  const blank = { aliases: [], description: null, personality: null, role: null, traits: [] };
  const { aliases, ...changed } = changes;
  // By its former name the next analysis knows it again.
  const names = [...(aliases ?? before?.aliases ?? []), ...(before ? [before.name] : [])];
  const saved: Character = {
    ...(before ?? blank),
    ...changed,
    id: former?.id ?? newId(),
    aliases: aliasesOf(changes.name, names),
    origin: 'writer',
  };
  if (before && JSON.stringify(inOrder(before)) === JSON.stringify(inOrder(saved))) return { outcome: saved.id, events: [] };
  const list = before ? known.characters.map((one) => (one === before ? saved : one)) : [...known.characters, saved];
  return { outcome: saved.id, saved, events: tell(story, list, 'saved', saved) };
}

/** The others become the one: their names are its aliases, what they say it says. */
export function mergeCharacters(
  story: Story,
  known: KnownFindings,
  { intoId, fromIds }: { intoId: string; fromIds: readonly string[] },
): Correction {
  requireOpen(story);
  const into = characterIn(known, intoId, 'intoId');
  const others = new Set(fromIds.map((id) => characterIn(known, id, 'fromIds')));
  if (others.size === 0 || others.has(into)) throw refuse.CHARACTERS_TO_MERGE_INVALID();

  const names = [...others].flatMap(({ name, aliases }) => [name, ...aliases]);
  const saved: Character = { ...into, aliases: aliasesOf(into.name, [...into.aliases, ...names]), origin: 'writer' };
  const ids = [...others].map(({ id }) => id);
  const list = known.characters.filter((one) => !others.has(one)).map((one) => (one === into ? saved : one));
  return {
    outcome: story.id,
    saved,
    dismissed: { ids, as: 'merged' },
    segments: spokenBy(known, ids).map((segment) => ({ ...segment, speakerId: saved.id })),
    events: tell(story, list, 'merged', saved, ids),
  };
}

/** What it said, the narration says from now on. */
export function removeCharacter(story: Story, known: KnownFindings, id: string): Correction {
  requireOpen(story);
  const removed = characterIn(known, id, 'id');
  const list = known.characters.filter((one) => one !== removed);
  return {
    outcome: story.id,
    dismissed: { ids: [removed.id], as: 'removed' },
    segments: spokenBy(known, [removed.id]).map((segment) => ({ ...segment, speakerId: null })),
    events: tell(story, list, 'removed', removed),
  };
}

/** What is not given stays; a speaker of null is the narration. */
export function correctSegment(
  story: Story,
  known: KnownFindings,
  { segmentId, speakerId, emotion }: { segmentId: string; speakerId?: string | null; emotion?: EmotionName },
): Correction {
  requireOpen(story);
  // The script of the text before an edit is not this text's: nobody sees it, and nobody corrects it.
  const segment = isDescribed(story) ? known.segments.find(({ id }) => id === segmentId) : undefined;
  if (!segment) throw refuse.SEGMENT_NOT_FOUND();
  const corrected: Segment = {
    ...segment,
    speakerId: speakerId === undefined ? segment.speakerId : speakerId && characterIn(known, speakerId, 'speakerId').id,
    emotion: emotion ?? segment.emotion,
    origin: 'writer',
  };
  const nothingGiven = speakerId === undefined && emotion === undefined;
  const nothingNew = segment.origin === 'writer' && segment.speakerId === corrected.speakerId && segment.emotion === corrected.emotion;
  if (nothingGiven || nothingNew) return { outcome: segment.id, events: [] };
  const { id: storyId, authorId } = story;
  const { speakerId: speaker, emotion: spoken } = corrected;
  return {
    outcome: segment.id,
    segments: [corrected],
    events: [SegmentCorrected({ storyId, authorId, segmentId: segment.id, speakerId: speaker, emotion: spoken })],
  };
}

export function requireOpen(story: Story): void {
  if (story.status === 'archived') throw refuse.STORY_ARCHIVED();
}

function characterIn({ characters }: KnownFindings, id: string, field: string): Character {
  const found = characters.find((character) => character.id === id.toLowerCase());
  if (!found) throw refuse.CHARACTER_NOT_FOUND(undefined, field);
  return found;
}

const spokenBy = ({ segments }: KnownFindings, ids: readonly string[]) =>
  segments.filter(({ speakerId }) => speakerId !== null && ids.includes(speakerId));

/** Each once, and none that is the name itself. */
function aliasesOf(name: string, aliases: readonly string[]): string[] {
  const distinct: string[] = [];
  for (const alias of aliases) if (![name, ...distinct].some((one) => sameName(one, alias))) distinct.push(alias);
  if (distinct.length > MAX_ALIASES) throw refuse.CHARACTER_LIST_TOO_LONG({ max: MAX_ALIASES }, 'aliases');
  return distinct;
}

const inOrder = ({ id, name, aliases, description, personality, role, traits, origin }: Character) => [
  id,
  name,
  aliases,
  description,
  personality,
  role,
  traits,
  origin,
];

/** The correction for the story's own history, the list as it is now for everybody who keeps one. */
function tell(
  { id: storyId, authorId }: Story,
  list: readonly Character[],
  change: 'saved' | 'merged' | 'removed',
  { id: characterId, name, aliases, description, personality, role, traits }: Character,
  mergedIds: readonly string[] = [],
): StoryEvent[] {
  const said = { name, aliases: [...aliases], description, personality, role, traits: [...traits] };
  return [
    CharacterCorrected({ storyId, authorId, characterId, change, mergedIds: [...mergedIds], ...said }),
    CharactersExtracted({ storyId, authorId, characters: list.map((one) => ({ id: one.id, name: one.name, role: one.role })) }),
  ];
}
