import { refuseShared } from './refusals.js';

export type UserId = string & { readonly __brand: 'UserId' };

/** At least 10 characters (a rule of the domain), at most the 50 its column holds, from the alphabet of ids. */
export function userId(value: string): UserId {
  if (!/^[\w-]{10,50}$/.test(value)) throw refuseShared.ID_INVALID();
  return value as UserId;
}
