import type { UserEvent } from '@storytelling/shared/domain-events/identity';
import type { Email } from '@storytelling/shared/value-objects/email';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { EmailTokenPurpose } from './email-tokens.js';
import type { Letter } from './letters.js';
import type { Session } from './session.js';
import type { User } from './user.js';

/** Stored in the same transaction as the events, and never in an event: secrets. */
export interface Beside {
  readonly session?: Session;
  readonly passwordHash?: string;
  /** Posted with the events: sent if they are kept, and only then. */
  readonly letters?: readonly Letter[];
  /** A token that allows it, once: refused with EMAIL_TOKEN_INVALID when it was used meanwhile. */
  readonly spends?: { readonly purpose: EmailTokenPurpose; readonly token: string };
}

export interface Credential {
  readonly userId: UserId;
  readonly passwordHash: string;
  /** The user had a session from this client address before. */
  readonly knownAddress: boolean;
}

export interface Users {
  /** Refuses a second account of one address with EMAIL_TAKEN. */
  add(id: UserId, events: readonly UserEvent[], beside: Beside): Promise<UserId>;
  /** One transaction: lock, decide, write what the events say, append them. Refuses an unknown id with USER_NOT_FOUND. */
  update(id: UserId, decide: (user: User) => readonly UserEvent[], beside?: Beside): Promise<UserId>;
  /** As `update`, with one of the user's sessions at hand and locked too. A session that is not there is none to decide about. */
  updateSession(id: UserId, sessionId: string, decide: (user: User, session: Session) => readonly UserEvent[]): Promise<UserId>;
  /** As `update`, with all of the user's sessions that have not ended, locked too. */
  updateSessions(id: UserId, decide: (user: User, sessions: readonly Session[]) => readonly UserEvent[], beside?: Beside): Promise<UserId>;
  byId(id: UserId): Promise<User | undefined>;
  byEmail(email: Email): Promise<User | undefined>;
  /** Whom an account at a provider signs in. */
  byProvider(account: { readonly provider: string; readonly subject: string }): Promise<UserId | undefined>;
  /** Of whoever is signed in; undefined when they have no password, because a provider signs them in. */
  passwordHash(id: UserId): Promise<string | undefined>;
  /** What signing in compares with; undefined when nobody has this address. */
  credential(email: Email, clientAddressTag: string): Promise<Credential | undefined>;
}
