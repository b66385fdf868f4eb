import type { UserId } from '@storytelling/shared/value-objects/user-id';

export interface AccessToken {
  readonly token: string;
  readonly expiresAt: Date;
}

export interface AccessTokens {
  /** Says what the user may do as of now: their role and its permissions are read, not remembered. */
  issue(userId: UserId, sessionId: string): Promise<AccessToken>;
}
