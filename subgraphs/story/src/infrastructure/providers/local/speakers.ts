// Who says what: speech tags, action beats, pronouns by recency and gender, and untagged lines by turns.

import { type Mention, type Person, whoIs } from './cast.js';
import { isVocative } from './names.js';
import type { Paragraph, Reading, Token } from './reading.js';
import { doesSomething } from './roles.js';
import { type Gender, SPEECH_VERBS } from './words.js';

export interface Scene {
  reading: Reading;
  people: Person[];
  /** Names and roles in the order of the text. */
  mentions: Mention[];
  narrator: Person | null;
}

type Subject = { person: Person } | { pronoun: 'he' | 'she' | 'i' | 'they' };

interface Tag {
  subject: Subject;
  /** A speech tag names the speaker; a beat only shows who acts beside the quotation. */
  kind: 'tag' | 'beat';
  /** Token index. */
  at: number;
  addressee?: Person | undefined;
}

/** The turns of a conversation, newest last. */
interface Turn {
  paragraph: number;
  person: Person;
  addressee: Person | null;
}

/** How many paragraphs without speech end a conversation. */
const SILENCE = 5;

/** The speaker of each direct speech of the reading, or null where nobody can be told. */
export function attribute(scene: Scene): (Person | null)[] {
  const { reading } = scene;
  const index = indexMentions(scene);
  const tags = reading.paragraphs.map((paragraph) => paragraph.speeches.map((speech) => findTag(scene, index, paragraph, speech)));
  const speakers: (Person | null)[] = reading.speeches.map(() => null);
  const turns: Turn[] = [];

  for (const [number, paragraph] of reading.paragraphs.entries()) {
    if (paragraph.heading) turns.length = 0;
    if (paragraph.speeches.length === 0) continue;
    if (turns.length > 0 && number - (turns.at(-1) as Turn).paragraph > SILENCE) turns.splice(0, turns.length - 1);
    const mine = tags[number] as (Tag | null)[];
    const resolved = paragraph.speeches.map((speech, position): Person | null => {
      const tag = mine[position];
      return tag ? resolve(scene, index, turns, number, tag, speech) : null;
    });
    const first = reading.speeches[paragraph.speeches[0] as number];
    const previous = reading.speeches[(paragraph.speeches[0] as number) - 1];
    if (resolved[0] === null && previous?.open && previous.paragraph === number - 1 && first)
      resolved[0] = whoIsNull(speakers[(paragraph.speeches[0] as number) - 1] ?? null);
    fillWithin(resolved, mine);
    const vocatives = addressed(scene, index, paragraph);
    if (!mine.some((tag) => tag?.kind === 'tag')) {
      const itself = namesItself(scene, index, number);
      // A stranger who acts beside these words is the one who names himself: `introduce` makes them one.
      const stranger = resolved.find((person) => person !== null && person.names.length === 0);
      if (itself && !stranger) for (const position of resolved.keys()) resolved[position] = itself;
    }
    if (!resolved.some(Boolean)) {
      const guess = byTurns(scene, index, tags, turns, number, vocatives);
      for (const position of resolved.keys()) resolved[position] = guess;
    }
    for (const [position, speech] of paragraph.speeches.entries()) speakers[speech] = resolved[position] ?? null;
    const speaker = resolved.findLast((person) => person !== null);
    if (speaker) {
      const addressee = mine.find((tag) => tag?.addressee)?.addressee ?? vocatives.find((person) => person !== speaker) ?? null;
      index.spokeBefore.add(speaker);
      if (turns.length > 60) turns.splice(0, 30);
      turns.push({ paragraph: number, person: speaker, addressee: addressee ? whoIs(addressee) : null });
    }
  }
  return speakers;
}

/** “This is Gus from security.” “I'm Daniel.” – where no tag says otherwise, the words tell who speaks. */
function namesItself({ reading }: Scene, index: Index, number: number): Person | null {
  for (const mention of index.spoken[number] as Mention[]) {
    if (mention.kind !== 'name' || mention.choices) continue;
    const [one, two, three] = [1, 2, 3].map((back) => reading.tokens[mention.first - back]?.lower ?? '');
    const after = reading.tokens[mention.last + 1]?.lower ?? '';
    if (after === "'s" || after === '\u2019s') continue;
    const itself = one === "'m" || (one === 'am' && two === 'i') || ((one === 'is' || one === "'s") && two === 'name' && three === 'my');
    const onTheLine = one === 'is' && two === 'this' && /^(?:from|speaking|here|at|calling|of)$/u.test(after);
    if (itself || onTheLine) return whoIs(mention.person);
  }
  return null;
}

