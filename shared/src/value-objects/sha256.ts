import { createHash } from 'node:crypto';

export type Sha256 = string & { readonly __brand: 'Sha256' };

/** 64 lower-case hex digits over the UTF-8 bytes. Here, so that a domain has the hash and not the random numbers of the same module. */
export function sha256(text: string): Sha256 {
  return createHash('sha256').update(text).digest('hex') as Sha256;
}
