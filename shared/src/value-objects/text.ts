import { refuseShared } from './refusals.js';

/**
 * Text as this platform keeps it: Unicode NFC, so that equal looks equal; NUL (PostgreSQL cannot store it) and lone surrogates
 * (not encodable as UTF-8) are refused with TEXT_UNREADABLE rather than silently replaced.
 */
export function readableText(value: string, field: string): string {
  if (value.includes('\u0000') || !value.isWellFormed()) throw refuseShared.TEXT_UNREADABLE(undefined, field);
  return value.normalize('NFC');
}

/** Length in Unicode code points: the unit of every limit, so that an emoji counts once in each language of client. */
export function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}
