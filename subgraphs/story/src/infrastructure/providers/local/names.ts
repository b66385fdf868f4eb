// Proper names: which capitals are people, and which forms are one person.

import { addForm, type Mention, newPerson, type Person } from './cast.js';
import { lexical, type Reading, type Token } from './reading.js';
import {
  ABBREVIATIONS,
  ANIMAL_NOUNS,
  AMBIGUOUS_PLACES,
  CIVIL_TITLES,
  FIRST_NAME_TITLES,
  genderOfName,
  genderOfNoun,
  isGivenName,
  isNickname,
  isTitle,
  kinNoun,
  KIN_NAMES,
  MIND_VERBS,
  NOT_PEOPLE,
  OPENERS,
  PARTICLES,
  PLACE_WORDS,
  relatedNames,
  ROLE_NOUNS,
  SPEECH_VERBS,
  titleWord,
} from './words.js';

/** A run of capitals that may name somebody. */
interface Run {
  first: number;
  last: number;
  titles: string[];
  names: string[];
  /** Preceded by an article: "the", "a". */
  definite: boolean;
  opensSentence: boolean;
}

interface Form {
  key: string;
  titles: string[];
  names: string[];
  runs: Run[];
  person: number;
  place: number;
  /** Met where a capital is not owed to the beginning of a sentence. */
  firm: number;
  acts: number;
  /** Of these, what only somebody with a mind does. */
  deeds: number;
}

export function findNames(reading: Reading): { people: Person[]; mentions: Mention[] } {
  const runs = collectRuns(reading);
  const forms = new Map<string, Form>();
  const lowerCase = countLowerCase(reading);
  for (const run of runs) {
    if (run.names.length === 0) continue;
    const key = [...run.titles, ...run.names].join(' ');
    const form = forms.get(key) ?? { key, titles: run.titles, names: run.names, runs: [], person: 0, place: 0, firm: 0, acts: 0, deeds: 0 };
    forms.set(key, form);
    form.runs.push(run);
    weigh(reading, run, form);
  }
  const accepted = accept([...forms.values()], lowerCase);
  return group(reading, accepted);
}

function collectRuns({ tokens, paragraphs }: Reading): Run[] {
  const runs: Run[] = [];
  for (const paragraph of paragraphs) {
    if (paragraph.heading) continue;
    let at = paragraph.first;
    while (at < paragraph.after) {
      const token = tokens[at] as Token;
      if (!startsName(token)) {
        at += 1;
        continue;
      }
      const last = endOfRun(tokens, at, paragraph.after);
      for (const run of toRuns(tokens, at, last)) runs.push(run);
      at = last + 1;
    }
  }
  return runs;
}

function startsName(token: Token): boolean {
  return token.word && token.capital && token.text !== 'I' && /\p{L}{2}|^\p{Lu}$/u.test(token.text);
}

/** Longer is no name but a shouted sentence. In tokens. */
const LONGEST_RUN = 12;

function endOfRun(tokens: Token[], first: number, after: number): number {
  let last = first;
  for (let at = first + 1; at < Math.min(after, first + LONGEST_RUN); at += 1) {
    const token = tokens[at] as Token;
    const before = tokens[at - 1] as Token;
    if (token.sentence !== (tokens[first] as Token).sentence || token.speech !== (tokens[first] as Token).speech) break;
    if (token.text === '.' && before.end === token.start && (ABBREVIATIONS.has(before.lower) || /^\p{Lu}$/u.test(before.text))) continue;
    // "began with a B. Captain Finch": an initial has no title behind it.
    if (before.text === '.' && startsName(token) && isTitle(token.lower) && !isTitle((tokens[first] as Token).lower)) break;
    if (startsName(token)) {
      last = at;
      continue;
    }
    // "Queen of Hearts", "Vincent van Gogh": a particle counts only with a capital behind it.
    const next = tokens[at + 1];
    const joins =
      PARTICLES.has(token.lower) && (token.lower !== 'of' || isTitle(before.lower)) && next && at + 1 < after && startsName(next);
    const the = token.lower === 'the' && before.capital && next && startsName(next) && !before.opensSentence;
    if (!joins && !the) break;
  }
  return last;
}

