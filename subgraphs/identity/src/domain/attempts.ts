import type { Email } from '@storytelling/shared/value-objects/email';
import type { UserId } from '@storytelling/shared/value-objects/user-id';

export interface SignInAttempt {
  readonly clientAddress: string;
  readonly account: Email;
  /** The account had a session from this address before: strangers' failures elsewhere do not count against it. */
  readonly knownAddress: boolean;
}

/** A code, presented by somebody who has shown by other means who they are. */
export interface SecondFactorAttempt {
  readonly clientAddress: string;
  readonly userId: UserId;
  readonly knownAddress: boolean;
}

/**
 * How often somebody may try. An attempt is counted before it is made (so that a hundred at once are counted, too) and refused with TOO_MANY_ATTEMPTS and
 * `retryAt`. An unknown account is counted like a known one.
 */
export interface Attempts {
  register(clientAddress: string): Promise<void>;
  /** Presenting a token, or a password where it is known whose: what one client address may cost. */
  present(clientAddress: string): Promise<void>;
  /** Asking for a mail. */
  askForMail(clientAddress: string): Promise<void>;
  /** Mails that anybody can ask for, to one address. Until when there are enough; undefined: one more may go. Unknown addresses count alike. */
  mailTo(account: Email): Promise<Date | undefined>;
  signIn(attempt: SignInAttempt): Promise<void>;
  /** The attempt was right: what it and its owner's typing errors counted for the account is taken back. */
  succeeded(attempt: SignInAttempt): Promise<void>;
  secondFactor(attempt: SecondFactorAttempt): Promise<void>;
  secondFactorSucceeded(attempt: SecondFactorAttempt): Promise<void>;
}
