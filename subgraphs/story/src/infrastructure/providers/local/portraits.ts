// What the text itself says of a character: names, traits, a sentence that describes. Nothing is invented.

import { type CharacterRole, type ExtractedCharacter, NARRATOR } from '../../../domain/analysis-provider.js';
import { type Mention, type Person, whoIs } from './cast.js';
import { emotionOf } from './emotion-lexicon.js';
import type { Cast } from './find-cast.js';
import type { Token } from './reading.js';
import { CIVIL_TITLES, KIN_NOUNS, ROLE_NOUNS, titleWord } from './words.js';

const MAX_DESCRIPTION = 300;
const COPULAS = new Set(['was', 'is', 'were', 'seemed', 'looked', 'became', 'grew', 'had']);
/** Adjectives that say how somebody is, beyond the moment. */
const CHARACTER_WORDS = new Set(
  `kind gentle patient proud brave bold shy timid cruel honest clever wise foolish stubborn obstinate cheerful gloomy generous greedy mean selfish loyal
  lazy diligent careful careless curious quiet loud calm strict stern polite rude courteous humble vain arrogant modest ambitious jealous sly cunning
  friendly cold warm-hearted hard soft-hearted merry serious sensible practical exact reserved respected trustworthy reliable reckless ruthless
  bashful talkative silent fierce mild grave solemn witty charming cynical bitter superstitious religious pious eccentric impatient thoughtful
  playful mischievous naughty obedient dutiful lonely restless fearless fearful cowardly courageous adventurous good-natured bad-tempered
  quick-tempered spirited lively melancholy romantic dreamy absent-minded orderly tidy untidy frugal stingy miserly wicked evil good slow indolent`.split(
    /\s+/u,
  ),
);
const NO_TRAITS = new Set(
  `sure able ready right late early full first last other next own same such many much few more most less several certain alone awake asleep there here
  back out up down away off gone done over only just still about glad sorry afraid angry enough due likely unlikely aware dead alive left wrong
  possible impossible true false real whole entire half ashamed present absent about near far present free busy welcome used worth like unable born
  surprised`.split(/\s+/u),
);

export function drawPortraits(cast: Cast): Map<Person, ExtractedCharacter> {
  const narrated = mentionsOf(cast);
  const starts = new Set(cast.mentions.map(({ first }) => first));
  const top = Math.max(1, ...cast.characters.map((person) => cast.prominence.get(person) ?? 0));
  const taken = new Set<string>();
  const portraits = new Map<Person, ExtractedCharacter>();
  for (const [index, person] of cast.characters.entries()) {
    const mine = narrated.get(person) ?? [];
    const { traits, description } = observe(cast, mine, starts);
    const name = unique(nameOf(person), taken);
    const personality = traits.filter((trait) => CHARACTER_WORDS.has(trait));
    portraits.set(person, {
      name,
      aliases: aliasesOf(person, name),
      role: roleOf(index, (cast.prominence.get(person) ?? 0) / top),
      description,
      personality: personality.length === 0 ? null : listed(personality),
      traits,
    });
  }
  return portraits;
}

function roleOf(index: number, share: number): CharacterRole {
  if (index === 0) return 'protagonist';
  return share >= 0.25 ? 'supporting' : 'minor';
}

function nameOf(person: Person): string {
  if (person.names.length > 1) return person.names.join(' ');
  const forms = [...person.forms].sort((a, b) => b[1] - a[1] || b[0].length - a[0].length).map(([form]) => form);
  const given = person.names[0];
  if (given !== undefined) {
    // "Dr. Okafor" says more than "Okafor".
    const titled = forms.find((form) => form.endsWith(given) && form !== given && isTitled(form));
    return titled ?? given;
  }
  if (person.narrator) return NARRATOR;
  // "The old woman" rather than "an old woman" or "the woman".
  const telling = forms.filter((form) => [...person.adjectives].some((adjective) => form.includes(adjective)));
  const definite = forms.filter((form) => form.startsWith('the '));
  const best = definite.find((form) => telling.includes(form)) ?? definite[0] ?? forms[0] ?? [...person.nouns][0] ?? '';
  const noun = [...person.nouns].find((known) => best.endsWith(known)) ?? '';
  const bare = best.replace(/^(?:the|an?|my|his|her|their|our|its|this|that|another) /u, '');
  const name = KIN_NOUNS.has(noun) && !best.startsWith('the ') ? bare : best.startsWith('the ') ? best : `the ${bare}`;
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function isTitled(form: string): boolean {
  const first = titleWord((form.split(/[.\s]/u)[0] ?? '').toLowerCase());
  return CIVIL_TITLES.has(first) || ROLE_NOUNS.has(first) || /^(?:saint|officer|doctor|agent|comrade|coach)$/u.test(first);
}

function aliasesOf(person: Person, name: string): string[] {
  const key = (form: string) => form.toLowerCase().replace(/^(?:the|an?|my|his|her|their|our|its|this|that|another) /u, '');
  const seen = new Set([key(name)]);
  const aliases: string[] = [];
  for (const [form] of [...person.forms].sort((a, b) => b[1] - a[1])) {
    // "a thin man" describes and does not name.
    if (seen.has(key(form)) || /^(?:an?|another) /u.test(form)) continue;
    seen.add(key(form));
    aliases.push(form);
  }
  if (person.narrator && name !== NARRATOR) aliases.push(NARRATOR);
  return aliases;
}

function unique(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free.toLowerCase()); number += 1) free = `${name} (${number})`;
  taken.add(free.toLowerCase());
  return free;
}