/** One run of capitals: opening words and places taken off, titles told from names. */
function toRuns(tokens: Token[], first: number, last: number): Run[] {
  let from = first;
  const words = (): Token[] => tokens.slice(from, last + 1).filter(({ word }) => word);
  while (from < last) {
    const token = tokens[from] as Token;
    const next = tokens[from + 1] as Token;
    if (token.word && next.text !== '.' && next.lower !== 'of' && isCommonOpener(token, tokens.slice(from, last + 1))) from += 1;
    else break;
  }
  let rest = words();
  if (rest.length === 0) return [];
  const titles: string[] = [];
  while (rest.length > 0 && (isTitle((rest[0] as Token).lower) || isOccupation(rest))) {
    const word = (rest[0] as Token).lower;
    // "Queen of Hearts": the title is the name.
    if (rest[1]?.lower === 'of' || rest[1]?.lower === 'the') break;
    if (rest.length === 1 && titles.length === 0 && (isGivenName(word) || KIN_NAMES.has(word))) break;
    titles.push(titleWord(word));
    rest = rest.slice(1);
  }
  const opening = tokens[from] as Token;
  const before = previousWord(tokens, from);
  const capitals = rest.filter(({ text }) => text === text.toUpperCase() && text.length > 1);
  const names = rest.map(({ text }) => (capitals.length === rest.length && text.length > 1 ? titleCase(text) : text));
  return [
    {
      first: from,
      last,
      titles,
      names,
      definite: before !== undefined && /^(?:the|an?|this|that|another)$/u.test(before.lower),
      opensSentence: opening.opensSentence || capitals.length === rest.length,
    },
  ];
}

/** "Navigator Ixo Tan", "Baker Tom": what somebody does, before a name of two parts or a given one. */
function isOccupation(rest: Token[]): boolean {
  const [first, second] = rest as [Token, Token | undefined];
  if (!second || !ROLE_NOUNS.has(first.lower) || ANIMAL_NOUNS.has(first.lower) || isGivenName(first.lower)) return false;
  return (rest.length > 2 || isGivenName(second.lower)) && !PLACE_WORDS.has((rest.at(-1) as Token).lower);
}

/** Capitals that belong to the sentence and not to the name: "Beside Henrietta", "Old Tobias" – but "at Little Wendling" is a name. */
function isCommonOpener(token: Token, run: Token[]): boolean {
  if (
    !token.opensSentence &&
    /^(?:little|old|young|good|new|great|dear|poor|sweet|black|white|red|big|north|south|east|west|upper|lower)$/u.test(token.lower)
  ) {
    return /^(?:dear|poor|old|young|sweet)$/u.test(token.lower) || isGivenName(run[1]?.lower ?? '');
  }
  if (OPENERS.has(token.lower)) return true;
  if (!token.opensSentence || isTitle(token.lower) || isGivenName(token.lower) || ROLE_NOUNS.has(token.lower)) return false;
  const word = lexical(token.lower);
  return word.known && word.pos !== 'NOUN' && word.pos !== 'PROPN';
}

function titleCase(text: string): string {
  return text.replace(/(\p{L})([\p{L}\p{M}]*)/gu, (_, initial: string, rest: string) => initial + rest.toLowerCase());
}

function previousWord(tokens: Token[], at: number): Token | undefined {
  const token = tokens[at - 1];
  return token?.paragraph === tokens[at]?.paragraph ? token : undefined;
}

function countLowerCase({ tokens }: Reading): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { word, capital, lower } of tokens) if (word && !capital) counts.set(lower, (counts.get(lower) ?? 0) + 1);
  return counts;
}

