import { codePoints, readableText } from '@storytelling/shared/value-objects/text';
import { refuse } from './refusals.js';

/** That a voice may be trained. Said by its owner, who answers for it; a voice is biometric, so nothing is trained without. */
export interface Consent {
  /** Whose voice it is: the owner's, or that of somebody whom the owner has asked. null: erased with the owner. */
  readonly speaker: string | null;
  /** The words in which they agreed. */
  readonly statement: string | null;
}

const longestName = 200;
const longestStatement = 2_000;
const longestSampleText = 3_000;

export const consentOf = ({ speaker, statement }: { readonly speaker: string; readonly statement: string }): Consent => ({
  speaker: voiceName(speaker, 'speaker'),
  statement: textOf(statement, 'statement', longestStatement),
});

/** What is said in a recording: at most as much as one reads aloud in two minutes. */
export const sampleText = (text: string): string => textOf(text, 'sampleText', longestSampleText);

/** Of a voice, or of whoever speaks in it. */
export function voiceName(text: string, field = 'name'): string {
  const name = readableText(text, field).trim();
  if (name === '' || codePoints(name) > longestName || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(name))
    throw refuse.VOICE_NAME_INVALID({ max: longestName }, field);
  return name;
}

function textOf(text: string, field: string, max: number): string {
  const words = readableText(text, field).trim();
  if (words === '' || codePoints(words) > max) throw refuse.VOICE_TEXT_INVALID({ max }, field);
  return words;
}
