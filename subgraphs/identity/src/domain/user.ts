import type { UserEvent } from '@storytelling/shared/domain-events/identity';
import type { Email } from '@storytelling/shared/value-objects/email';
import type { Language } from '@storytelling/shared/value-objects/language';
import { refuseShared } from '@storytelling/shared/value-objects/refusals';
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
  /** They have shown that they read the mails of this address. */
  readonly isEmailVerified: boolean;
  /** Accounts elsewhere that sign them in. */
  readonly providers: readonly ProviderAccount[];
}
/** An account at a provider: who it is there never changes, unlike its address. */
export interface ProviderAccount {
  readonly provider: string;
  /** null: erased. */
  readonly subject: string | null;
}
export interface ActiveUser extends Account {
  readonly status: 'active';
}
/** Closed by an administrator: keeps its data, may not sign in. */
export interface DeactivatedUser extends Account {
  readonly status: 'deactivated';
}
/** Nothing is left of them but the id, and there is no way back. */
export interface ErasedUser extends Account {
  readonly status: 'erased';
}
export type User = ActiveUser | DeactivatedUser | ErasedUser;

// ── verbs ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Registration extends Omit<Profile, 'imageKey'> {
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
export function authenticate(user: User, method: 'password' | 'password-reset' | 'provider'): UserEvent[] {
  return [{ type: 'UserAuthenticated', data: { userId: active(user).id, method } }];
}

/** Verifying twice is verifying once. */
export function verifyEmail(user: User): UserEvent[] {
  return active(user).isEmailVerified ? [] : [{ type: 'EmailVerified', data: { userId: user.id } }];
}

/** Whoever knew the old password is out, except where it was changed. */
export function changePassword(user: User, sessions: readonly Session[], here: string | undefined): UserEvent[] {
  const { id: userId } = active(user);
  return [
    { type: 'PasswordChanged', data: { userId, by: 'change' } },
    ...sessions.filter(({ id }) => id !== here).flatMap((session) => revokeSession(user, session, 'password-changed')),
  ];
}

/**
 * Whoever reads the mails of the address is its owner, and gets the account back whole: every session ends and every other way in is closed, whoever opened
 * them, and the address counts as verified.
 */
export function resetPassword(
  user: User,
  sessions: readonly Session[],
  { hasSecondFactor }: { readonly hasSecondFactor: boolean },
): UserEvent[] {
  const { id: userId, providers } = active(user);
  return [
    { type: 'PasswordChanged', data: { userId, by: 'reset' } },
    ...verifyEmail(user),
    ...sessions.flatMap((session) => revokeSession(user, session, 'password-reset')),
    ...(hasSecondFactor && !keepsSecondFactor(user) ? [{ type: 'SecondFactorDisabled', data: { userId } } as const] : []),
    ...providers.map(({ provider }): UserEvent => ({ type: 'ProviderUnlinked', data: { userId, provider } })),
    ...authenticate(user, 'password-reset'),
  ];
}

/** A second factor that was set up before the address was verified may be that of a stranger who registered with it: it must not keep the owner out. */
export const keepsSecondFactor = (user: User): boolean => user.isEmailVerified;

/** By an account elsewhere that is linked to this one, still. */
export function authenticateBy(user: User, { provider, subject }: ProviderAccount): UserEvent[] {
  const isLinked = user.providers.some((each) => each.provider === provider && each.subject === subject);
  if (!isLinked) throw refuse.PROVIDER_SIGN_IN_EXPIRED();
  return authenticate(user, 'provider');
}

/** An account for somebody whom nobody here knows: its address is verified, because the provider has. */
export function openByProvider(registration: Registration, account: { readonly provider: string; readonly subject: string }): UserEvent[] {
  const { id: userId } = registration;
  return [
    ...register(registration),
    { type: 'EmailVerified', data: { userId } },
    { type: 'ProviderLinked', data: { userId, ...account } },
    { type: 'UserAuthenticated', data: { userId, method: 'provider' } },
  ];
}

/** Linking a linked account again is no second event; of each provider one account at most. */
export function linkProvider(user: User, { provider, subject }: { readonly provider: string; readonly subject: string }): UserEvent[] {
  const { id: userId, providers } = active(user);
  const linked = providers.find((each) => each.provider === provider);
  if (linked?.subject === subject) return [];
  if (linked) throw refuse.PROVIDER_ALREADY_LINKED();
  // That somebody has an account of this address here is not enough: it may have been opened by a stranger who waits for its owner to walk in.
  if (!user.isEmailVerified) throw refuse.EMAIL_NOT_VERIFIED_HERE();
  return [{ type: 'ProviderLinked', data: { userId, provider, subject } }];
}

/** Only what differs becomes an event, so that saving an unchanged form tells nobody anything. */
export function changeProfile(user: User, change: Partial<Profile & { displayName: string }>): UserEvent[] {
  const { id: userId, profile } = active(user);
  const next = { ...profile, ...change };
  const events: UserEvent[] = [];
  if (next.displayName !== profile.displayName || next.language !== profile.language || next.imageKey !== profile.imageKey) {
    const { displayName, imageKey, language } = next;
    events.push({ type: 'ProfileChanged', data: { userId, displayName, imageKey, language } });
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
    case 'erased':
      throw refuseShared.PERSON_ERASED();
  }
}

// ── evolve ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const nobodysProfile: Profile = { displayName: null, imageKey: null, firstName: null, lastName: null, language: 'en' as Language };

export function evolve(user: User | undefined, event: UserEvent): User {
  if (event.type === 'UserRegistered') {
    const { userId, email, displayName, language, role } = event.data;
    return {
      status: 'active',
      id: userId as UserId,
      email: email as Email | null,
      profile: { displayName, firstName: null, lastName: null, language: language as Language, imageKey: null },
      role,
      isEmailVerified: false,
      providers: [],
    };
  }
  if (!user) throw new Error(`A user's stream begins with UserRegistered, not with ${event.type}.`);
  switch (event.type) {
    case 'ProfileChanged': {
      const { displayName, imageKey, language } = event.data;
      return { ...user, profile: { ...user.profile, displayName, imageKey, language: language as Language } };
    }
    case 'NameChanged': {
      const { firstName, lastName } = event.data;
      return { ...user, profile: { ...user.profile, firstName, lastName } };
    }
    case 'RoleAssigned':
      return { ...user, role: event.data.role };
    case 'UserDeactivated':
      return { ...user, status: 'deactivated' };
    case 'UserErased':
      return { status: 'erased', id: user.id, email: null, profile: nobodysProfile, role: 'member', isEmailVerified: false, providers: [] };
    case 'EmailVerified':
      return { ...user, isEmailVerified: true };
    case 'ProviderLinked': {
      const { provider, subject } = event.data;
      return { ...user, providers: [...user.providers, { provider, subject }] };
    }
    case 'ProviderUnlinked':
      return { ...user, providers: user.providers.filter(({ provider }) => provider !== event.data.provider) };
    case 'PasswordChanged':
    case 'UserAuthenticated':
    case 'SessionRevoked':
    // What the second factor is stands in a table of its own, beside the other secrets.
    case 'SecondFactorEnabled':
    case 'SecondFactorDisabled':
    case 'RecoveryCodeSpent':
      return user;
  }
}
