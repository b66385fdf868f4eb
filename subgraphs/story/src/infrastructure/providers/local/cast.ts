// Who takes part: the people of a text while the rules are finding out about them.

import type { Gender } from './words.js';

export interface Person {
  /** Parts of the proper name, as written: `['Maud', 'Hale']`; empty for somebody known by a role alone. */
  names: string[];
  /** Titles met before the name, lower case and written out: `inspector`, `mrs`. */
  titles: Set<string>;
  /** Nouns that the text calls them by: `fox`, `driver`. */
  nouns: Set<string>;
  /** Adjectives that tell them from another of the same noun. */
  adjectives: Set<string>;
  /** Every form in which the text names them, with how often. */
  forms: Map<string, number>;
  gender: Gender | null;
  /** The narrator who says "I". */
  narrator: boolean;
  /** Turned out to be somebody else: read persons through `whoIs`. */
  mergedInto: Person | null;
}

export interface Mention {
  /** First and last token. */
  first: number;
  last: number;
  person: Person;
  kind: 'name' | 'role';
  /** Does or says something here. */
  subject: boolean;
  /** The persons whom an ambiguous form may mean ("Anna" with two Annas); nearness decides. */
  choices?: Person[];
}

export function newPerson(known: Partial<Person>): Person {
  return {
    names: [],
    titles: new Set(),
    nouns: new Set(),
    adjectives: new Set(),
    forms: new Map(),
    gender: null,
    narrator: false,
    mergedInto: null,
    ...known,
  };
}

export function whoIs(person: Person): Person {
  let current = person;
  while (current.mergedInto) current = current.mergedInto;
  return current;
}

/** Two turn out to be one; the named one stays. */
export function merge(one: Person, other: Person): Person {
  const a = whoIs(one);
  const b = whoIs(other);
  if (a === b) return a;
  const [into, from] = b.names.length > 0 && a.names.length === 0 ? [b, a] : [a, b];
  from.mergedInto = into;
  for (const title of from.titles) into.titles.add(title);
  for (const noun of from.nouns) into.nouns.add(noun);
  for (const adjective of from.adjectives) into.adjectives.add(adjective);
  for (const [form, times] of from.forms) into.forms.set(form, (into.forms.get(form) ?? 0) + times);
  if (from.names.length > into.names.length) into.names = from.names;
  into.gender ??= from.gender;
  into.narrator ||= from.narrator;
  return into;
}

export function addForm(person: Person, form: string): void {
  person.forms.set(form, (person.forms.get(form) ?? 0) + 1);
}
