import type { UserEvent } from '@storytelling/shared/domain-events/identity';
import type { Email } from '@storytelling/shared/value-objects/email';
import type { Language } from '@storytelling/shared/value-objects/language';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { Profile } from './profile.js';
import { refuse } from './refusals.js';
import type { EndOfSession, Session } from './session.js';

// ── states ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export type UserRole = 'member' | 'admin' | 'super-admin' | 'customer-support' | 'content-moderator';

interface Account {
  readonly id: UserId;
  /** null: erased. */
  readonly email: Email | null;
  readonly profile: Profile;
  readonly role: UserRole;
}
export interface ActiveUser extends Account {
  readonly status: 'active';
}
/** Closed by an administrator: keeps its data, may not sign in. */
export interface DeactivatedUser extends Account {
  readonly status: 'deactivated';
}
export type User = ActiveUser | DeactivatedUser;

// ── verbs ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Registration extends Profile {
  readonly id: UserId;
  readonly email: Email;
  readonly displayName: string;
}

/** Everybody starts as a member: a role is given by somebody who may, never chosen. */
export function register({ id, email, displayName, firstName, lastName, language }: Registration): UserEvent[] {
  const registered: UserEvent = { type: 'UserRegistered', data: { userId: id, email, displayName, language, role: 'member' } };
  if (firstName === null && lastName === null) return [registered];
  return [registered, { type: 'NameChanged', data: { userId: id, firstName, lastName } }];
}

/** The user has shown who they are; whether they may come in is decided here. */
export function authenticate(user: User, method: 'password'): UserEvent[] {
  return [{ type: 'UserAuthenticated', data: { userId: active(user).id, method } }];
}

/** Only what differs becomes an event, so that saving an unchanged form tells nobody anything. */
export function changeProfile(user: User, change: Partial<Profile & { displayName: string }>): UserEvent[] {
  const { id: userId, profile } = active(user);
  const next = { ...profile, ...change };
  const events: UserEvent[] = [];
  if (next.displayName !== profile.displayName || next.language !== profile.language) {
    events.push({ type: 'ProfileChanged', data: { userId, displayName: next.displayName, imageKey: null, language: next.language } });
  }
  if (next.firstName !== profile.firstName || next.lastName !== profile.lastName) {
    events.push({ type: 'NameChanged', data: { userId, firstName: next.firstName, lastName: next.lastName } });
  }
  return events;
}

/** Ending an ended session again is no second event. A deactivated user may still sign out. */
export function revokeSession(user: User, session: Session, reason: EndOfSession): UserEvent[] {
  return session.revoked ? [] : [{ type: 'SessionRevoked', data: { userId: user.id, sessionId: session.id, reason } }];
}

export function active(user: User): ActiveUser {
  switch (user.status) {
    case 'active':
      return user;
    case 'deactivated':
      throw refuse.ACCOUNT_DEACTIVATED();
  }
}

// ── evolve ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export function evolve(user: User | undefined, event: UserEvent): User {
  if (event.type === 'UserRegistered') {
    const { userId, email, displayName, language, role } = event.data;
    return {
      status: 'active',
      id: userId as UserId,
      email: email as Email | null,
      profile: { displayName, firstName: null, lastName: null, language: language as Language },
      role,
    };
  }
  if (!user) throw new Error(`A user's stream begins with UserRegistered, not with ${event.type}.`);
  switch (event.type) {
    case 'ProfileChanged': {
      const { displayName, language } = event.data;
      return { ...user, profile: { ...user.profile, displayName, language: language as Language } };
    }
    case 'NameChanged': {
      const { firstName, lastName } = event.data;
      return { ...user, profile: { ...user.profile, firstName, lastName } };
    }
    case 'RoleAssigned':
      return { ...user, role: event.data.role };
    case 'UserDeactivated':
      return { ...user, status: 'deactivated' };
    case 'UserAuthenticated':
    case 'SessionRevoked':
    // What the second factor is stands in a table of its own, beside the other secrets.
    case 'SecondFactorEnabled':
    case 'SecondFactorDisabled':
    case 'RecoveryCodeSpent':
      return user;
  }
}
