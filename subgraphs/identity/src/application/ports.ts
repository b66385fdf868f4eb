import type { AccessTokens } from '../domain/access-tokens.js';
import type { Attempts } from '../domain/attempts.js';
import type { DataExports } from '../domain/data-export.js';
import type { EmailTokens } from '../domain/email-tokens.js';
import type { IdentityProviders, ProviderSignIns } from '../domain/identity-providers.js';
import type { Letters, Post, WriteLetter } from '../domain/letters.js';
import type { Erasures } from '../domain/erasures.js';
import type { OneTimeCodes } from '../domain/one-time-codes.js';
import type { Passwords } from '../domain/passwords.js';
import type { SecondFactors } from '../domain/second-factors.js';
import type { ProfileImages } from '../domain/profile-images.js';
import type { RefreshTokens, Sessions } from '../domain/sessions.js';
import type { Staff } from '../domain/staff.js';
import type { Users } from '../domain/users.js';

/** Everything that the verbs need from the world. */
export interface Ports {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly staff: Staff;
  readonly images: ProfileImages;
  readonly erasures: Erasures;
  readonly dataExports: DataExports;
  readonly passwords: Passwords;
  readonly secondFactors: SecondFactors;
  readonly oneTimeCodes: OneTimeCodes;
  readonly attempts: Attempts;
  readonly emailTokens: EmailTokens;
  readonly identityProviders: IdentityProviders;
  readonly providerSignIns: ProviderSignIns;
  readonly letters: Letters;
  readonly writeLetter: WriteLetter;
  readonly post: Post;
  readonly refreshTokens: RefreshTokens;
  readonly accessTokens: AccessTokens;
  /** Carries a verb out once per idempotencyKey of its input. */
  readonly once: (
    verb: string,
    input: { readonly idempotencyKey?: string | null },
    work: () => Promise<string>,
  ) => Promise<{ readonly id: string; readonly repeated: boolean }>;
  /** A keyed hash to recognise a value by, without storing it. */
  readonly tag: (purpose: string, value: string) => string;
  readonly newId: () => string;
  readonly now: () => Date;
}