function mentionsOf({ reading, mentions }: Cast): Map<Person, Mention[]> {
  const byPerson = new Map<Person, Mention[]>();
  for (const mention of mentions) {
    if ((reading.tokens[mention.first] as Token).speech >= 0) continue;
    const person = whoIs(mention.person);
    const list = byPerson.get(person) ?? [];
    list.push(mention);
    byPerson.set(person, list);
  }
  return byPerson;
}

function observe(cast: Cast, mentions: Mention[], starts: Set<number>): { traits: string[]; description: string | null } {
  const { tokens } = cast.reading;
  const traits = new Set<string>();
  let description: string | null = null;
  for (const mention of mentions) {
    const described = tokens[mention.first]?.lower === 'the' || mention.kind === 'name';
    let found = described ? predicate(tokens, mention.last + 1, traits) : false;
    if (mention.kind === 'role') found = attributive(tokens, mention.first, mention.last, traits) || found;
    // "…, Emil. He was slow to anger": the next sentence goes on about the same person.
    const next = nextSentence(tokens, mention.last, starts);
    if (mention.subject && next !== null && /^(?:he|she)$/u.test((tokens[next] as Token).lower)) {
      if (predicate(tokens, next + 1, traits)) {
        description ??= sentenceAt(cast, next);
      }
    }
    if (found) description ??= sentenceAt(cast, mention.first);
  }
  return { traits: [...traits].slice(0, 12), description };
}

/** Adjectives behind "was", "seemed", or in apposition: "was tall and grey", ", quiet and exact,". */
function predicate(tokens: Token[], from: number, traits: Set<string>): boolean {
  const verb = tokens[from];
  let at = from;
  if (verb?.text === ',' && tokens[from + 1]?.lower === 'who') at = from + 2;
  const copula = tokens[at];
  if (!copula || copula.sentence !== tokens[from - 1]?.sentence || !COPULAS.has(copula.lower)) return false;
  const before = traits.size;
  let article = false;
  for (let look = at + 1; look < at + 10; look += 1) {
    const token = tokens[look];
    if (!token || token.sentence !== copula.sentence || token.speech !== copula.speech) break;
    if (/^(?:not|never|n't|no|nobody|like|as|than|to|that|when|because|but)$/u.test(token.lower)) break;
    if (token.lower === 'a' || token.lower === 'an') {
      article = true;
      continue;
    }
    if (token.text === ',' || token.lower === 'and' || token.pos === 'ADV' || token.lower === 'so' || token.lower === 'very') continue;
    const following = tokens[look + 1];
    const adjective = token.pos === 'ADJ' || CHARACTER_WORDS.has(token.lower);
    if (!adjective) {
      if (article && (ROLE_NOUNS.has(token.lower) || token.pos === 'NOUN')) break;
      break;
    }
    if (copula.lower === 'had' && !article) break;
    // "was a good day": the adjective is the noun's, which is no person's.
    if (article && following?.pos === 'NOUN' && !ROLE_NOUNS.has(following.lower) && !CHARACTER_WORDS.has(following.lower)) break;
    keep(token.lower, traits);
  }
  return traits.size > before || (article && copula.lower !== 'had' && ROLE_NOUNS.has(tokens[at + 2]?.lower ?? ''));
}

/** Adjectives inside "a patient, kind man". */
function attributive(tokens: Token[], first: number, last: number, traits: Set<string>): boolean {
  const before = traits.size;
  for (const token of tokens.slice(first + 1, last)) if (token.pos === 'ADJ' || CHARACTER_WORDS.has(token.lower)) keep(token.lower, traits);
  return traits.size > before && tokens[first]?.lower !== 'the';
}

function keep(adjective: string, traits: Set<string>): void {
  const feeling = emotionOf(adjective);
  if (NO_TRAITS.has(adjective) || (feeling && !CHARACTER_WORDS.has(adjective))) return;
  traits.add(adjective);
}

function nextSentence(tokens: Token[], at: number, starts: Set<number>): number | null {
  const sentence = (tokens[at] as Token).sentence;
  for (let look = at + 1; look < at + 60; look += 1) {
    const token = tokens[look];
    if (!token || token.speech >= 0 || token.paragraph !== (tokens[at] as Token).paragraph) return null;
    if (token.sentence === sentence) {
      // Somebody else in the sentence: the pronoun may be theirs.
      if (starts.has(look)) return null;
      continue;
    }
    if (token.word) return look;
  }
  return null;
}

function sentenceAt({ reading }: Cast, at: number): string | null {
  const { tokens, content } = reading;
  const { sentence, speech } = tokens[at] as Token;
  let first = at;
  while (first > 0 && tokens[first - 1]?.sentence === sentence && tokens[first - 1]?.speech === speech) first -= 1;
  while (!(tokens[first] as Token).word) first += 1;
  let last = at;
  while (tokens[last + 1]?.sentence === sentence && tokens[last + 1]?.speech === speech) last += 1;
  const text = content
    .slice((tokens[first] as Token).start, (tokens[last] as Token).end)
    .replace(/\s+/gu, ' ')
    .trim();
  if (text.length <= MAX_DESCRIPTION) return text;
  return `${text.slice(0, text.lastIndexOf(' ', MAX_DESCRIPTION - 1))}…`;
}

function listed(words: string[]): string {
  return words.length === 1 ? (words[0] as string) : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
