import type { Language } from '@storytelling/shared/value-objects/language';
import { codePoints } from '@storytelling/shared/value-objects/text';
import { refuse } from './refusals.js';

/** The columns' length. */
const max = 100;

export interface Profile {
  /** null: erased. */
  readonly displayName: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly language: Language;
  /** Of the picture in the object store; null: none, or erased. */
  readonly imageKey: string | null;
}

/**
 * One line of readable text: a name with a line break or a control character in it breaks mails, captions and terminals; one that
 * turns the direction of writing (U+202A–U+202E, U+2066–U+2069) rearranges what stands around it.
 */
function isUnreadable(value: string): boolean {
  return /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u.test(value) || !value.isWellFormed();
}

/** Nothing but space and characters that leave no mark: nobody could see or name its owner. */
const isInvisible = (value: string) => /^[\p{Z}\p{DI}]*$/u.test(value);

export function displayName(value: string): string {
  if (isUnreadable(value)) throw refuse.DISPLAY_NAME_UNREADABLE();
  const name = value.normalize('NFC').trim();
  if (isInvisible(name)) throw refuse.DISPLAY_NAME_MISSING();
  if (codePoints(name) > max) throw refuse.DISPLAY_NAME_TOO_LONG({ max });
  return name;
}

/** First or last name; an empty one is none. */
export function firstName(value: string | null): string | null {
  if (value === null) return null;
  if (isUnreadable(value)) throw refuse.FIRST_NAME_UNREADABLE();
  const name = value.normalize('NFC').trim();
  if (codePoints(name) > max) throw refuse.FIRST_NAME_TOO_LONG({ max });
  return isInvisible(name) ? null : name;
}

export function lastName(value: string | null): string | null {
  if (value === null) return null;
  if (isUnreadable(value)) throw refuse.LAST_NAME_UNREADABLE();
  const name = value.normalize('NFC').trim();
  if (codePoints(name) > max) throw refuse.LAST_NAME_TOO_LONG({ max });
  return isInvisible(name) ? null : name;
}
