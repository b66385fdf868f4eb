import { refuseShared } from './refusals.js';

export type UserId = string & { readonly __brand: 'UserId' };

/** At least 10 characters (a rule of the domain), at most the 50 its column holds, from the alphabet of ids. */
export function isUserId(value: string): value is UserId {
  return /^[\w-]{10,50}$/.test(value);
}

export function userId(value: string): UserId {
  if (!isUserId(value)) throw refuseShared.ID_INVALID();
  return value;
}
