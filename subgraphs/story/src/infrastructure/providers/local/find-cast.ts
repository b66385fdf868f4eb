// Everybody in a text, and who says what: names, roles, introductions, the narrator, and then only those who take part.

import { addForm, type Mention, merge, newPerson, type Person, whoIs } from './cast.js';
import { findNames, isVocative } from './names.js';
import type { Reading, Token } from './reading.js';
import { findRoles } from './roles.js';
import { attribute, indexMentions, learnGenders, type Scene } from './speakers.js';
import { ANIMAL_NOUNS, CIVIL_TITLES, isGivenName, KIN_NAMES, KIN_NOUNS, kinNoun } from './words.js';

export interface Cast extends Scene {
  /** By index of the direct speech. */
  speakers: (Person | null)[];
  /** Who takes part, the most prominent first. */
  characters: Person[];
  /** How much each character does and says. */
  prominence: Map<Person, number>;
}

export function findCast(reading: Reading): Cast {
  const { people, mentions: names } = findNames(reading);
  const narrator = findNarrator(reading);
  if (narrator) people.push(narrator);
  const roles = findRoles(reading, people, names);
  const mentions = [...names, ...roles].sort((a, b) => a.first - b.first);
  const scene: Scene = { reading, people, mentions, narrator };
  mergeDiminutives(scene);
  learnGenders(scene);
  let speakers = attribute(scene);
  if (introduce(scene, speakers)) {
    learnGenders(scene);
    speakers = attribute(scene);
  }
  speakers = speakers.map((person) => (person ? whoIs(person) : null));
  const prominence = new Map<Person, number>();
  const characters = takePart(scene, speakers, prominence);
  const kept = new Set(characters);
  return { ...scene, speakers: speakers.map((person) => (person && kept.has(person) ? person : null)), characters, prominence };
}

/** "I" in the narrator's words, often enough to be more than a slip of the quotation marks. */
function findNarrator({ tokens }: Reading): Person | null {
  let said = 0;
  let words = 0;
  for (const { speech, text, word } of tokens) {
    if (speech >= 0 || !word) continue;
    words += 1;
    if (text === 'I') said += 1;
  }
  return said >= 3 && said / words > 0.003 ? newPerson({ narrator: true }) : null;
}

/** "Di" for Dinah, heard only in speech: the short form of exactly one name. */
function mergeDiminutives({ reading, people, mentions }: Scene): void {
  const narrated = new Set<Person>();
  for (const { person, first, choices } of mentions)
    if (!choices && (reading.tokens[first] as Token).speech < 0) narrated.add(whoIs(person));
  const named = people
    .filter(({ names, mergedInto }) => names.length > 0 && !mergedInto)
    .map((person) => ({ person, name: (person.names[0] as string).toLowerCase() }));
  const byStart = new Map<string, typeof named>();
  for (const entry of named) byStart.set(entry.name.slice(0, 2), [...(byStart.get(entry.name.slice(0, 2)) ?? []), entry]);
  for (const { person, name } of named) {
    if (person.names.length > 1 || name.length < 2 || narrated.has(person) || person.titles.size > 0) continue;
    const stem = name.replace(/(?:y|ie|ey)$/u, '');
    const longer = (byStart.get(stem.slice(0, 2)) ?? []).filter(
      (other) => other.person !== person && other.name.length > name.length && other.name.startsWith(stem),
    );
    if (longer.length === 1 && longer[0]) merge(longer[0].person, person);
  }
}

