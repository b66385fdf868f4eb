/** A mail to one person, in plain text and in HTML. */
export interface Mail {
  /** Of what it tells (a job, an event): 1 to 100 of A–Z a–z 0–9 . _ -. Sent again under the same id it is the same mail, and carries the same Message-ID. */
  readonly id: string;
  /** One address, without a name. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** When it was written. The same for a repetition. */
  readonly at: Date;
}

export interface Mailer {
  /**
   * Resolves when the mail is accepted or written. Throws MailRefused when this mail will never be accepted; anything else that it throws may be tried
   * again: the outcome may be unknown, so that a mail can come twice, but never with two Message-IDs.
   */
  send(mail: Mail): Promise<void>;
  /** Deletes what was sent to an erased person and is still in our hands: nothing, once a server has taken it. */
  forget(to: string): Promise<void>;
  close(): void;
}

/** The receiving side said no for good: no such mailbox, for example. Its answer may quote the address, so it is not kept. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
  override readonly message = 'The mail was refused for good.';
}

/**
 * What stands in a header is one line: with a line break in it, whoever wrote it could add headers, recipients or a text of their own. Texts of ours
 * have none and addresses are checked when they are taken, so this is a fault, not something to tell a person.
 */
export function checked({ send, ...mailer }: Mailer): Mailer {
  return {
    ...mailer,
    async send(mail) {
      if (!/^[\w.-]{1,100}$/.test(mail.id)) throw new TypeError('The id of a mail is 1 to 100 of A–Z a–z 0–9 . _ -.');
      if (!/^[^\s\p{Cc}<>,;:"()[\]\\@]+@[^\s\p{Cc}<>,;:"()[\]\\@]+$/u.test(mail.to))
        throw new TypeError('A mail goes to one plain address.');
      if (/[\p{Cc}\u2028\u2029]/u.test(mail.subject)) throw new TypeError('The subject of a mail is one line.');
      await send(mail);
    },
  };
}
