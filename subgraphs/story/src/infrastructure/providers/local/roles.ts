// People without a name ("the old woman", "her father", "the White Rabbit"), and which of them are people with one.

import { addForm, type Mention, merge, newPerson, type Person, whoIs } from './cast.js';
import type { Reading, Token } from './reading.js';
import {
  CIVIL_TITLES,
  genderOfNoun,
  kinNoun,
  KIN_NOUNS,
  MIND_VERBS,
  PLAIN_NOUNS,
  RANK_TITLES,
  ROLE_NOUNS,
  SPEECH_VERBS,
  TELLING_ADJECTIVES,
} from './words.js';

const ARTICLES = new Set(['the', 'a', 'an', 'this', 'that', 'another']);
const POSSESSIVES = new Set(['my', 'his', 'her', 'our', 'their', 'its']);
const COPULAS = new Set(['was', 'is', 'became', 'been', 'were', 'are', 'am', "'s"]);
const PLACING = new Set([
  'by',
  'at',
  'in',
  'on',
  'with',
  'from',
  'behind',
  'beside',
  'under',
  'next',
  'who',
  'whose',
  'opposite',
  'near',
  'across',
]);
const CONTRASTING = new Set([
  'other',
  'another',
  'second',
  'third',
  'fourth',
  'last',
  'youngest',
  'eldest',
  'oldest',
  'younger',
  'elder',
  'older',
]);
/** How many paragraphs back "the man" may point. */
const REACH = 3;

interface Phrase {
  first: number;
  last: number;
  determiner: string;
  adjectives: string[];
  noun: string;
}

