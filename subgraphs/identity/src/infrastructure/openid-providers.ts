import type { Logger } from '@storytelling/shared/infrastructure/logger';
import { type Email, email as emailOf } from '@storytelling/shared/value-objects/email';
import * as oidc from 'openid-client';
import { z } from 'zod';
import type { IdentityProvider, IdentityProviders } from '../domain/identity-providers.js';
import { refuse } from '../domain/refusals.js';

/** A provider of OpenID Connect, as it is set up. */
export interface OpenIdProvider extends IdentityProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** In seconds, of each request to a provider: a person waits for it. */
const timeout = 5;

/** Some providers write booleans as text. Missing is not verified. */
const claims = z.object({
  sub: z.string().min(1).max(255),
  email: z.string().optional(),
  email_verified: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]).default(false),
  name: z.string().optional(),
  locale: z.string().optional(),
});

/** Checks what a provider says by openid-client: issuer, audience, signature, times, nonce, PKCE. Its metadata is read when it is first needed. */
export function openIdProviders({
  providers,
  redirectUris,
  log,
}: {
  providers: readonly OpenIdProvider[];
  redirectUris: readonly string[];
  log: Logger;
}): IdentityProviders {
  const discovered = new Map<string, Promise<oidc.Configuration>>();

  function configurationOf(id: string): Promise<oidc.Configuration> {
    const known = discovered.get(id);
    if (known) return known;
    const provider = providers.find((each) => each.id === id);
    if (!provider) throw refuse.PROVIDER_UNKNOWN();
    const { issuer, clientId, clientSecret } = provider;
    // Settings allow http for this machine only.
    // Left to itself the library trusts TLS for the statement's signature; ours is checked, so that a proxy in between cannot make one up.
    const execute = [oidc.enableNonRepudiationChecks, ...(issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [])];
    const discovering = oidc.discovery(new URL(issuer), clientId, clientSecret, undefined, { timeout, execute });
    discovered.set(id, discovering);
    // Asked again the next time.
    discovering.catch(() => discovered.delete(id));
    return discovering;
  }

  /** What the library throws, in the words of a refusal; why goes to the operator, without what was sent. */
  async function talking<T>(provider: string, talk: () => Promise<T>): Promise<T> {
    try {
      return await talk();
    } catch (error) {
      const { name, code } = error as { name?: string; code?: string };
      const said = error instanceof oidc.ResponseBodyError ? error.error : undefined;
      log.warn({ provider, error: name, code, said }, 'a sign-in with a provider failed');
      throw isAway(error) || isAway((error as Error).cause) || notThere.has(code ?? '')
        ? refuse.PROVIDER_UNREACHABLE()
        : refuse.PROVIDER_REFUSED();
    }
  }

  return {
    list: providers.map(({ id, name }) => ({ id, name })),
    allows: (redirectUri) => redirectUris.includes(redirectUri),
    authorizationUrl: (provider, { redirectUri, codeChallenge, state, nonce }) =>
      talking(provider, async () => {
        const url = oidc.buildAuthorizationUrl(await configurationOf(provider), {
          redirect_uri: redirectUri,
          scope: 'openid email profile',
          code_challenge: codeChallenge,
          code_challenge_method: 'S256',
          state,
          nonce,
        });
        return url.href;
      }),
    identify: (provider, { redirectUri, code, codeVerifier, state, nonce, issuer }) =>
      talking(provider, async () => {
        const configuration = await configurationOf(provider);
        const answer = new URL(redirectUri);
        // RFC 9207: a client that was told who answers passes it on, and it is compared. One that does not is bound to the provider by its state.
        const iss = issuer ?? configuration.serverMetadata().issuer;
        answer.search = new URLSearchParams({ code, state, iss }).toString();
        const tokens = await oidc.authorizationCodeGrant(configuration, answer, {
          pkceCodeVerifier: codeVerifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        });
        const stated = claims.parse(tokens.claims());
        // Many providers put the address into userinfo only.
        const told =
          stated.email === undefined && configuration.serverMetadata().userinfo_endpoint
            ? { ...stated, ...claims.parse(await oidc.fetchUserInfo(configuration, tokens.access_token, stated.sub)) }
            : stated;
        const { sub: subject, email, email_verified: isVerified, name = null, locale = null } = told;
        return { subject, email: email !== undefined && isVerified ? addressOf(email) : null, name, locale };
      }),
  };
}

/** One that we would not take from a form is none. */
function addressOf(text: string): Email | null {
  try {
    return emailOf(text);
  } catch {
    return null;
  }
}

/** fetch throws a TypeError when there is no connection; those of wrong arguments have a code. */
function isAway(error: unknown): boolean {
  const { name, code } = Object(error) as { name?: string; code?: unknown };
  return (name === 'TypeError' && code === undefined) || name === 'TimeoutError';
}

/** No answer at all, or none of a provider: it may be there again in a moment. */
const notThere = new Set(['OAUTH_TIMEOUT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON']);
