import { type GatewayTokens, gatewayTokens } from '@storytelling/shared/infrastructure/gateway-token';
import { SettingError } from '@storytelling/shared/infrastructure/environment';
import type { Authorize } from '../engine/subgraph.js';
import type { GatewayEnvironment } from '../environment.js';
import { type Authenticate, authenticator, nobody } from './authenticate.js';
import type { EndedSessions } from './ended-sessions.js';

/** How a client is known here, and how the subgraphs hear who it is. */
export interface ForwardedIdentity {
  readonly authenticate: Authenticate;
  readonly authorize: Authorize;
  /** The public keys of our own tokens, where there are any. */
  readonly jwks: GatewayTokens['jwks'] | undefined;
}

/**
 * Our own subgraphs get our own short tokens, made of an access token that was checked here. In front of others the gateway checks
 * nothing: they get the client's header as it came, or none.
 */
export async function forwardIdentity(settings: GatewayEnvironment, ended: EndedSessions): Promise<ForwardedIdentity> {
  if (settings.FORWARD_IDENTITY !== 'tokens') {
    const passesOn = settings.FORWARD_IDENTITY === 'authorization';
    return {
      authenticate: async (authorization) => (passesOn && typeof authorization === 'string' ? { ...nobody, authorization } : nobody),
      authorize: async (_subgraph, context) => context?.client.authorization,
      jwks: undefined,
    };
  }
  const { IDENTITY_JWKS_URL: identity, GATEWAY_PRIVATE_KEY: key } = settings;
  if (!identity) throw new SettingError('The setting IDENTITY_JWKS_URL is missing.');
  if (!key) throw new SettingError('The setting GATEWAY_PRIVATE_KEY is missing.');
  const tokens = await gatewayTokens(key);
  return {
    authenticate: authenticator(identity, ended),
    async authorize(subgraph, context) {
      const { caller, credential } = context?.client ?? { caller: { kind: 'service', permissions: [] } as const, credential: 'gateway' };
      return `Bearer ${await tokens.issue(subgraph, caller, credential)}`;
    },
    jwks: tokens.jwks,
  };
}