interface Index {
  startsAt: Map<number, Mention>;
  /** Mentions of the narrator's words, paragraph by paragraph. */
  narrated: Mention[][];
  spoken: Mention[][];
  inSpeech: Map<number, Mention[]>;
  /** The paragraph in which the narration first mentions somebody. */
  firstSeen: Map<Person, number>;
  /** How often the narration mentions somebody. */
  times: Map<Person, number>;
  /** Paragraphs in which the narrator says "I". */
  told: Set<number>;
  /** Filled while attributing. */
  spokeBefore: Set<Person>;
}

export function indexMentions({ reading, mentions, narrator }: Scene): Index {
  const startsAt = new Map<number, Mention>();
  const narrated: Mention[][] = reading.paragraphs.map(() => []);
  const spoken: Mention[][] = reading.paragraphs.map(() => []);
  const latest = new Map<Person, number>();
  const told = new Set(
    narrator ? reading.tokens.filter(({ text, speech }) => text === 'I' && speech < 0).map(({ paragraph }) => paragraph) : [],
  );
  const firstSeen = new Map<Person, number>();
  const times = new Map<Person, number>();
  const inSpeech = new Map<number, Mention[]>();
  for (const mention of mentions) {
    const token = reading.tokens[mention.first] as Token;
    // "Anna" with two Annas: the one met last.
    if (mention.choices) {
      const choices = mention.choices.map(whoIs);
      mention.person = choices.reduce(
        (best, person) => ((latest.get(person) ?? -1) > (latest.get(best) ?? -1) ? person : best),
        choices[0] as Person,
      );
    }
    latest.set(whoIs(mention.person), mention.first);
    if (token.speech < 0) times.set(whoIs(mention.person), (times.get(whoIs(mention.person)) ?? 0) + 1);
    if (token.speech < 0 && !firstSeen.has(whoIs(mention.person))) firstSeen.set(whoIs(mention.person), token.paragraph);
    startsAt.set(mention.first, mention);
    (token.speech < 0 ? narrated : spoken)[token.paragraph]?.push(mention);
    if (token.speech >= 0) {
      const list = inSpeech.get(token.speech);
      if (list) list.push(mention);
      else inSpeech.set(token.speech, [mention]);
    }
    mention.subject = token.speech < 0 && doesSomething(reading, mention);
  }
  return { startsAt, narrated, spoken, inSpeech, firstSeen, times, told, spokeBefore: new Set() };
}

function findTag({ reading }: Scene, index: Index, paragraph: Paragraph, speech: number): Tag | null {
  return tagAfter(reading, index, paragraph, speech) ?? tagBefore(reading, index, paragraph, speech);
}

function tagAfter(reading: Reading, index: Index, paragraph: Paragraph, speech: number): Tag | null {
  const { tokens } = reading;
  const { tokenAfter: after } = reading.speechTokens[speech] as { tokenAfter: number };
  const closing = lastMark(tokens, after);
  let at = after;
  const here = (place: number) => (place < paragraph.after && (tokens[place] as Token).speech < 0 ? tokens[place] : undefined);
  while (here(at) && !here(at)?.word) at += 1;
  const start = here(at);
  // A bracket or a new clause behind the quotation is about something else.
  if (!start || here(at - 1)?.text === '(' || /^(?:when|while|as|which|that|because|though|although|if)$/u.test(start.lower)) return null;
  // "…," and the narrator: always a tag. "…." and the narrator: a beat, unless it says so.
  const joined = closing !== '.' && closing !== '\u2026';
  while (here(at)?.pos === 'ADV' && !here(at)?.capital && !SPEECH_VERBS.has(here(at)?.lower ?? '')) at += 1;
  const verb = here(at);
  if (verb && !verb.capital && (SPEECH_VERBS.has(verb.lower) || (closing === ',' && verb.pos === 'VERB'))) {
    for (let look = at + 1; look <= at + 4; look += 1) {
      const subject = subjectAt(tokens, index, look, paragraph);
      if (subject) return { subject, kind: 'tag', at: look, addressee: addresseeAfter(tokens, index, look, paragraph) };
      const word = here(look);
      // "cried a cheerful voice. It was the voice of Scrooge's nephew": whoever is named next.
      if (word?.lower === 'voice' || here(look + 1)?.lower === 'voice') return voiceOf(tokens, index, look, paragraph);
      if (!word || !/^(?:ADV|ADP|PART|DET|ADJ)$/u.test(word.pos)) break;
    }
  }
  const subject = subjectAt(tokens, index, at, paragraph);
  if (!subject) return null;
  const last = index.startsAt.get(at)?.last ?? at;
  const says = sayingVerb(tokens, last + 1, paragraph);
  if (says !== undefined && (joined || says.direct)) {
    return {
      subject,
      kind: says.direct || closing === ',' ? 'tag' : 'beat',
      at,
      addressee: addresseeAfter(tokens, index, says.at, paragraph),
    };
  }
  if (closing === ',' || (joined && !(tokens[at] as Token).opensSentence && !start.capital)) return { subject, kind: 'tag', at };
  // A beat behind the quotation: “It is broken.” Anna moved her case.
  if ('person' in subject ? (index.startsAt.get(at)?.subject ?? false) : true) return { subject, kind: 'beat', at };
  return null;
}

