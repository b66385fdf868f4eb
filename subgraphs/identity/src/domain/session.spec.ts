import { describe, expect, it } from '@jest/globals';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { openSession, type Refresh, refresh, type Session } from './session.js';

const start = new Date('2026-11-22T20:00:00Z');
const after = (days: number) => new Date(start.getTime() + days * 24 * 60 * 60 * 1000);
const opened = openSession(
  { id: '0d1f7c1e-0000-4000-8000-000000000001', userId: userId('user-0000000001'), tokenHash: 't1', clientAddressTag: 'tag', device: null },
  start,
);

/** Token tN: its successor is t(N+1). */
const present = (session: Session, n: number, now = start) => refresh(session, { hash: `t${n}`, successorHash: `t${n + 1}` }, now);
const rotated = (result: Refresh): Session => {
  if (result.outcome !== 'rotated') throw new Error(`was ${result.outcome}`);
  return result.session;
};

describe('a session', () => {
  it('gives the newest token a successor', () => {
    expect(rotated(present(opened, 1))).toMatchObject({ tokenHash: 't2', previousHash: 't1' });
  });

  it('answers a repeated refresh with the same successor, as long as that is unused', () => {
    const once = rotated(present(opened, 1));
    expect(present(once, 1)).toEqual({ outcome: 'repeated' });
    expect(present(once, 1, after(29))).toEqual({ outcome: 'repeated' });
  });

  it('takes a token whose successor was used for a copy', () => {
    const twice = rotated(present(rotated(present(opened, 1)), 2));
    expect(present(twice, 1)).toEqual({ outcome: 'reused' });
    expect(present(twice, 2)).toEqual({ outcome: 'repeated' });
  });

  it('ends after 30 days without use, each use counting anew', () => {
    expect(present(opened, 1, after(30))).toEqual({ outcome: 'ended' });
    const used = rotated(present(opened, 1, after(29)));
    expect(present(used, 2, after(58)).outcome).toBe('rotated');
  });

  it('ends after 180 days however much it is used', () => {
    let session = opened;
    for (let n = 1; n <= 8; n += 1) session = rotated(present(session, n, after(n * 20)));
    expect(present(session, 9, after(179)).outcome).toBe('rotated');
    expect(present(session, 9, after(180))).toEqual({ outcome: 'ended' });
  });

  it('that was revoked answers nothing, not even about reuse', () => {
    const revoked: Session = { ...opened, revoked: { at: start, reason: 'sign-out' } };
    expect(present(revoked, 1)).toEqual({ outcome: 'ended' });
    expect(present(revoked, 7)).toEqual({ outcome: 'ended' });
  });
});
