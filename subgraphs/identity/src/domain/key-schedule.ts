/** When a key signs access tokens, and how long verifiers must know it. */
export interface KeySpan {
  readonly id: string;
  readonly signsFrom: Date;
  readonly signsUntil: Date;
  readonly publishedUntil: Date;
}

const minute = 60 * 1000;
const day = 24 * 60 * minute;

/** ≤ 10 minutes: what a revoked session's last access token may still live. */
export const accessTokenLifetime = 10 * minute;
const signing = 30 * day;
/** A new key is published a day before it signs: by then every cache of the key set has seen it. */
const publishedBefore = day;
/** An hour beyond its last token, for clocks that go wrong. */
const publishedAfter = accessTokenLifetime + 60 * minute;

/**
 * The key that signs now. Of two (replicas whose clocks differ) the one that began later, so that all agree.
 */
export function signingKey<Key extends KeySpan>(keys: readonly Key[], now: Date): Key | undefined {
  return keys
    .filter((key) => key.signsFrom <= now && now < key.signsUntil)
    .sort((a, b) => b.signsFrom.getTime() - a.signsFrom.getTime() || (a.id < b.id ? -1 : 1))[0];
}

/** What is to be done now so that there is always a key that signs and verifiers always know it: idempotent, and safe to run late. */
export function planKeys(
  keys: readonly KeySpan[],
  now: Date,
): { readonly create?: Omit<KeySpan, 'id'>; readonly remove: readonly string[] } {
  const remove = keys.filter((key) => key.publishedUntil <= now).map((key) => key.id);
  const lastUntil = Math.max(...keys.map((key) => key.signsUntil.getTime()), 0);
  if (lastUntil > now.getTime() + publishedBefore) return { remove };
  // Nobody was there to prepare the next key in time (first start, a month switched off): it signs at once.
  const signsFrom = Math.max(lastUntil, now.getTime());
  const signsUntil = signsFrom + signing;
  return {
    create: { signsFrom: new Date(signsFrom), signsUntil: new Date(signsUntil), publishedUntil: new Date(signsUntil + publishedAfter) },
    remove,
  };
}
