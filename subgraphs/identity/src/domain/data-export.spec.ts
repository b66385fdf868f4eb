import { describe, expect, it } from '@jest/globals';
import { day, statusOf, underWay } from './data-export.js';

const now = new Date('2026-01-08T12:00:00Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const asked = (minutes: number, expiresAt: Date | null = null) => ({ id: `${minutes}`, requestedAt: ago(minutes), expiresAt });
const ready = (minutes: number) => asked(minutes, new Date(now.getTime() + day));

describe('an export', () => {
  it('runs for an hour, and is ready until it expires', () => {
    expect(statusOf(asked(59), now)).toBe('running');
    expect(statusOf(asked(60), now)).toBe('failed');
    expect(statusOf(ready(600), now)).toBe('ready');
    expect(statusOf(asked(600, now), now)).toBe('expired');
  });

  it('is answered again while it runs, and begun three times a day', () => {
    expect(underWay([], now)).toBeUndefined();
    expect(underWay([ready(50), asked(10)], now)?.id).toBe('10');
    expect(underWay([ready(500), asked(100)], now)).toBeUndefined();
    expect(underWay([ready(500), ready(100), asked(10)], now)?.id).toBe('10');
    expect(() => underWay([ready(60), ready(500), asked(100)], now)).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_EXPORTS', params: { max: 3, retryAt: '2026-01-09T03:40:00.000Z' } }),
    );
  });
});