const INSIDE = new Set(['in', 'near', 'into', 'outside', 'across', 'throughout', 'inside', 'via', 'around', 'beyond', 'through']);

function weigh({ tokens, speeches }: Reading, run: Run, form: Form): void {
  const before = previousWord(tokens, run.first);
  const beforeThat = before ? previousWord(tokens, run.first - 1) : undefined;
  const next = tokens[run.last + 1];
  const sameSentence = next && next.sentence === (tokens[run.last] as Token).sentence ? next : undefined;
  const after = tokens[run.last + 2];
  if (!run.opensSentence) form.firm += 1;
  if (run.titles.length > 0) form.person += 3;
  const given = run.names[0] as string;
  if (isGivenName(given) && !run.definite) form.person += 2;

  if (before && SPEECH_VERBS.has(before.lower) && before.speech < 0 && beforeThat && (beforeThat.speech >= 0 || !beforeThat.word)) {
    form.person += 3;
    form.acts += 2;
    form.deeds += 2;
  }
  const verb =
    sameSentence?.pos === 'ADV' && after && !/ly$/u.test(sameSentence.lower)
      ? sameSentence
      : sameSentence?.pos === 'ADV'
        ? after
        : sameSentence;
  // "at Little Wendling began": behind a preposition it is not the subject.
  const governed = before?.pos === 'ADP' && !/^(?:while|as|before|after|until|since)$/u.test(before.lower);
  if (verb && !verb.capital && verb.word && !governed) {
    if (SPEECH_VERBS.has(verb.lower) || MIND_VERBS.has(verb.lower)) {
      form.person += 2;
      form.acts += 1;
      form.deeds += 1;
    } else if (verb.pos === 'VERB') {
      form.person += 1;
      form.acts += 1;
    } else if (verb.pos === 'AUX') {
      form.person += 0.5;
      form.acts += 1;
    }
  }
  if (sameSentence && /^['\u2019]s$/u.test(sameSentence.text)) form.person += 0.3;
  if (sameSentence?.text === ',' && after && (after.lower === 'who' || after.lower === 'whose')) form.person += 2;
  if (before && ['named', 'called'].includes(before.lower)) form.person += 1;
  // “What is your name?” “Pell.”
  if (
    (tokens[run.first] as Token).speech >= 0 &&
    (before === undefined || before.speech !== (tokens[run.first] as Token).speech || !before.word) &&
    asksForName(tokens, run.first)
  ) {
    form.person += 3;
    form.acts += 1;
  }
  // "My name is Ember", "I'm Ada"
  if (before && /^(?:is|was|'s)$/u.test(before.lower) && beforeThat?.lower === 'name') form.person += 2;
  if (before && /^(?:'m|am)$/u.test(before.lower.replace('\u2019', "'")) && beforeThat?.text === 'I' && !run.opensSentence)
    form.person += 1;
  if (isVocative(tokens, run, speeches)) form.person += 1;
  if (before?.lower === 'and' || before?.lower === 'with') form.person += 0.2;
  if (before && INSIDE.has(before.lower)) form.place += 1.5;
  else if (before && ['at', 'from', 'of', 'to', 'on'].includes(before.lower))
    form.place += before.lower === 'on' || before.lower === 'from' ? 0.5 : 0.3;
  if (before?.text === '&' || sameSentence?.text === '&') form.place += 4;
  // "the Thames", "the Patience": a thing, unless its noun is a person's ("the White Rabbit").
  if (run.definite && run.titles.length === 0 && !ROLE_NOUNS.has((run.names.at(-1) as string).toLowerCase())) form.place += 1.5;
}

/** "Stand up, Winifred." – set off by commas inside direct speech. */
export function isVocative(tokens: Token[], run: { first: number; last: number }, speeches: Reading['speeches']): boolean {
  const token = tokens[run.first] as Token;
  if (token.speech < 0) return false;
  const speech = speeches[token.speech];
  const before = tokens[run.first - 1];
  const after = tokens[run.last + 1];
  const opensSpeech = !before || before.speech !== token.speech || (before.start === speech?.start && !before.word);
  const opens =
    opensSpeech ||
    before?.text === ',' ||
    (before !== undefined && token.opensSentence) ||
    before?.lower === 'dear' ||
    before?.lower === 'oh';
  const closes = !after || after.speech !== token.speech || /^[,.!?\u2026;\u2014]|^["\u201d\u2019'»]$/u.test(after.text);
  if (!opens || !closes) return false;
  // “What's your name?” “Pell, my lady.”
  if (opensSpeech && asksForName(tokens, run.first)) return false;
  // “Helena,” she said, “is the girl …”: a subject, cut off by the tag.
  if (opensSpeech && after?.text === ',' && tokens[run.last + 2]?.word === false && continuesWithVerb(tokens, run.last + 2)) return false;
  // "Anna, Marcus and Lena" is a list, and a lone name may be an answer; a comma is needed on one side.
  return (
    before?.text === ',' ||
    after?.text === ',' ||
    before?.lower === 'dear' ||
    after?.text === '!' ||
    after?.text === '?' ||
    before?.lower === 'oh'
  );
}

/** The direct speech before this one asks “your name?”. */
function asksForName(tokens: Token[], first: number): boolean {
  const speech = (tokens[first] as Token).speech;
  for (let at = first - 1; at > first - 60; at -= 1) {
    const token = tokens[at];
    if (!token || (token.speech >= 0 && token.speech < speech - 1)) return false;
    if (token.speech === speech - 1 && token.lower === 'name' && tokens[at - 1]?.lower === 'your') return true;
  }
  return false;
}

function continuesWithVerb(tokens: Token[], from: number): boolean {
  const spoken = tokens[from]?.speech;
  for (let at = from; at < from + 12; at += 1) {
    const token = tokens[at];
    if (!token || token.paragraph !== tokens[from]?.paragraph) return false;
    if (token.word && token.speech >= 0 && token.speech !== spoken) return !token.capital && (token.pos === 'AUX' || token.pos === 'VERB');
  }
  return false;
}

function accept(forms: Form[], lowerCase: Map<string, number>): Form[] {
  const word = new Map<string, { person: number; place: number; firm: number; acts: number; runs: number }>();
  // What is learnt of "Hale" counts for "Maud Hale" and the other way round.
  for (const form of forms) {
    for (const name of new Set(form.names)) {
      const sum = word.get(name) ?? { person: 0, place: 0, firm: 0, acts: 0, runs: 0 };
      sum.person += form.person;
      sum.place += form.place;
      sum.firm += form.firm;
      sum.acts += form.acts;
      sum.runs += form.runs.length;
      word.set(name, sum);
    }
  }
  return forms.filter((form) => {
    const lower = form.names.map((name) => name.toLowerCase());
    const last = lower.at(-1) as string;
    const single = form.names.length === 1;
    const titled = form.titles.length > 0;
    const sums = form.names.map((name) => word.get(name) as { person: number; place: number; firm: number; acts: number; runs: number });
    const best = sums.reduce((a, b) => (b.person > a.person ? b : a));
    const place = Math.max(...sums.map(({ place }) => place));
    if (!titled && lower.some((name) => NOT_PEOPLE.has(name) && !(isGivenName(name) || AMBIGUOUS_PLACES.has(name)))) return false;
    if (single && (OPENERS.has(last) || !/\p{L}{2}/u.test(last))) return false;
    if (!titled && PLACE_WORDS.has(last) && !single) {
      // "Hotel", "Street" … but Grace Wood and Peter Park have given names.
      if (!isGivenName(form.names[0] as string) || form.place >= form.person) return false;
    }
    if (!titled && !single && PLACE_WORDS.has(lower[0] as string) && !isGivenName(form.names[0] as string)) return false;
    if (single && !titled && PLACE_WORDS.has(last) && form.acts < 2) return false;
    if (single && AMBIGUOUS_PLACES.has(last) && form.place >= 1 && form.acts === 0) return false;
    // Words that are adjectives of a person's noun go to the roles: "the White Rabbit".
    if (!titled && single && ROLE_NOUNS.has(last) && !isGivenName(last)) {
      // "Mother came in", "Wren replied": used without an article, the noun is a name.
      if (form.runs.every(({ definite, opensSentence }) => definite || opensSentence)) return false;
      return best.acts > 0 && (KIN_NAMES.has(last) || ANIMAL_NOUNS.has(last) || form.deeds > 1);
    }
    if (!titled && ROLE_NOUNS.has(last) && form.runs.filter(({ definite }) => definite).length > form.runs.length / 2) return false;
    if (form.runs.every(({ opensSentence }) => opensSentence) && single && !titled) {
      const dictionary = known(last);
      const often = lowerCase.get(last) ?? 0;
      if (isGivenName(last)) return often <= form.runs.length && best.acts > 0;
      if (often > 0) return false;
      if (dictionary.known) return dictionary.pos === 'NOUN' && form.deeds >= 2 && form.acts >= 3 && form.person > form.place;
      return form.acts > 0 || (form.runs.length > 1 && best.person >= 2);
    }
    if (single && !titled && (lowerCase.get(last) ?? 0) > form.firm * 2 && !isGivenName(last)) return false;
    if (best.person < 1) return false;
    return best.person > place * 0.9;
  });
}

/** What the dictionary says of a word or, because it lists none, of the singular of a plural. */
function known(lower: string): { known: boolean; pos: string } {
  const whole = lexical(lower);
  if (whole.known || !lower.endsWith('s')) return whole;
  for (const singular of [lower.slice(0, -1), lower.replace(/es$/u, ''), lower.replace(/ies$/u, 'y')]) {
    const stem = lexical(singular);
    if (stem.known && !isGivenName(singular)) return { known: true, pos: 'PLURAL' };
  }
  return whole;
}

function group(reading: Reading, forms: Form[]): { people: Person[]; mentions: Mention[] } {
  const people: Person[] = [];
  const mentions: Mention[] = [];
  const ordered = [...forms].sort(
    (a, b) => b.names.length - a.names.length || b.runs.length - a.runs.length || (a.runs[0] as Run).first - (b.runs[0] as Run).first,
  );
  // By the parts of their names, so that a text of ten thousand names is not compared each with each.
  const byPart = new Map<string, Set<Person>>();
  const list = (part: string, person: Person) => {
    for (const key of [part, ...relatedNames(part)]) byPart.set(key, (byPart.get(key) ?? new Set()).add(person));
  };
  const candidates = (form: Form) => {
    const found = new Set<Person>();
    for (const name of form.names) for (const person of byPart.get(name.toLowerCase()) ?? []) found.add(person);
    return [...found];
  };
  // Titled single names before bare ones, so that "Holmes" finds "Mr. Holmes".
  const full = ordered.filter(({ names }) => names.length > 1);
  const titled = ordered.filter(({ names, titles }) => names.length === 1 && titles.length > 0);
  const bare = ordered.filter(({ names, titles }) => names.length === 1 && titles.length === 0);
  for (const form of [...full, ...titled, ...bare]) {
    const matches = candidates(form).filter((person) => fits(person, form));
    const exact = matches.filter((person) => sharesTitle(person, form));
    const chosen = exact.length > 0 && form.titles.length > 0 ? exact : matches;
    if (chosen.length > 1 && (form.names.length === 1 || form.titles.length > 0)) {
      addMentions(reading, mentions, form, chosen[0] as Person, chosen);
      continue;
    }
    const person = chosen.length === 1 ? (chosen[0] as Person) : newPerson({ names: form.names });
    if (chosen.length !== 1) people.push(person);
    if (form.names.length > person.names.length) person.names = form.names;
    for (const name of form.names) list(name.toLowerCase(), person);
    for (const title of form.titles) {
      person.titles.add(title);
      person.gender ??= CIVIL_TITLES.get(title) ?? genderOfNoun(title);
      if (!CIVIL_TITLES.has(title)) person.nouns.add(title);
    }
    const given = form.names[0] as string;
    if (form.titles.length === 0 || form.names.length > 1 || FIRST_NAME_TITLES.has(form.titles[0] as string))
      person.gender ??= genderOfName(given);
    if (form.names.length === 1 && ROLE_NOUNS.has(given.toLowerCase())) {
      person.gender ??= genderOfNoun(given.toLowerCase());
      person.nouns.add(given.toLowerCase());
      person.nouns.add(kinNoun(given.toLowerCase()));
    }
    addMentions(reading, mentions, form, person);
  }
  return { people, mentions: mentions.sort((a, b) => a.first - b.first) };
}

function addMentions({ content, tokens }: Reading, mentions: Mention[], form: Form, person: Person, choices?: Person[]): void {
  for (const run of form.runs) {
    mentions.push({ first: run.first, last: run.last, person, kind: 'name', subject: false, ...(choices ? { choices } : {}) });
    if (choices) continue;
    const text = content.slice((tokens[run.first] as Token).start, (tokens[run.last] as Token).end).replace(/\s+/gu, ' ');
    addForm(person, text === text.toUpperCase() ? titleCase(text) : text);
  }
}

function sharesTitle(person: Person, form: Form): boolean {
  return form.titles.some((title) => person.titles.has(title));
}

/** Can this form name that person? */
function fits(person: Person, form: Form): boolean {
  const civil = form.titles.find((title) => CIVIL_TITLES.has(title));
  const gender = form.titles.map((title) => CIVIL_TITLES.get(title) ?? genderOfNoun(title)).find((known) => known) ?? null;
  if (gender && person.gender && gender !== person.gender) return false;
  // Mr. and Mrs. Bennet; a Mrs. is no Miss.
  if (
    civil &&
    [...person.titles].some((title) => CIVIL_TITLES.has(title) && title !== civil && CIVIL_TITLES.get(title) !== CIVIL_TITLES.get(civil))
  )
    return false;
  const mine = person.names.map((name) => name.toLowerCase());
  const theirs = form.names.map((name) => name.toLowerCase());
  if (theirs.length === 1) {
    const name = theirs[0] as string;
    if (form.titles.length > 0 && mine.length > 1 && !FIRST_NAME_TITLES.has(form.titles[0] as string))
      return mine.at(-1) === name || (mine[0] === name && mine.length > 1);
    return mine.includes(name) || mine.some((part, index) => index === 0 && (isNickname(name, part) || isNickname(part, name)));
  }
  if (mine.length === 1) return theirs.includes(mine[0] as string);
  // Same family: the same person only if the given names agree.
  const sameFirst =
    mine[0] === theirs[0] ||
    isNickname(mine[0] as string, theirs[0] as string) ||
    isNickname(theirs[0] as string, mine[0] as string) ||
    isInitial(mine[0] as string, theirs[0] as string);
  const sameLast = mine.at(-1) === theirs.at(-1);
  const [fewer, more] = mine.length < theirs.length ? [mine, theirs] : [theirs, mine];
  // "Red Cap" and "Little Red Cap"
  if (fewer.length < more.length && fewer.every((part) => more.includes(part))) return true;
  return (
    (sameFirst && sameLast) || (sameFirst && (mine.every((part) => theirs.includes(part)) || theirs.every((part) => mine.includes(part))))
  );
}

function isInitial(one: string, other: string): boolean {
  return (one.length === 1 && other.startsWith(one)) || (other.length === 1 && one.startsWith(other));
}
