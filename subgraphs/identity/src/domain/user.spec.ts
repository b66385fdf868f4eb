import { describe, expect, it } from '@jest/globals';
import { UserDeactivated, type UserEvent } from '@storytelling/shared/domain-events/identity';
import { email } from '@storytelling/shared/value-objects/email';
import { language } from '@storytelling/shared/value-objects/language';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { openSession } from './session.js';
import { authenticate, changeProfile, evolve, register, type Registration, revokeSession, type User } from './user.js';

const id = userId('user-0000000001');
const ada: Registration = {
  id,
  email: email('ada@example.org'),
  displayName: 'Ada',
  firstName: null,
  lastName: null,
  language: language('en'),
};
const session = openSession(
  { id: '0d1f7c1e-0000-4000-8000-000000000001', userId: id, tokenHash: 't1', clientAddressTag: 'tag', device: null },
  new Date(0),
);

function given(...events: UserEvent[]): User {
  const user = events.reduce<User | undefined>(evolve, undefined);
  if (!user) throw new Error('no events given');
  return user;
}
const registered = register(ada);
const deactivated = UserDeactivated({ userId: id });
const refusal = (code: string) => expect.objectContaining({ code });

describe('a user', () => {
  it('registers as a member', () => {
    expect(register(ada)).toEqual([
      { type: 'UserRegistered', data: { userId: id, email: 'ada@example.org', displayName: 'Ada', language: 'en', role: 'member' } },
    ]);
    expect(given(...registered)).toMatchObject({ status: 'active', role: 'member' });
  });

  it('keeps first and last name inside the context', () => {
    const events = register({ ...ada, firstName: 'Ada', lastName: 'Byron' });
    expect(events.map((event) => event.type)).toEqual(['UserRegistered', 'NameChanged']);
    expect(given(...events).profile).toMatchObject({ firstName: 'Ada', lastName: 'Byron' });
  });

  it('is authenticated', () => {
    expect(authenticate(given(...registered), 'password')).toEqual([
      { type: 'UserAuthenticated', data: { userId: id, method: 'password' } },
    ]);
  });

  it('that was deactivated neither signs in nor changes its profile, but may sign out', () => {
    const user = given(...registered, deactivated);
    expect(() => authenticate(user, 'password')).toThrow(refusal('ACCOUNT_DEACTIVATED'));
    expect(() => changeProfile(user, { displayName: 'Countess' })).toThrow(refusal('ACCOUNT_DEACTIVATED'));
    expect(revokeSession(user, session, 'sign-out')).toHaveLength(1);
  });
});

describe('a profile', () => {
  it('change tells others what they see, and only what differs', () => {
    expect(changeProfile(given(...registered), { displayName: 'Countess' })).toEqual([
      { type: 'ProfileChanged', data: { userId: id, displayName: 'Countess', imageKey: null, language: 'en' } },
    ]);
    expect(changeProfile(given(...registered), { displayName: 'Ada', language: language('en') })).toEqual([]);
    expect(changeProfile(given(...registered), { firstName: 'Ada' })).toEqual([
      { type: 'NameChanged', data: { userId: id, firstName: 'Ada', lastName: null } },
    ]);
  });

  it('folds from its events', () => {
    const user = given(...registered);
    const change = { displayName: 'Countess', lastName: 'Lovelace', language: language('fr') };
    expect(changeProfile(user, change).reduce<User>(evolve, user).profile).toEqual({ ...user.profile, ...change });
  });
});

describe('a session', () => {
  it('is revoked once', () => {
    const user = given(...registered);
    expect(revokeSession(user, session, 'reuse')).toEqual([
      { type: 'SessionRevoked', data: { userId: id, sessionId: session.id, reason: 'reuse' } },
    ]);
    expect(revokeSession(user, { ...session, revoked: { at: new Date(0), reason: 'reuse' } }, 'sign-out')).toEqual([]);
  });
});

describe('an erased user', () => {
  const gone: UserEvent = { type: 'UserErased', data: { userId: id, stories: 'remove' } };

  it('has nothing but an id, and does nothing any more', () => {
    const user = given(...registered, gone);
    expect(user).toMatchObject({ status: 'erased', id, email: null, role: 'member' });
    expect(Object.values({ ...user.profile, language: null }).every((value) => value === null)).toBe(true);
    expect(() => changeProfile(user, { displayName: 'Ada' })).toThrow(expect.objectContaining({ code: 'PERSON_ERASED' }));
  });

  it('folds from blanked events as from those that were not yet', () => {
    const blanked = registered.map((event) => ({ ...event, data: { ...event.data, email: null, displayName: null } }) as UserEvent);
    expect(given(...blanked, gone)).toEqual(given(...registered, gone));
  });
});
