import { refuseShared } from './refusals.js';

export type Language = string & { readonly __brand: 'Language' };

/** A BCP 47 tag in its canonical form (en, de, pt-BR), at most the 10 characters of its column. */
export function language(value: string): Language {
  try {
    const [tag] = Intl.getCanonicalLocales(value);
    if (tag && tag.length <= 10) return tag as Language;
  } catch {
    // not a language tag: refused below
  }
  throw refuseShared.LANGUAGE_INVALID();
}
