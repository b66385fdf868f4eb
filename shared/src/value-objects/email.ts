import { refuseShared } from './refusals.js';
import { codePoints, readableText } from './text.js';

export type Email = string & { readonly __brand: 'Email' };

/** Lower-cased and trimmed: one mailbox is one account, however its owner types it. 255 is the column's length. */
export function email(value: string): Email {
  const address = readableText(value, 'email').trim().toLowerCase();
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address) || codePoints(address) > 255) throw refuseShared.EMAIL_INVALID();
  return address as Email;
}
