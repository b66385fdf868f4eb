import type { Email } from '@storytelling/shared/value-objects/email';

/** Who signs people in elsewhere (Google, …). */
export interface IdentityProvider {
  /** Stable and short: `google`. */
  readonly id: string;
  /** As people know it. */
  readonly name: string;
}

/** What a provider says of somebody, after its statement was checked: issuer, audience, signature, nonce. */
export interface IdentityAtProvider {
  /** Who it is there: never changes, unlike an address. */
  readonly subject: string;
  /** Only one that the provider has verified. */
  readonly email: Email | null;
  readonly name: string | null;
  /** BCP 47, perhaps. */
  readonly locale: string | null;
}

export interface IdentityProviders {
  readonly list: readonly IdentityProvider[];
  /** Whether a client may be sent back there: one of a list, letter by letter. */
  allows(redirectUri: string): boolean;
  /** Where the browser goes. Refuses with PROVIDER_UNREACHABLE. */
  authorizationUrl(provider: string, asked: { redirectUri: string; codeChallenge: string; state: string; nonce: string }): Promise<string>;
  /** Trades the code for the provider's statement. Refuses with PROVIDER_REFUSED or PROVIDER_UNREACHABLE. */
  identify(
    provider: string,
    answer: { redirectUri: string; code: string; codeVerifier: string; state: string; nonce: string; issuer: string | null },
  ): Promise<IdentityAtProvider>;
}

/** Ten minutes are enough to sign in elsewhere, with a second factor and a forgotten password. */
export const providerSignInLifetime = 10 * 60 * 1000;

export interface ProviderSignIn {
  readonly provider: string;
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly expiresAt: Date;
}

export interface ProviderSignIns {
  /** Remembers what was begun, under a state that nobody can guess. */
  begin(signIn: ProviderSignIn): Promise<string>;
  /**
   * Takes it away, so that it is good once. undefined when there is none of this state, or when it was begun by somebody who does not know this verifier: who
   * has merely seen the state can neither use nor spoil it.
   */
  take(by: { readonly provider: string; readonly state: string; readonly codeVerifier: string }): Promise<ProviderSignIn | undefined>;
}
