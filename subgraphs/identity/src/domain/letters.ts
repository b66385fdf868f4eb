import type { Email } from '@storytelling/shared/value-objects/email';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { User } from './user.js';

/**
 * A mail to be written: what it says is decided when it is sent, from what is known then (address, language), so that nothing personal waits in a queue.
 * None of them holds a word that somebody else may have chosen, such as a name: whoever registers with a stranger's address would write to that stranger.
 */
export type Letter =
  | { readonly kind: 'verify-email' | 'password-changed' | 'password-reset'; readonly userId: UserId }
  | { readonly kind: 'provider-linked'; readonly userId: UserId; readonly provider: string }
  /** By address: asking must cost the same whether somebody has it or not, so nobody is looked up before. */
  | { readonly kind: 'reset-password'; readonly email: Email };

/** A letter of a user's own is posted with the change that it tells of (`Beside`). */
export interface Letters {
  post(letter: Letter): Promise<void>;
}

export interface WrittenLetter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Writes a letter in the language of its reader. */
export type WriteLetter = (letter: Letter, reader: User, token: string | undefined) => WrittenLetter;

export interface Post {
  /** A letter sent again under its id is the same letter, with the same Message-ID. */
  send(mail: WrittenLetter & { readonly id: string; readonly to: Email; readonly at: Date }): Promise<void>;
}