export function findRoles(reading: Reading, people: Person[], names: Mention[]): Mention[] {
  const { tokens } = reading;
  const startsAt = new Map(names.map((mention) => [mention.first, mention]));
  const endsAt = new Map(names.map((mention) => [mention.last, mention]));
  const mentions: Mention[] = [];
  /** The last paragraph of the narration in which somebody was mentioned. */
  const lastSeen = new Map<Person, number>();
  /** The order of mentions, for "most recent". */
  const order = new Map<Person, number>();
  let subject: Person | null = null;
  let subjectSentence = -2;

  /** Mentions come in order, so one that ends here is the latest. */
  const endingAt = (last: number) => (mentions.at(-1)?.last === last ? mentions.at(-1) : undefined);
  const see = (person: Person, at: number) => {
    lastSeen.set(whoIs(person), (tokens[at] as Token).paragraph);
    order.set(whoIs(person), at);
  };
  const recent = (candidates: Person[]): Person | undefined =>
    candidates.reduce<Person | undefined>(
      (best, person) => (!best || (order.get(whoIs(person)) ?? -1) > (order.get(whoIs(best)) ?? -1) ? person : best),
      undefined,
    );

  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] as Token;
    if (token.speech >= 0 || reading.paragraphs[token.paragraph]?.heading) continue;
    const named = startsAt.get(at);
    if (named) {
      see(named.person, at);
      if (!named.choices) {
        const does = tokens[named.last + 1]?.lower === 'had' ? tokens[named.last + 2] : tokens[named.last + 1];
        const role = VERB_ROLES[does?.lower ?? ''];
        if (role !== undefined) whoIs(named.person).nouns.add(role);
        knownAs(named);
      }
      if (!named.choices && doesSomething(reading, named)) {
        subject = named.person;
        subjectSentence = token.sentence;
      }
      at = named.last;
      continue;
    }
    const phrase = readPhrase(reading, at);
    if (!phrase) continue;
    const person = whoIsMeant(phrase);
    if (person) {
      const mention: Mention = { first: phrase.first, last: phrase.last, person, kind: 'role', subject: false };
      mentions.push(mention);
      addForm(whoIs(person), formOf(reading, phrase));
      see(person, phrase.last);
      if (doesSomething(reading, mention)) {
        subject = person;
        subjectSentence = token.sentence;
      }
    }
    at = phrase.last;
  }
  return mentions;

  function whoIsMeant(phrase: Phrase): Person | null {
    const known = sameByGrammar(phrase);
    if (known !== undefined) {
      if (known) describe(known, phrase);
      return known;
    }
    const family = spouseOrParent(phrase);
    if (family) return family;
    const gender = genderOfNoun(phrase.noun);
    const paragraph = (tokens[phrase.first] as Token).paragraph;
    const definite = phrase.determiner !== 'a' && phrase.determiner !== 'an' && phrase.determiner !== 'another';
    const sameNoun = present(people).filter((person) => person.nouns.has(phrase.noun));
    const compatible = sameNoun.filter((person) => agrees(person, phrase));
    const exact = compatible.filter(
      (person) => phrase.adjectives.length > 0 && phrase.adjectives.every((adjective) => person.adjectives.has(adjective)),
    );
    const chosen = recent(exact) ?? recent(compatible.filter(({ narrator }) => !narrator));
    if (chosen && (definite || !PLAIN_NOUNS.has(phrase.noun) || exact.length > 0)) {
      describe(chosen, phrase);
      return chosen;
    }
    if (
      definite &&
      PLAIN_NOUNS.has(phrase.noun) &&
      !POSSESSIVES.has(phrase.determiner) &&
      !PLACING.has(tokens[phrase.last + 1]?.lower ?? '')
    ) {
      const near = present(people).filter(
        (person) =>
          !person.narrator &&
          paragraph - (lastSeen.get(person) ?? Number.NEGATIVE_INFINITY) <= REACH &&
          // "the man" is somebody met under a name; "the girl" is not the badger.
          (person.names.length > 0 || agreesInKind(person, phrase.noun)) &&
          (gender === null || person.gender === null || person.gender === gender) &&
          ![...person.nouns].some((noun) => PLAIN_NOUNS.has(noun) && contrary(person, phrase)),
      );
      const anaphor = recent(near.filter((person) => person.gender !== null && person.gender === gender)) ?? recent(near);
      if (anaphor) return anaphor;
    }
    const person = newPerson({ nouns: new Set([phrase.noun]), adjectives: new Set(phrase.adjectives), gender });
    people.push(person);
    return person;
  }

  /** Grammar says who it is: apposition, a copula, "a man named Emil". Undefined: it does not say; null: nobody. */
  function sameByGrammar(phrase: Phrase): Person | null | undefined {
    const before = tokens[phrase.first - 1];
    const after = tokens[phrase.last + 1];
    const nameBefore = before?.text === ',' || before?.text === '(' || before?.text === '\u2014' ? endsAt.get(phrase.first - 2) : undefined;
    // "Mrs. Pomfrey, the manageress, met them"
    if (
      nameBefore &&
      !nameBefore.choices &&
      after &&
      /^(?:[,.;)\u2014]|who|whose|with|of|in|by|from)$/u.test(after.lower) &&
      tokens[phrase.last + 2]?.lower !== 'and'
    ) {
      return nameBefore.person;
    }
    const roleBefore = before?.text === ',' ? endingAt(phrase.first - 2) : undefined;
    if (
      roleBefore &&
      (phrase.determiner === 'a' || phrase.determiner === 'an') &&
      after &&
      /^(?:[,.]|named|called|with|who)$/u.test(after.lower)
    ) {
      const nameAfter = startsAt.get(phrase.last + 2);
      if (nameAfter && (after.lower === 'named' || after.lower === 'called')) return merge(nameAfter.person, roleBefore.person);
      return whoIs(roleBefore.person);
    }
    // "the bartender, whose name was Lucius Bell"
    const whose = after?.text === ',' ? phrase.last + 2 : phrase.last + 1;
    if (tokens[whose]?.lower === 'whose' && tokens[whose + 1]?.lower === 'name' && COPULAS.has(tokens[whose + 2]?.lower ?? '')) {
      const name = startsAt.get(whose + 3);
      if (name) return name.person;
    }
    const direct = startsAt.get(phrase.last + 1);
    if (direct && !direct.choices && (tokens[direct.first] as Token).speech < 0 && !PLAIN_NOUNS.has(phrase.noun)) return direct.person;
    const introduced = after && ['named', 'called'].includes(after.lower) ? startsAt.get(phrase.last + 2) : undefined;
    if (introduced) {
      // "He was a dry old man named Percival Grout"
      const pronoun = before && COPULAS.has(before.lower) ? tokens[phrase.first - 2]?.lower : undefined;
      const near = subject !== null && (tokens[phrase.first] as Token).sentence - subjectSentence <= 2 ? whoIs(subject) : null;
      if (near && near.names.length === 0 && (pronoun === 'he' || pronoun === 'she') && near.gender !== (pronoun === 'he' ? 'f' : 'm'))
        merge(introduced.person, near);
      return whoIs(introduced.person);
    }
    const inApposition = after?.text === ',' ? startsAt.get(phrase.last + 2) : undefined;
    // "their mother, Grace Dunmore, had given up"
    if (
      inApposition &&
      !inApposition.choices &&
      /^[,.;]$/u.test(tokens[inApposition.last + 1]?.text ?? '') &&
      (tokens[inApposition.first] as Token).speech < 0
    ) {
      if (tokens[inApposition.last + 2]?.lower !== 'and') return inApposition.person;
    }
    if (before && COPULAS.has(before.lower)) {
      let left = phrase.first - 2;
      while (['had', 'has', 'have', 'never', 'not', 'once', 'still', 'been', 'always'].includes(tokens[left]?.lower ?? '')) left -= 1;
      const who = tokens[left];
      const negated = tokens.slice(left, phrase.first).some(({ lower }) => lower === 'not' || lower === 'never');
      const name = endsAt.get(left);
      if (name && !name.choices) return negated ? null : name.person;
      const role = endingAt(left);
      if (role && (phrase.determiner === 'a' || phrase.determiner === 'an' || phrase.determiner === 'the'))
        return negated ? null : whoIs(role.person);
      if (who && (who.lower === 'he' || who.lower === 'she')) {
        const fits =
          subject !== null &&
          !negated &&
          (tokens[phrase.first] as Token).sentence - subjectSentence <= 2 &&
          whoIs(subject).gender !== (who.lower === 'he' ? 'f' : 'm');
        return fits ? subject : null;
      }
      if (who?.lower === 'i') return null;
    }
    // "as a child", "like a fool": a comparison, nobody.
    if (before && ['as', 'like', 'than', 'way'].includes(before.lower) && (phrase.determiner === 'a' || phrase.determiner === 'an'))
      return null;
    return undefined;
  }

  /** "She came to be known as Little Red Cap", "they called him Tam": whoever the pronoun means gets the name. */
  function knownAs(named: Mention): void {
    const [one, two, three] = [1, 2, 3].map((back) => tokens[named.first - back]?.lower ?? '') as [string, string, string];
    const pronoun = one === 'him' ? 'm' : one === 'her' ? 'f' : null;
    const called = pronoun !== null && (two === 'called' || two === 'named' || two === 'christened');
    const known =
      (one === 'as' && two === 'known') || (one === 'called' && ['was', 'were', 'is'].includes(two) && (three === 'she' || three === 'he'));
    if (!called && !known) return;
    const stranger = recent(
      present(people).filter(
        (person) =>
          person.names.length === 0 &&
          !person.narrator &&
          lastSeen.has(person) &&
          (tokens[named.first] as Token).paragraph - (lastSeen.get(person) as number) <= 1 &&
          (pronoun === null || person.gender === null || person.gender === pronoun) &&
          [...person.nouns].some((noun) => PLAIN_NOUNS.has(noun) || !KIN_NOUNS.has(noun)),
      ),
    );
    if (stranger) merge(named.person, stranger);
  }

  /** "his wife" of Mr. Bennet is Mrs. Bennet; "her mother" is, where there is one such couple, she too. */
  function spouseOrParent(phrase: Phrase): Person | undefined {
    if (!POSSESSIVES.has(phrase.determiner)) return undefined;
    const named = present(people).filter(({ names }) => names.length > 0);
    const surname = (person: Person) => person.names.at(-1) as string;
    const wives = named.filter(({ titles }) => titles.has('mrs'));
    const couples = named
      .filter(({ titles }) => titles.has('mr'))
      .flatMap((man) => wives.filter((woman) => surname(woman) === surname(man)).map((woman) => ({ man, woman })));
    if (phrase.determiner === 'his' && (phrase.noun === 'wife' || phrase.noun === 'lady')) {
      const owner = recent(couples.map(({ man }) => man));
      return couples.find(({ man }) => man === owner)?.woman;
    }
    if (phrase.determiner === 'her' && phrase.noun === 'husband') {
      const owner = recent(couples.map(({ woman }) => woman));
      return couples.find(({ woman }) => woman === owner)?.man;
    }
    const [couple, another] = couples;
    if (!couple || another) return undefined;
    if (phrase.noun === 'mother') return couple.woman;
    return phrase.noun === 'father' ? couple.man : undefined;
  }

  function describe(person: Person, phrase: Phrase): void {
    const who = whoIs(person);
    who.nouns.add(phrase.noun);
    for (const adjective of phrase.adjectives) who.adjectives.add(adjective);
    who.gender ??= genderOfNoun(phrase.noun);
  }
}