function voiceOf(tokens: Token[], index: Index, from: number, paragraph: Paragraph): Tag | null {
  for (let at = from; at < Math.min(from + 16, paragraph.after); at += 1) {
    if ((tokens[at] as Token).speech >= 0) return null;
    const subject = index.startsAt.has(at) ? subjectAt(tokens, index, at, paragraph) : null;
    if (subject) return { subject, kind: 'beat', at };
  }
  return null;
}

/** "said", "quietly said", "turned round and said". */
function sayingVerb(tokens: Token[], from: number, paragraph: Paragraph): { at: number; direct: boolean } | undefined {
  for (let at = from; at < Math.min(from + 12, paragraph.after); at += 1) {
    const token = tokens[at] as Token;
    if (token.speech >= 0 || /^[.!?]$/u.test(token.text)) return undefined;
    if (SPEECH_VERBS.has(token.lower) && !token.capital) return { at, direct: at <= from + 2 };
  }
  return undefined;
}

function tagBefore(reading: Reading, index: Index, paragraph: Paragraph, speech: number): Tag | null {
  const { tokens } = reading;
  const { tokenFirst: before } = reading.speechTokens[speech] as { tokenFirst: number };
  let start = before;
  while (start > paragraph.first && (tokens[start - 1] as Token).speech < 0) start -= 1;
  let from = start;
  if (before === start) {
    // Nothing in this paragraph: the one before may end "She said:".
    if (start !== paragraph.first || start === 0) return null;
    if (!/^[:,]$/u.test(tokens[start - 1]?.text ?? '') || (tokens[start - 1] as Token).speech >= 0) return null;
    from = start - 1;
    while (
      from > 0 &&
      (tokens[from - 1] as Token).paragraph === (tokens[start - 1] as Token).paragraph &&
      (tokens[from - 1] as Token).speech < 0
    )
      from -= 1;
  }
  const lead = tokens[before - 1] as Token;
  const introduces = lead.text === ',' || lead.text === ':' || SPEECH_VERBS.has(lead.lower);
  // After another quotation of this paragraph, only a new subject ends its speaker's turn.
  const sentences = sentenceStarts(tokens, from, before);
  for (const [back, [sentence, end]] of sentences.reverse().entries()) {
    const subject = mainSubject(tokens, index, sentence, end, introduces && back === 0);
    if (subject) return { subject: subject.subject, kind: introduces && back === 0 ? 'tag' : 'beat', at: subject.at };
  }
  return null;
}

function sentenceStarts(tokens: Token[], from: number, to: number): [number, number][] {
  const starts: [number, number][] = [];
  for (let at = from; at < to; at += 1) {
    const open = starts.at(-1);
    if (open && (tokens[at] as Token).sentence === (tokens[open[0]] as Token).sentence) open[1] = at + 1;
    else if ((tokens[at] as Token).word) starts.push([at, at + 1]);
  }
  return starts;
}

