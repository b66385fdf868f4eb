import type { UserId } from '@storytelling/shared/value-objects/user-id';

/** Who writes, in this context's own words. Stories never wait for it: a writer may be faster than the news of their registration. */
export interface Author {
  readonly id: UserId;
  /** null: erased. */
  readonly displayName: string | null;
}

export interface Authors {
  save(author: Author): Promise<void>;
  /** They read the mails of their address. */
  verified(id: UserId): Promise<void>;
  /** False for somebody of whom no news has come yet. */
  hasVerifiedEmail(id: UserId): Promise<boolean>;
}