function present(people: Person[]): Person[] {
  return people.filter(({ mergedInto }) => mergedInto === null);
}

function agrees(person: Person, phrase: Phrase): boolean {
  if (phrase.adjectives.length === 0 || person.adjectives.size === 0)
    return !phrase.adjectives.some((adjective) => CONTRASTING.has(adjective)) || person.adjectives.size === 0;
  return phrase.adjectives.some((adjective) => person.adjectives.has(adjective)) || (person.names.length > 0 && !contrary(person, phrase));
}

const CONTRARIES = [
  ['old', 'young', 'elderly', 'little', 'small', 'youngest', 'eldest', 'oldest', 'younger', 'elder', 'older'],
  ['big', 'small', 'little', 'tiny', 'huge', 'large'],
  ['tall', 'short'],
  ['fat', 'thin'],
  ['first', 'second', 'third', 'fourth', 'last', 'other', 'another'],
  ['white', 'black', 'red', 'blue', 'green', 'grey', 'gray', 'brown', 'golden'],
];

function contrary(person: Person, phrase: Phrase): boolean {
  return CONTRARIES.some((group) => {
    const theirs = group.filter((adjective) => person.adjectives.has(adjective));
    const mine = group.filter((adjective) => phrase.adjectives.includes(adjective));
    return theirs.length > 0 && mine.length > 0 && !mine.some((adjective) => theirs.includes(adjective));
  });
}

