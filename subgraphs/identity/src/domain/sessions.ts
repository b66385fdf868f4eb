import type { Refresh, Session } from './session.js';

/** Sessions as refreshing changes them; they are opened and revoked together with their user (users.ts). */
export interface Sessions {
  /**
   * Decides about a session while holding its row, so that two refreshes with the same token see each other: the second finds the first's result.
   * Returns undefined when there is none of this id.
   */
  refresh(
    id: string,
    decide: (session: Session) => Refresh,
  ): Promise<{ readonly session: Session; readonly outcome: Refresh['outcome'] } | undefined>;
}

/** A refresh token that we issued, however long ago. */
export interface PresentedToken {
  readonly sessionId: string;
  readonly hash: string;
  readonly successor: string;
  readonly successorHash: string;
}

export interface RefreshTokens {
  first(sessionId: string): { readonly token: string; readonly hash: string };
  /** undefined: not one of ours. */
  read(token: string): PresentedToken | undefined;
}