/** Who acts in a sentence: with `saying`, the subject nearest before the last speech verb; else the first subject. */
function mainSubject(tokens: Token[], index: Index, from: number, to: number, saying: boolean): { subject: Subject; at: number } | null {
  const subjects: { subject: Subject; at: number; firm: boolean }[] = [];
  for (let at = from; at < to; at += 1) {
    const mention = index.startsAt.get(at);
    if (mention) {
      if (mention.subject) subjects.push({ subject: { person: whoIs(mention.person) }, at, firm: true });
      else if (tokens[mention.last + 1] && /^['\u2019]s$/u.test((tokens[mention.last + 1] as Token).text) && at === from) {
        // "Pike's face fell": the owner of what acts.
        subjects.push({ subject: { person: whoIs(mention.person) }, at, firm: false });
      }
      at = mention.last;
      continue;
    }
    const pronoun = pronounAt(tokens, at);
    if (pronoun) subjects.push({ subject: { pronoun }, at, firm: true });
    else if (at === from && (tokens[at] as Token).lower === 'his') subjects.push({ subject: { pronoun: 'he' }, at, firm: false });
    else if (at === from && (tokens[at] as Token).lower === 'her' && tokens[at + 1]?.pos !== 'VERB')
      subjects.push({ subject: { pronoun: 'she' }, at, firm: false });
    else if (at === from && (tokens[at] as Token).lower === 'my') subjects.push({ subject: { pronoun: 'i' }, at, firm: false });
  }
  if (subjects.length === 0) return null;
  if (saying) {
    const verb = findLastIndex(tokens, from, to, ({ lower, capital }) => SPEECH_VERBS.has(lower) && !capital);
    if (verb >= 0) {
      const inverted = subjects.find(({ at }) => at === verb + 1);
      if (inverted) return inverted;
      const nearest = subjects.findLast(({ at, firm }) => at < verb && firm);
      if (nearest) return nearest;
    }
    const last = subjects.findLast(({ firm }) => firm);
    if (last) return last;
  }
  return subjects.find(({ firm }) => firm) ?? (subjects[0] as { subject: Subject; at: number });
}

function findLastIndex(tokens: Token[], from: number, to: number, test: (token: Token) => boolean): number {
  for (let at = to - 1; at >= from; at -= 1) if (test(tokens[at] as Token)) return at;
  return -1;
}

function pronounAt(tokens: Token[], at: number): 'he' | 'she' | 'i' | 'they' | null {
  const token = tokens[at];
  if (!token || token.speech >= 0) return null;
  if (token.lower === 'he' || token.lower === 'she' || token.lower === 'they') return token.lower;
  return token.text === 'I' ? 'i' : null;
}

function subjectAt(tokens: Token[], index: Index, at: number, paragraph: Paragraph): Subject | null {
  if (at >= paragraph.after) return null;
  const mention = index.startsAt.get(at);
  if (mention && (tokens[at] as Token).speech < 0) {
    if (/^['\u2019]s$/u.test(tokens[mention.last + 1]?.text ?? '')) {
      // "said Scrooge's nephew": the nephew, whose mention begins at the 's.
      const owned = index.startsAt.get(mention.last + 1);
      if (owned) return { person: whoIs(owned.person) };
      // "said Kestrel's voice": the voice is Kestrel.
      return /^voices?$/u.test(tokens[mention.last + 2]?.lower ?? '') ? { person: whoIs(mention.person) } : null;
    }
    return { person: whoIs(mention.person) };
  }
  const pronoun = pronounAt(tokens, at);
  return pronoun ? { pronoun } : null;
}

/** "Isobel told me", "said Anna to Marcus", "he asked the boy". */
function addresseeAfter(tokens: Token[], index: Index, from: number, paragraph: Paragraph): Person | undefined {
  const start = (index.startsAt.get(from)?.last ?? from) + 1;
  for (let at = start; at < Math.min(start + 3, paragraph.after); at += 1) {
    const token = tokens[at] as Token;
    if (token.speech >= 0 || /^[.!?,;]$/u.test(token.text)) return undefined;
    const mention = index.startsAt.get(at);
    if (mention) return whoIs(mention.person);
  }
  return undefined;
}

function lastMark(tokens: Token[], after: number): string {
  for (let at = after - 1; at >= Math.max(0, after - 3); at -= 1) {
    const text = (tokens[at] as Token).text;
    if (/^[.,!?\u2026\u2014-]/u.test(text)) return text[0] === '.' && text.length > 1 ? '\u2026' : (text[0] as string);
    if ((tokens[at] as Token).word) return '';
  }
  return '';
}

function resolve(scene: Scene, index: Index, turns: Turn[], number: number, tag: Tag, speech: number): Person | null {
  if ('person' in tag.subject) return whoIs(tag.subject.person);
  const { pronoun } = tag.subject;
  if (pronoun === 'i') return scene.narrator;
  if (pronoun === 'they') return null;
  return byPronoun(scene, index, turns, number, tag, pronoun === 'he' ? 'm' : 'f', speech);
}

/** The last mentions before a token: no more than matter, for a paragraph may be a whole book. */
function lastBefore(mentions: Mention[], at: number): Mention[] {
  let low = 0;
  let high = mentions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((mentions[middle] as Mention).first < at) low = middle + 1;
    else high = middle;
  }
  return mentions.slice(Math.max(0, low - 24), low);
}

function byPronoun(scene: Scene, index: Index, turns: Turn[], number: number, tag: Tag, gender: Gender, speech: number): Person | null {
  const { reading } = scene;
  const fits = (person: Person) => !person.narrator && (person.gender === gender || person.gender === null);
  // Mentioned in this paragraph before the pronoun, outside of quotations.
  const here = lastBefore(index.narrated[number] as Mention[], tag.at).map((mention) => ({ ...mention, person: whoIs(mention.person) }));
  const subjectHere = here.findLast(({ person, subject }) => subject && fits(person)) ?? here.findLast(({ person }) => fits(person));
  if (subjectHere && subjectHere.person.gender === gender) return subjectHere.person;

  const scores = new Map<Person, number>();
  const add = (person: Person, score: number) => {
    const who = whoIs(person);
    if (fits(who)) scores.set(who, (scores.get(who) ?? 0) + score);
  };
  const nearest = new Map<Person, number>();
  for (let back = 0; back <= 10 && number - back >= 0; back += 1) {
    const narrated = lastBefore(index.narrated[number - back] as Mention[], back > 0 ? Number.POSITIVE_INFINITY : tag.at);
    for (const { person } of narrated) if (!nearest.has(whoIs(person))) nearest.set(whoIs(person), back);
    const turn = turns.findLast(({ paragraph }) => paragraph === number - back);
    if (turn && !nearest.has(turn.person)) nearest.set(turn.person, back);
    if (turn?.addressee && !nearest.has(turn.addressee)) nearest.set(turn.addressee, back + 0.5);
  }
  for (const [person, back] of nearest) add(person, 4 - back * 0.4 + (person.gender === gender ? 2.5 : 0));
  const last = turns.at(-1);
  const lastSpeaks = last && number - last.paragraph === 1;
  if (last && lastSpeaks) {
    add(last.person, -3);
    if (last.addressee) add(last.addressee, 1);
  }
  const other = turns.findLast(({ person }) => person !== last?.person);
  if (other && lastSpeaks) add(other.person, 1.5);
  // The narration just before is about its subject, and so is the pronoun.
  const before = index.narrated[number - 1];
  if (before && reading.paragraphs[number - 1]?.speeches.length === 0) {
    const subject = before.findLast(({ subject, person }) => subject && fits(whoIs(person)));
    if (subject) add(subject.person, 2);
  }
  if (subjectHere) add(subjectHere.person, 1.5);
  // Nobody calls themselves by name.
  for (const person of vocativesOf(scene, index, speech)) add(person, -4);
  let best: Person | null = null;
  for (const [person, score] of scores) if (score > 0 && (best === null || score > (scores.get(best) as number))) best = person;
  return best ?? comesLater(scene, index, number, gender);
}

/** "She walked in", and only later the name: the next person of that gender whom the text brings in. */
function comesLater({ reading }: Scene, index: Index, number: number, gender: Gender): Person | null {
  for (let ahead = 1; ahead <= 12 && number + ahead < reading.paragraphs.length; ahead += 1) {
    const mentions = [...(index.narrated[number + ahead] as Mention[]), ...(index.spoken[number + ahead] as Mention[])].sort(
      (a, b) => a.first - b.first,
    );
    const found = mentions.find(({ person, choices }) => !choices && !whoIs(person).narrator && whoIs(person).gender === gender);
    if (found) return whoIs(found.person);
  }
  return null;
}

/** Within one paragraph one person speaks, unless tags say otherwise: a line without a tag goes with the tag before it, else behind it. */
function fillWithin(resolved: (Person | null)[], tags: (Tag | null)[]): void {
  // Explicit tags outweigh beats of the same paragraph.
  const explicit = resolved.filter((person, position) => person !== null && tags[position]?.kind === 'tag');
  if (explicit.length > 0 && new Set(explicit).size === 1) {
    resolved.fill(explicit[0] as Person);
    return;
  }
  if (explicit.length > 0) for (const [position, tag] of tags.entries()) if (tag?.kind === 'beat') resolved[position] = null;
  if (explicit.length === 0) {
    const first = resolved.find((person) => person !== null);
    if (first) resolved.fill(first);
    return;
  }
  for (let position = 1; position < resolved.length; position += 1) resolved[position] ??= resolved[position - 1] ?? null;
  for (let position = resolved.length - 2; position >= 0; position -= 1) resolved[position] ??= resolved[position + 1] ?? null;
}

function addressed(scene: Scene, index: Index, paragraph: Paragraph): Person[] {
  return paragraph.speeches.flatMap((speech) => vocativesOf(scene, index, speech));
}

function vocativesOf({ reading }: Scene, index: Index, speech: number): Person[] {
  return (index.inSpeech.get(speech) ?? [])
    .filter((mention) => isVocative(reading.tokens, mention, reading.speeches))
    .map(({ person }) => whoIs(person));
}

/** Nobody is named: the other of two who talk, the one addressed, or whoever the narration speaks of. */
function byTurns(scene: Scene, index: Index, tags: (Tag | null)[][], turns: Turn[], number: number, vocatives: Person[]): Person | null {
  const last = turns.at(-1);
  const allowed = (person: Person | null | undefined): person is Person =>
    person !== null && person !== undefined && !vocatives.includes(person);
  const previousSubject = subjectBefore(scene, index, number);
  if (!last) return allowed(previousSubject) ? previousSubject : null;
  if (number - last.paragraph > 1) {
    // Narration stood between: whoever acted last in it is likelier to speak than the one who spoke before it.
    const between = subjectBefore(scene, index, number);
    if (allowed(between) && between !== last.person) {
      // … if they are in the conversation already, or have only just come.
      const spoke = index.spokeBefore.has(between);
      const arrived = number - (index.firstSeen.get(between) ?? number) <= 2;
      if (spoke || arrived) return between;
    }
  }
  if (last.addressee && last.addressee !== last.person && number - last.paragraph <= 2 && allowed(last.addressee)) return last.addressee;
  const other = turns.findLast(({ person, paragraph }) => person !== last.person && number - paragraph <= SILENCE * 2)?.person;
  // The one who spoke last has not talked with the other yet: the scene has moved on, to whomever the narration showed meanwhile.
  const otherTurn = turns.findLast(({ person }) => person === other);
  const met = otherTurn && turns.some(({ person, paragraph }) => person === last.person && paragraph <= otherTurn.paragraph + 1);
  const shown = otherTurn && !met ? shownBetween(scene, index, otherTurn.paragraph + 1, number, last.person) : null;
  if (allowed(shown) && shown !== other) return shown;
  const oneBefore = turns.at(-2);
  if (allowed(other) && oneBefore && last.paragraph - oneBefore.paragraph <= SILENCE) return other;
  // Only one voice yet: the next tag may name the other.
  const ahead = voiceAhead(scene, tags, number, last.person);
  if (allowed(ahead)) return ahead;
  const mentioned = mentionedNear(scene, index, number, last.person);
  if (allowed(mentioned)) return mentioned;
  if (allowed(other)) return other;
  if (scene.narrator && scene.narrator !== last.person) return scene.narrator;
  return null;
}

/** The last person whom a paragraph of pure narration mentions between two turns. */
function shownBetween({ reading, narrator }: Scene, index: Index, from: number, to: number, except: Person): Person | null {
  let found: Person | null = null;
  let narration = false;
  for (let number = from; number < to; number += 1) {
    if ((reading.paragraphs[number] as Paragraph).speeches.length === 0) narration = true;
    if (narrator && narrator !== except && index.told.has(number)) found = narrator;
    for (const { person, subject } of index.narrated[number] as Mention[]) {
      if (whoIs(person) !== except && (subject || whoIs(person).names.length > 0) && isSomebody(index, whoIs(person)))
        found = whoIs(person);
    }
  }
  return narration ? found : null;
}

/** Worth a guess: named, or met more than once. "The way a cat looks at a bath" brings in no cat. */
function isSomebody(index: Index, person: Person): boolean {
  return person.names.length > 0 || (index.times.get(person) ?? 0) > 1;
}

function subjectBefore({ reading }: Scene, index: Index, number: number): Person | null {
  for (let back = 1; back <= 2 && number - back >= 0; back += 1) {
    if ((reading.paragraphs[number - back] as Paragraph).speeches.length > 0) return null;
    const subject = index.narrated[number - back]?.findLast(({ subject }) => subject);
    if (subject) return whoIs(subject.person);
  }
  return null;
}

/** In an exchange of two, the lines 2, 4, 6 … ahead have the same speaker. */
function voiceAhead({ reading }: Scene, tags: (Tag | null)[][], number: number, last: Person): Person | null {
  for (let ahead = 1; ahead <= 5; ahead += 1) {
    const paragraph = reading.paragraphs[number + ahead];
    if (!paragraph || paragraph.speeches.length === 0) return null;
    const tag = tags[number + ahead]?.find((found) => found?.kind === 'tag');
    if (tag && 'person' in tag.subject) {
      const person = whoIs(tag.subject.person);
      if (person !== last) return person;
    }
  }
  return null;
}

function mentionedNear({ reading }: Scene, index: Index, number: number, except: Person): Person | null {
  for (let back = 0; back <= 6 && number - back >= 0; back += 1) {
    if ((reading.paragraphs[number - back] as Paragraph).heading) return null;
    const near = (index.narrated[number - back] as Mention[]).filter(
      ({ person }) => whoIs(person) !== except && isSomebody(index, whoIs(person)),
    );
    const found = near.findLast(({ subject }) => subject) ?? near.at(-1);
    if (found) return whoIs(found.person);
  }
  return null;
}

const whoIsNull = (person: Person | null): Person | null => (person ? whoIs(person) : null);

/** Genders that names do not tell, from pronouns that can only mean one person. */
export function learnGenders(scene: Scene): void {
  const { reading } = scene;
  const { tokens } = reading;
  const votes = new Map<Person, { f: number; m: number }>();
  let alone: Person | null = null;
  let sentence = -1;
  const bySentence = new Map<number, Set<Person>>();
  const starts = new Map<number, Mention>();
  for (const mention of scene.mentions) {
    const token = tokens[mention.first] as Token;
    // "his mule" votes for the mule's owner, and is nobody who could be meant.
    if (token.speech >= 0 || /^(?:his|her|its|their)$/u.test(token.lower)) continue;
    const inSentence = bySentence.get(token.sentence) ?? new Set();
    bySentence.set(token.sentence, inSentence.add(whoIs(mention.person)));
    starts.set(mention.first, mention);
  }
  for (const [at, token] of tokens.entries()) {
    if (token.speech >= 0) continue;
    if (token.sentence !== sentence) {
      const before = bySentence.get(sentence);
      // Only the next sentence may lean on this one.
      alone =
        before?.size === 1 && token.sentence - sentence <= 1 && tokens[at - 1]?.paragraph === token.paragraph
          ? ([...before][0] as Person)
          : null;
      sentence = token.sentence;
    }
    const mention = starts.get(at);
    if (mention) {
      const people = bySentence.get(sentence);
      alone = people && people.size === 1 ? whoIs(mention.person) : null;
      continue;
    }
    const gender = /^(?:he|him|his|himself)$/u.test(token.lower) ? 'm' : /^(?:she|her|hers|herself)$/u.test(token.lower) ? 'f' : null;
    if (!gender || !alone) continue;
    const vote = votes.get(alone) ?? { f: 0, m: 0 };
    // A subject pronoun says more than a possessive, which may be somebody else's.
    vote[gender] += token.lower === 'he' || token.lower === 'she' ? 2 : 1;
    votes.set(alone, vote);
  }
  for (const [person, { f, m }] of votes) {
    if (person.gender === null && (f >= 2 * m + 2 || m >= 2 * f + 2)) person.gender = f > m ? 'f' : 'm';
    // Enough pronouns outweigh a list of given names ("Robin", "Darcy", "Leslie").
    else if (person.gender === 'f' && m >= 8 && m > 3 * f && person.titles.size === 0) person.gender = 'm';
    else if (person.gender === 'm' && f >= 8 && f > 3 * m && person.titles.size === 0) person.gender = 'f';
  }
}