function agreesInKind(person: Person, noun: string): boolean {
  if (noun === 'creature' || noun === 'animal' || noun === 'beast' || noun === 'thing' || noun === 'figure' || noun === 'one') return true;
  return (
    [...person.nouns].some((mine) => PLAIN_NOUNS.has(mine) && genderOfNoun(mine) === genderOfNoun(noun) && mine === noun) ||
    [...person.nouns].some((mine) => KIN_NOUNS.has(mine) || RANK_TITLES.has(mine))
  );
}

/** "Marguerite cooked": she is the cook. */
const VERB_ROLES: Record<string, string> = {
  taught: 'teacher',
  teaches: 'teacher',
  cooked: 'cook',
  drove: 'driver',
  drives: 'driver',
  wrote: 'writer',
  sang: 'singer',
  baked: 'baker',
  painted: 'painter',
  conducted: 'conductor',
  nursed: 'nurse',
  farmed: 'farmer',
  fished: 'fisherman',
  hunted: 'hunter',
  served: 'servant',
  preached: 'preacher',
  danced: 'dancer',
};

const GENERAL_PLURALS = /(?:[^s]s|men|women|children|people|folk)$/u;
const SINGULAR_IN_S = new Set([
  'boss',
  'actress',
  'princess',
  'duchess',
  'countess',
  'waitress',
  'hostess',
  'mistress',
  'witness',
  'walrus',
  'octopus',
  'hippopotamus',
  'rhinoceros',
  'albatross',
  'ass',
  'lass',
  'abbess',
  'guess',
  'goddess',
]);

