import { codePoints, readableText } from '@storytelling/shared/value-objects/text';
import { CHARACTER_ROLES, type CharacterRole } from './analysis-provider.js';
import { refuse } from './refusals.js';

const MAX_NAME = 200;
const MAX_TEXT = 1_000;
const MAX_TRAIT = 60;
const MAX_TRAITS = 20;
/** More than an analysis gives (20): merging adds up names. */
export const MAX_ALIASES = 100;

/** How a writer wants a character to be. What is not given stays as it is. */
export interface CharacterChanges {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly description?: string | null;
  readonly personality?: string | null;
  readonly role?: CharacterRole | null;
  readonly traits?: readonly string[];
}

/** What a client sends: null where a text or a list is to be emptied. */
export interface CharacterInput {
  readonly name: string;
  readonly aliases?: readonly string[] | null;
  readonly description?: string | null;
  readonly personality?: string | null;
  readonly role?: string | null;
  readonly traits?: readonly string[] | null;
}

/**
 * In Unicode NFC, limits in code points: name and aliases 1–200 on one line, at most 100 aliases; description and personality up to 1,000;
 * traits 1–60 on one line, at most 20.
 */
export function characterChanges({ name, aliases, description, personality, role, traits }: CharacterInput): CharacterChanges {
  return {
    name: line(name, 'name', MAX_NAME),
    ...(aliases !== undefined && { aliases: lines(aliases, 'aliases', MAX_NAME, MAX_ALIASES) }),
    ...(description !== undefined && { description: text(description, 'description') }),
    ...(personality !== undefined && { personality: text(personality, 'personality') }),
    ...(role !== undefined && { role: roleOf(role) }),
    ...(traits !== undefined && { traits: [...new Set(lines(traits, 'traits', MAX_TRAIT, MAX_TRAITS))] }),
  };
}

/** A name goes into lists, captions and mails: one line. */
function line(value: string, field: string, max: number): string {
  const readable = readableText(value, field).trim();
  const length = codePoints(readable);
  if (length < 1 || length > max || /[\p{Cc}\u2028\u2029]/u.test(readable)) throw refuse.CHARACTER_NAME_INVALID({ max }, field);
  return readable;
}

function lines(values: readonly string[] | null, field: string, max: number, count: number): string[] {
  if (values && values.length > count) throw refuse.CHARACTER_LIST_TOO_LONG({ max: count }, field);
  return (values ?? []).map((value) => line(value, field, max));
}

function text(value: string | null, field: string): string | null {
  const readable = readableText(value ?? '', field).trim();
  if (codePoints(readable) > MAX_TEXT) throw refuse.CHARACTER_TEXT_TOO_LONG({ max: MAX_TEXT }, field);
  return readable === '' ? null : readable;
}

function roleOf(value: string | null): CharacterRole | null {
  if (value === null) return null;
  const role = CHARACTER_ROLES.find((one) => one === value);
  if (!role) throw refuse.CHARACTER_ROLE_UNKNOWN();
  return role;
}
