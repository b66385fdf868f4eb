import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { z } from 'zod';
import { SettingError } from './environment.js';

/** Statements that we make, hand to a client and recognise again: links to media, permissions to upload, ids of uploads. */
export interface SignedClaims {
  /** `purpose` has a key of its own, so that no link passes as an id, nor the other way round. */
  sign(purpose: string, claims: object): string;
  /** undefined: not ours, or changed. Whether they still hold is for the caller to see: `expires` is a claim like any other. */
  read<Schema extends z.ZodType>(purpose: string, schema: Schema, token: string): z.output<Schema> | undefined;
}

/** The first key signs, all of them recognise: a new one is put before the old, which is taken away when nothing signed by it is valid any more. */
export function signedClaims(keys: readonly Uint8Array[]): SignedClaims {
  const derived = new Map<string, readonly Buffer[]>();
  const keysFor = (purpose: string) => {
    const known =
      derived.get(purpose) ?? keys.map((key) => Buffer.from(hkdfSync('sha256', key, '', `storytelling objects ${purpose}`, 32)));
    derived.set(purpose, known);
    return known;
  };
  const seal = (key: Buffer, payload: string) => createHmac('sha256', key).update(payload).digest('base64url');

  return {
    sign(purpose, claims) {
      const [key] = keysFor(purpose);
      if (!key) throw new SettingError('The setting OBJECT_SIGNING_KEYS is missing.');
      const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
      return `${payload}.${seal(key, payload)}`;
    },
    read(purpose, schema, token) {
      const [payload = '', given = '', more] = token.split('.');
      // The text is compared, not the bytes it stands for: in base64url the last character has spare bits, and no other spelling is ours.
      if (more !== undefined || !keysFor(purpose).some((key) => same(seal(key, payload), given))) return undefined;
      return schema.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
    },
  };
}

function same(expected: string, given: string): boolean {
  const bytes = Buffer.from(given);
  return bytes.length === expected.length && timingSafeEqual(Buffer.from(expected), bytes);
}
