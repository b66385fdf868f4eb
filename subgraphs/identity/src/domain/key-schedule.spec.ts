import { describe, expect, it } from '@jest/globals';
import { accessTokenLifetime, type KeySpan, planKeys, signingKey } from './key-schedule.js';

const start = new Date('2026-11-22T20:00:00Z');
const at = (days: number) => new Date(start.getTime() + days * 24 * 60 * 60 * 1000);

/** Lives through some days with the plan carried out now and then; returns the keys at the end. */
function live(days: readonly number[], keys: KeySpan[] = []): KeySpan[] {
  return days.reduce<KeySpan[]>((known, day) => {
    const { create, remove } = planKeys(known, at(day));
    return [...known.filter((key) => !remove.includes(key.id)), ...(create ? [{ id: `key-of-day-${day}`, ...create }] : [])];
  }, keys);
}

describe('signing keys', () => {
  it('begin with one that signs at once', () => {
    const keys = live([0]);
    expect(keys).toHaveLength(1);
    expect(signingKey(keys, at(0))?.id).toBe('key-of-day-0');
  });

  it('are not made twice', () => {
    expect(live([0, 0, 1, 2, 28.9])).toHaveLength(1);
  });

  it('are followed by one that is published a day before it signs', () => {
    const keys = live([0, 28, 29, 29.5]);
    expect(keys.map((key) => key.id)).toEqual(['key-of-day-0', 'key-of-day-29']);
    expect(signingKey(keys, at(29.99))?.id).toBe('key-of-day-0');
    expect(signingKey(keys, at(30))?.id).toBe('key-of-day-29');
  });

  it('stay published until the last token they signed has expired, then go', () => {
    const lastToken = at(30).getTime() + accessTokenLifetime;
    const [old] = live([0]);
    expect(old?.publishedUntil.getTime()).toBeGreaterThan(lastToken);
    expect(live([0, 29, 30.01]).map((key) => key.id)).toEqual(['key-of-day-0', 'key-of-day-29']);
    expect(live([0, 29, 31]).map((key) => key.id)).toEqual(['key-of-day-29']);
  });

  it('leave no moment without one, whenever the plan is carried out', () => {
    for (const day of [0.5, 29.5, 30, 45, 400]) {
      expect(signingKey(live([0, day]), at(day))).toBeDefined();
    }
  });

  it('that overlap by accident sign by the later one, wherever they are read', () => {
    const span = (id: string, from: number): KeySpan => ({ id, signsFrom: at(from), signsUntil: at(30), publishedUntil: at(31) });
    expect(signingKey([span('a', 0), span('b', 1)], at(2))?.id).toBe('b');
    expect(signingKey([span('b', 1), span('a', 0)], at(2))?.id).toBe('b');
    expect(signingKey([span('b', 1), span('a', 1)], at(2))?.id).toBe('a');
  });
});
