import { language } from '@storytelling/shared/value-objects/language';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { type IdentityAtProvider, providerSignInLifetime } from '../domain/identity-providers.js';
import { displayName } from '../domain/profile.js';
import { refuse } from '../domain/refusals.js';
import { authenticate, authenticateBy, linkProvider, openByProvider } from '../domain/user.js';
import { askSecondFactor } from './ask-second-factor.js';
import type { Ports } from './ports.js';
import { beginSession, type Client, type SignedIn, signedIn } from './signed-in.js';

export interface BegunProviderSignIn {
  readonly url: string;
  readonly state: string;
  readonly expiresAt: Date;
}

function requireKnown({ list }: Ports['identityProviders'], provider: string): void {
  if (!list.some(({ id }) => id === provider)) throw refuse.PROVIDER_UNKNOWN();
}

const nonceOf = (tag: Ports['tag'], state: string) => tag('oidc nonce', state);

/** The first half: where to send the browser. The verifier stays with the client, so that whoever catches the code cannot use it. */
export const beginProviderSignIn =
  ({ identityProviders, providerSignIns, attempts, tag, now }: Ports) =>
  async (
    { provider, redirectUri, codeChallenge }: { readonly provider: string; readonly redirectUri: string; readonly codeChallenge: string },
    clientAddress: string,
  ): Promise<BegunProviderSignIn> => {
    requireKnown(identityProviders, provider);
    if (!identityProviders.allows(redirectUri)) throw refuse.REDIRECT_URI_NOT_ALLOWED();
    if (!/^[\w-]{43}$/.test(codeChallenge)) throw refuse.CODE_CHALLENGE_INVALID();
    await attempts.present(clientAddress);
    const expiresAt = new Date(now().getTime() + providerSignInLifetime);
    const state = await providerSignIns.begin({ provider, redirectUri, codeChallenge, expiresAt });
    const url = await identityProviders.authorizationUrl(provider, { redirectUri, codeChallenge, state, nonce: nonceOf(tag, state) });
    return { url, state, expiresAt };
  };

/**
 * The second half: the code that the browser brought back, for a session. Somebody who comes for the first time is linked to the account of their address if
 * both sides have verified it, and gets an account of their own if nobody has one.
 */
export const signInWithProvider =
  (ports: Ports) =>
  async (
    input: {
      readonly provider: string;
      readonly code: string;
      readonly codeVerifier: string;
      readonly state: string;
      readonly issuer?: string | null;
      readonly secondFactorCode?: string | null;
    },
    client: Client,
  ): Promise<SignedIn> => {
    const { users, identityProviders, providerSignIns, attempts, tag } = ports;
    const { provider, code, codeVerifier, state } = input;
    // Also because the database takes no text with a NUL in it.
    requireKnown(identityProviders, provider);
    await attempts.present(client.address);
    const begun = await providerSignIns.take({ provider, state, codeVerifier });
    if (!begun) throw refuse.PROVIDER_SIGN_IN_EXPIRED();
    const { redirectUri } = begun;
    const issuer = input.issuer ?? null;
    const found = await identityProviders.identify(provider, {
      redirectUri,
      code,
      codeVerifier,
      state,
      nonce: nonceOf(tag, state),
      issuer,
    });
    const account = { provider, subject: found.subject };

    const linked = await users.byProvider(account);
    const owner = linked ?? (found.email && (await users.byEmail(found.email))?.id);
    if (!owner) return openAccount(ports, provider, found, client);
    // Before the second factor: its code is not spent on somebody who is not let in anyway.
    if (!linked) {
      await users.update(owner, (user) => {
        linkProvider(user, account);
        return [];
      });
    }
    await askSecondFactor(ports)(owner, input.secondFactorCode, client);
    const { session, refreshToken } = beginSession(ports, owner, client);
    await (linked
      ? // Looked at again in the row lock: a reset that came first has ended this way in.
        users.update(owner, (user) => authenticateBy(user, account), { session })
      : users.update(owner, (user) => [...linkProvider(user, account), ...authenticate(user, 'provider')], {
          session,
          letters: [{ kind: 'provider-linked', userId: owner, provider }],
        }));
    return signedIn(ports, owner, session.id, refreshToken);
  };

async function openAccount(
  ports: Ports,
  provider: string,
  { subject, email, ...found }: IdentityAtProvider,
  client: Client,
): Promise<SignedIn> {
  if (!email) throw refuse.PROVIDER_EMAIL_NOT_VERIFIED();
  await ports.attempts.register(client.address);
  const id = userId(ports.newId());
  const { session, refreshToken } = beginSession(ports, id, client);
  const profile = {
    displayName: firstThatIsGood(displayName, [found.name, email.split('@')[0], 'Writer']),
    firstName: null,
    lastName: null,
    language: firstThatIsGood(language, [found.locale, 'en']),
  };
  await ports.users.add(id, openByProvider({ id, email, ...profile }, { provider, subject }), { session });
  return signedIn(ports, id, session.id, refreshToken);
}

/** What a provider says of somebody has not been through our forms. */
function firstThatIsGood<T>(check: (value: string) => T, [candidate, ...rest]: readonly (string | null | undefined)[]): T {
  try {
    return check(candidate ?? '');
  } catch (error) {
    if (rest.length === 0) throw error;
    return firstThatIsGood(check, rest);
  }
}