/** "I'm Łukasz", "my name is Ember", "That's Fergus": the one who was only a young man gets a name. */
function introduce(scene: Scene, speakers: (Person | null)[]): boolean {
  const { reading, mentions, narrator } = scene;
  const { tokens } = reading;
  const firstMention = new Map<Person, number>();
  for (const { person, first, choices } of mentions)
    if (!choices && !firstMention.has(whoIs(person))) firstMention.set(whoIs(person), first);
  const firstNarrated = new Map<Person, number>();
  const times = new Map<Person, number>();
  for (const { person, first, choices } of mentions) {
    if (choices) continue;
    times.set(whoIs(person), (times.get(whoIs(person)) ?? 0) + 1);
    if ((tokens[first] as Token).speech < 0 && !firstNarrated.has(whoIs(person))) firstNarrated.set(whoIs(person), first);
  }
  const narrated = new Set(firstNarrated.keys());
  let merged = false;
  const vocatives = new Map<Person, number>();

  for (const mention of mentions) {
    if (mention.kind !== 'name' || mention.choices) continue;
    const named = whoIs(mention.person);
    const token = tokens[mention.first] as Token;
    const words = [1, 2, 3].map((back) => tokens[mention.first - back]?.lower ?? '');
    const itself = introducesItself(words);
    if (token.speech < 0) {
      // "My name is Ishmael", told by the narrator.
      if (narrator && itself && (words.includes('my') || words.includes('me') || words.includes('i')) && named !== whoIs(narrator))
        merged = Boolean(merge(named, narrator)) || merged;
      continue;
    }
    const speaker = speakers[token.speech] ? whoIs(speakers[token.speech] as Person) : null;
    const isFirst = firstMention.get(named) === mention.first;
    const whole = isWholeSentence(tokens, mention) && isOpening(tokens, mention);
    if (speaker && speaker !== named && speaker.names.length === 0) {
      const asked = asksWho(reading, token.speech);
      const answers = asked === 'you' && opensSpeech(reading, mention);
      if (itself || answers || (whole && isFirst && asked === null && !isVocative(tokens, mention, reading.speeches))) {
        // Only somebody whom the narration does not show as another person beforehand.
        if (isFirst || answers || speaker.narrator || !narrated.has(named)) {
          merge(named, speaker);
          merged = true;
          continue;
        }
      }
    }
    if (
      isFirst &&
      /^(?:is|'s|was)$/u.test(words[0] ?? '') &&
      ['that', 'this', 'here', 'he', 'she'].includes(words[1] ?? '') &&
      isWholeClause(tokens, mention)
    ) {
      const stranger = lastStranger(scene, mention.first, speaker, named);
      if (stranger) {
        merge(named, stranger);
        merged = true;
      }
    }
    const metLater = (firstNarrated.get(named) ?? Number.POSITIVE_INFINITY) > mention.first;
    if (isFirst && metLater && (times.get(named) ?? 0) > 1 && isVocative(tokens, mention, reading.speeches)) {
      // “Not more of them,” said the raven. “Hush, Corbin,” said the witch.
      const before = speakerBefore(reading, speakers, token.speech, speaker);
      const unnamed = before && before.names.length === 0 && !before.narrator;
      if (unnamed && (before.gender === null || named.gender === null || before.gender === named.gender)) {
        merge(named, before);
        merged = true;
        continue;
      }
    }
    // “Mr. Carter,” she said – to Jaylen, of whom the narration tells.
    if (
      isFirst &&
      !narrated.has(named) &&
      named.names.length === 1 &&
      [...named.titles].some((title) => CIVIL_TITLES.has(title)) &&
      isVocative(tokens, mention, reading.speeches)
    ) {
      const before = speakerBefore(reading, speakers, token.speech, speaker) ?? lastActor(scene, mention.first, speaker);
      if (
        before &&
        before.names.length === 1 &&
        before.titles.size === 0 &&
        (before.gender === null || named.gender === null || before.gender === named.gender)
      ) {
        merge(before, named);
        merged = true;
        continue;
      }
    }
    if (narrator && speaker && speaker !== whoIs(narrator) && isVocative(tokens, mention, reading.speeches))
      vocatives.set(named, (vocatives.get(named) ?? 0) + 1);
  }
  merged = mergeKin(scene, speakers) || merged;
  // "My dear Watson": addressed, and never seen by the narrator, because it is the narrator.
  if (narrator && whoIs(narrator).names.length === 0) {
    const unseen = [...vocatives].filter(([person]) => !narrated.has(person) && whoIs(person) === person).sort(([, a], [, b]) => b - a);
    const [best, second] = unseen;
    if (
      best &&
      (best[1] >= 2 || isGivenName(best[0].names[0] ?? '') || best[0].titles.size > 0 || speakers.includes(best[0])) &&
      best[1] > (second?.[1] ?? 0)
    ) {
      merge(best[0], narrator);
      merged = true;
    }
  }
  return merged;
}

/** “Don't be cross, uncle!” between two lines of Scrooge: then "the uncle" is Scrooge. */
function mergeKin({ reading, people }: Scene, speakers: (Person | null)[]): boolean {
  const { tokens, speeches } = reading;
  let merged = false;
  for (const [at, token] of tokens.entries()) {
    if (token.speech < 0) continue;
    const kin = kinNoun(token.lower);
    if (!KIN_NOUNS.has(kin) || !isVocative(tokens, { first: at, last: at }, speeches)) continue;
    const speaker = speakers[token.speech];
    const near = (step: number): Person | null => {
      for (let speech = token.speech + step; Math.abs((speeches[speech]?.paragraph ?? Number.NaN) - token.paragraph) <= 2; speech += step) {
        const other = speakers[speech] ? whoIs(speakers[speech] as Person) : null;
        if (other && (!speaker || other !== whoIs(speaker))) return other;
      }
      return null;
    };
    const listener = near(-1);
    if (!listener || listener !== near(1) || listener.names.length === 0) continue;
    const relative = people.find(
      (person) => !person.mergedInto && person !== listener && person.names.length === 0 && !person.narrator && person.nouns.has(kin),
    );
    if (!relative || (speaker && relative === whoIs(speaker))) continue;
    if (relative.gender !== null && listener.gender !== null && relative.gender !== listener.gender) continue;
    merge(listener, relative);
    merged = true;
  }
  return merged;
}

/** Who spoke last before this speech, within a few paragraphs, and is not its speaker. */
function speakerBefore({ speeches }: Reading, speakers: (Person | null)[], speech: number, speaker: Person | null): Person | null {
  const paragraph = speeches[speech]?.paragraph ?? 0;
  for (let back = speech - 1; back >= 0 && paragraph - (speeches[back]?.paragraph ?? 0) <= 2; back -= 1) {
    const person = speakers[back] ? whoIs(speakers[back] as Person) : null;
    if (person && person !== speaker) return person;
  }
  return null;
}

/** Who did something last in the narration before this token. */
function lastActor({ reading, mentions }: Scene, before: number, except: Person | null): Person | null {
  const paragraph = (reading.tokens[before] as Token).paragraph;
  for (let at = mentions.length - 1; at >= 0; at -= 1) {
    const mention = mentions[at] as Mention;
    if (mention.first >= before) continue;
    if (paragraph - (reading.tokens[mention.first] as Token).paragraph > 8) return null;
    const person = whoIs(mention.person);
    if (mention.subject && person !== except && person.names.length > 0) return person;
  }
  return null;
}

/** Does the speech before ask “What's your name?” – or for the name of somebody else? */
function asksWho({ content, speeches }: Reading, speech: number): 'you' | 'another' | null {
  const before = speeches[speech - 1];
  if (!before) return null;
  const words = content.slice(before.start, before.end);
  if (/\byour (?:first |last )?name\b|\bwho are you\b|\bare you called\b|\bcall you\b/iu.test(words)) return 'you';
  return /\b(?:his|her|their|its) name\b|\bwho(?:'s|\u2019s| is| was| are)\b|\bwhich of\b/iu.test(words) ? 'another' : null;
}

function opensSpeech({ tokens, speeches }: Reading, { first }: Mention): boolean {
  const token = tokens[first] as Token;
  const start = speeches[token.speech]?.start ?? -9;
  return token.start - start <= 2;
}

function introducesItself([one, two, three]: string[]): boolean {
  if (one === "'m" || (one === 'am' && two === 'i')) return true;
  if (one === 'me' && two === 'call') return true;
  return (one === 'is' || one === "'s" || one === 'was') && two === 'name' && (three === 'my' || three === 'the');
}

const isWholeSentence = (tokens: Token[], { last }: Mention): boolean => /^[.!?,]$/u.test(tokens[last + 1]?.text ?? '');
const isWholeClause = (tokens: Token[], { last }: Mention): boolean =>
  /^(?:[.!?,;]|from|of|here|and|who)$/u.test(tokens[last + 1]?.text ?? '');
const isOpening = (tokens: Token[], { first, last }: Mention): boolean =>
  tokens[first - 1]?.word === false && (tokens[first] as Token).opensSentence && /^[.!?]$/u.test(tokens[last + 1]?.text ?? '.');

/** The last unnamed person whom the narration brought in, not the one who speaks. */
function lastStranger({ reading, mentions }: Scene, before: number, speaker: Person | null, named: Person): Person | null {
  const paragraph = (reading.tokens[before] as Token).paragraph;
  for (let at = mentions.length - 1; at >= 0; at -= 1) {
    const mention = mentions[at] as Mention;
    if (mention.first >= before) continue;
    const token = reading.tokens[mention.first] as Token;
    if (paragraph - token.paragraph > 4) return null;
    const person = whoIs(mention.person);
    if (mention.kind !== 'role' || token.speech >= 0 || person.names.length > 0 || person === speaker) continue;
    if (person.gender !== null && named.gender !== null && person.gender !== named.gender) continue;
    return person;
  }
  return null;
}

/** Who does or says something. Somebody only spoken of, and an animal that only stands by, is no character. */
function takePart(scene: Scene, speakers: (Person | null)[], prominence: Map<Person, number>): Person[] {
  const { reading, people, mentions, narrator } = scene;
  indexMentions(scene);
  const lines = new Map<Person, number>();
  for (const person of speakers) if (person) lines.set(person, (lines.get(person) ?? 0) + 1);
  const tally = new Map<Person, { acts: number; mentions: number; narrated: number; first: number }>();
  for (const mention of mentions) {
    const person = whoIs(mention.person);
    const sum = tally.get(person) ?? { acts: 0, mentions: 0, narrated: 0, first: mention.first };
    sum.mentions += 1;
    if ((reading.tokens[mention.first] as Token).speech < 0) sum.narrated += 1;
    if (mention.subject) sum.acts += 1;
    if (mention.choices)
      addForm(person, reading.content.slice((reading.tokens[mention.first] as Token).start, (reading.tokens[mention.last] as Token).end));
    tally.set(person, sum);
  }
  const present = people.filter((person) => {
    if (person.mergedInto) return false;
    const sum = tally.get(person) ?? { acts: 0, mentions: 0, narrated: 0, first: 0 };
    const spoken = lines.get(person) ?? 0;
    prominence.set(person, sum.mentions + spoken * 2 + (person.narrator ? sum.mentions + 5 : 0));
    if (person.narrator) return spoken > 0 || person.names.length > 0;
    if (spoken > 0) return true;
    if (person.names.length > 0) {
      if (person.names.length === 1 && KIN_NAMES.has((person.names[0] as string).toLowerCase())) return sum.acts >= 2;
      return sum.acts >= 1 || (sum.narrated >= 2 && sum.mentions >= 3);
    }
    // "the White Rabbit": capitals make a role a name.
    if ([...person.forms.keys()].some((form) => /\p{Lu}/u.test(form)) && sum.acts >= 1 && sum.mentions >= 2) return true;
    const animal = [...person.nouns].every((noun) => ANIMAL_NOUNS.has(noun));
    return animal ? sum.acts >= 3 && sum.mentions >= 5 : sum.acts >= 2 && sum.mentions >= 3;
  });
  if (narrator && prominence.has(whoIs(narrator))) prominence.set(whoIs(narrator), Math.max(...prominence.values()));
  const firstOf = (person: Person) => tally.get(person)?.first ?? 0;
  return present.sort((a, b) => (prominence.get(b) ?? 0) - (prominence.get(a) ?? 0) || firstOf(a) - firstOf(b));
}