/** A determiner, adjectives and a noun that can act or speak. */
function readPhrase(reading: Reading, at: number): Phrase | null {
  const { tokens } = reading;
  const token = tokens[at] as Token;
  const possessiveName = /^['\u2019]s$/u.test(token.text) && tokens[at - 1]?.capital;
  if (!ARTICLES.has(token.lower) && !POSSESSIVES.has(token.lower) && !possessiveName) return null;
  const adjectives: string[] = [];
  const capitals: string[] = [];
  let end = at;
  let noun = -1;
  for (let look = at + 1; look <= at + 7 && look < tokens.length; look += 1) {
    const word = tokens[look] as Token;
    const next = tokens[look + 1];
    if (word.sentence !== token.sentence || word.speech >= 0) break;
    if (word.text === ',' && tokens[look - 1]?.pos === 'ADJ' && (next?.pos === 'ADJ' || ROLE_NOUNS.has(tokens[look + 2]?.lower ?? '')))
      continue;
    if (word.lower === 'and' && tokens[look - 1]?.pos === 'ADJ' && next?.pos === 'ADJ') continue;
    if (!word.word) break;
    const role = ROLE_NOUNS.has(word.lower) || (RANK_TITLES.has(word.lower) && !CIVIL_TITLES.has(word.lower)) || word.lower === 'creature';
    if (role && !(TELLING_ADJECTIVES.has(word.lower) && next?.pos === 'NOUN')) {
      noun = look;
      end = look;
      const follows = next && next.word && !next.capital && next.end > next.start ? next : undefined;
      if (
        follows &&
        ROLE_NOUNS.has(follows.lower) &&
        !/^(?:cook|guard|judge|host|ape|duck|swallow|fly|bear|bat|seal|cricket)$/u.test(follows.lower)
      )
        continue;
      if (next?.capital && (ROLE_NOUNS.has(next.lower) || RANK_TITLES.has(next.lower))) continue;
      // "the horse cart": the noun only qualifies another.
      if (follows?.pos === 'NOUN' && !SPEECH_VERBS.has(follows.lower) && !MIND_VERBS.has(follows.lower) && !/ed$/u.test(follows.lower))
        return null;
      break;
    }
    if (!['ADJ', 'NOUN', 'PROPN', 'NUM', 'ADV', 'VERB'].includes(word.pos) && !TELLING_ADJECTIVES.has(word.lower)) break;
    if (word.pos === 'VERB' && !/(?:ed|ing|en)$/u.test(word.lower)) break;
    if (/ed$/u.test(word.lower) && SPEECH_VERBS.has(word.lower)) break;
    if (TELLING_ADJECTIVES.has(word.lower)) adjectives.push(word.lower);
    else if (word.capital && look > at) capitals.push(word.lower);
    end = look;
  }
  if (noun >= 0) {
    const head = tokens[noun] as Token;
    if (GENERAL_PLURALS.test(head.lower) && !SINGULAR_IN_S.has(head.lower)) return null;
    return { first: at, last: noun, determiner: token.lower, adjectives: [...adjectives, ...capitals], noun: kinNoun(head.lower) };
  }
  // A noun that nobody listed, and yet it speaks: a teapot, a cloud.
  const head = tokens[end] as Token;
  if (
    end > at &&
    (head.pos === 'NOUN' || head.pos === 'PROPN') &&
    !/^(?:voice|voices|sign|letter|note|book|words|word|whisper|reply|answer|radio|moment|time)$/u.test(head.lower)
  ) {
    const phrase: Phrase = {
      first: at,
      last: end,
      determiner: token.lower,
      adjectives: [...adjectives, ...capitals.filter((capital) => capital !== head.lower)],
      noun: head.lower,
    };
    if (!GENERAL_PLURALS.test(head.lower) && speaksHere(reading, phrase.first, phrase.last)) return phrase;
  }
  return null;
}

/** A speech tag stands around these tokens: "said the fox", "the fox said". */
function speaksHere({ tokens }: Reading, first: number, last: number): boolean {
  const paragraph = (tokens[first] as Token).paragraph;
  const near = (at: number) => (tokens[at]?.paragraph === paragraph ? tokens[at] : undefined);
  const before = near(first - 1);
  if (before && before.speech < 0 && SPEECH_VERBS.has(before.lower)) {
    const quote = near(first - 2);
    const further = near(first - 3);
    if (quote && (quote.speech >= 0 || (quote.pos === 'ADV' && further && further.speech >= 0))) return true;
  }
  const next = near(last + 1);
  const verb = next?.pos === 'ADV' && !SPEECH_VERBS.has(next.lower) ? near(last + 2) : next;
  if (!verb || verb.speech >= 0 || !SPEECH_VERBS.has(verb.lower)) return false;
  if (before && before.speech >= 0) return true;
  for (let look = last + 2; look < last + 14; look += 1) {
    const token = near(look);
    if (!token || /^[.!?]$/u.test(token.text)) return false;
    if (token.speech >= 0) return /^[,:]$/u.test(near(look - 1)?.text ?? '');
  }
  return false;
}

/** Followed by a verb, or named by a speech tag. */
export function doesSomething(reading: Reading, mention: { first: number; last: number }): boolean {
  const { tokens } = reading;
  const sentence = (tokens[mention.last] as Token).sentence;
  const near = (at: number) =>
    tokens[at]?.sentence === sentence && tokens[at]?.speech === (tokens[mention.last] as Token).speech ? tokens[at] : undefined;
  if (speaksHere(reading, mention.first, mention.last)) return true;
  const before = near(mention.first - 1);
  if (before && before.pos === 'ADP' && !/^(?:while|as|before|after|until|since)$/u.test(before.lower)) return false;
  let at = mention.last + 1;
  for (let skipped = 0; skipped < 3 && ['ADV', 'PART'].includes(near(at)?.pos ?? '') && !near(at)?.text.startsWith("'"); skipped += 1)
    at += 1;
  // "Maud Hale of Scotland Yard arrived", "the woman at the top of the steps smiled"
  if (near(at)?.pos === 'ADP') {
    let further = at + 1;
    while (further < at + 8 && /^(?:ADP|DET|ADJ|NOUN|PROPN|NUM)$/u.test(near(further)?.pos ?? '')) further += 1;
    if (near(further)?.pos === 'VERB' && further > at + 1) at = further;
  }
  const verb = near(at);
  if (!verb || verb.capital) return false;
  if (verb.text === ',' && near(at + 1)?.lower === 'who') return true;
  if (verb.lower === 'who') return true;
  return verb.pos === 'VERB' || verb.pos === 'AUX' || SPEECH_VERBS.has(verb.lower) || MIND_VERBS.has(verb.lower);
}

function formOf({ tokens }: Reading, phrase: Phrase): string {
  const words = tokens
    .slice(phrase.first, phrase.last + 1)
    .map(({ text, lower, capital }, index) => (index === 0 ? lower : capital ? text : lower));
  if (/^['\u2019]s$/u.test(words[0] as string)) words.shift();
  return words.join(' ').replace(/ ,/gu, ',');
}
