import type { UserId } from '@storytelling/shared/value-objects/user-id';

export type EmailTokenPurpose = 'verify-email' | 'reset-password';

const hour = 60 * 60 * 1000;
/** A reset opens the account, so it is for whoever sits before their mail now. A confirmation may wait for a free evening. */
export const emailTokenLifetime: Readonly<Record<EmailTokenPurpose, number>> = { 'verify-email': 72 * hour, 'reset-password': hour };

/** What proves that somebody reads the mails of an address: secret, good once (`Beside.spends`) and for a while. */
export interface EmailTokens {
  /** The token of a letter. For the same letter it is the same one, so that a letter that is sent twice holds the same token. */
  issue(letterId: string, purpose: EmailTokenPurpose, userId: UserId): Promise<string>;
  /** Whose token this is; undefined when it is not one of ours, was used or has expired. */
  holder(purpose: EmailTokenPurpose, token: string): Promise<UserId | undefined>;
  /** Whose token this was, if it was used and would be good otherwise. */
  spentBy(purpose: EmailTokenPurpose, token: string): Promise<UserId | undefined>;
}
