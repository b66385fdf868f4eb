import type { Email } from '@storytelling/shared/value-objects/email';
import { codePoints } from '@storytelling/shared/value-objects/text';
import { refuse } from './refusals.js';

/** A password as it is hashed: normalised, so that the same keys pressed on another system give the same bytes. */
export type Password = string & { readonly __brand: 'Password' };

const min = 10;
const max = 256;

/**
 * NFKC, as NIST SP 800-63B (5.1.1.2) asks of a verifier that accepts all of Unicode: full-width letters, ligatures and composed accents are
 * what an input method happened to send, not what the person chose. Nothing is trimmed and case counts. Used for new passwords and presented ones alike.
 */
export function password(value: string, field = 'password'): Password {
  if (value.includes('\u0000') || !value.isWellFormed()) throw refuse.PASSWORD_UNREADABLE({}, field);
  const normalised = value.normalize('NFKC');
  if (codePoints(normalised) > max) throw refuse.PASSWORD_TOO_LONG({ max }, field);
  return normalised as Password;
}

/** The rules for choosing one: long, and none that is tried first. No rule about digits and signs: they make passwords worse, says the same NIST. */
export function newPassword(value: string, owner: Email, isCommon: (lowerCase: string) => boolean, field = 'password'): Password {
  const chosen = password(value, field);
  if (codePoints(chosen) < min) throw refuse.PASSWORD_TOO_SHORT({ min }, field);
  const lowerCase = chosen.toLowerCase();
  const allTheSame = new Set(lowerCase).size === 1;
  if (allTheSame || lowerCase === owner || lowerCase === owner.split('@')[0] || isCommon(lowerCase))
    throw refuse.PASSWORD_TOO_COMMON({}, field);
  return chosen;
}
