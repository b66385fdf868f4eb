import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { anonymous, type Caller, roles } from '@storytelling/shared/graphql/caller';
import { bearer, unreachable } from '@storytelling/shared/infrastructure/gateway-token';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import type { EndedSessions } from './ended-sessions.js';
import { refuse } from './refusals.js';

/** Who is asking, and a name for the credential that says so: tokens for subgraphs are cached by it. */
export interface Client {
  readonly caller: Caller;
  readonly credential: string;
  /** The header as it came, where subgraphs read it themselves. */
  readonly authorization?: string;
}

export const nobody: Client = { caller: anonymous, credential: 'anonymous' };

const claims = z.object({
  sub: z.string().transform(userId),
  role: z.enum(roles),
  permissions: z.array(z.string()).default([]),
  sid: z.string(),
  email_verified: z.boolean().default(false),
  exp: z.number(),
});

/** Checked tokens are remembered until they expire: a signature costs 0.1 ms, a page of a client asks ten times a second. */
const rememberedTokens = 10_000;

export type Authenticate = (authorization: unknown) => Promise<Client>;

/**
 * The one way in, for HTTP and WebSocket alike. No credential is an anonymous client; a wrong one is refused, never taken for none: a
 * client whose token has expired must hear that, not see an empty page.
 */
export function authenticator(identityJwksUrl: string, ended: EndedSessions): Authenticate {
  const keys = createRemoteJWKSet(new URL(identityJwksUrl), { timeoutDuration: 3_000, cooldownDuration: 5_000 });
  const remembered = new Map<string, Client>();

  async function clientOf(authorization: unknown): Promise<Client> {
    const token = bearer(authorization);
    if (token === undefined) return nobody;
    if (token === '') throw refuse.ACCESS_TOKEN_INVALID();
    const credential = createHash('sha256').update(token).digest('base64url');
    const known = remembered.get(credential);
    if (known?.caller.expiresAt) {
      if (known.caller.expiresAt > new Date()) return known;
      remembered.delete(credential);
    }
    try {
      // Only EdDSA: neither `none` nor a public key abused as an HMAC secret gets past the list.
      const { payload } = await jwtVerify(token, keys, {
        issuer: 'identity',
        audience: 'storytelling',
        algorithms: ['EdDSA'],
        requiredClaims: ['exp', 'iat', 'sub'],
      });
      const { sub, role, permissions, sid, email_verified: isEmailVerified, exp } = claims.parse(payload);
      const client: Client = {
        credential,
        caller: { kind: 'user', userId: sub, role, permissions, sessionId: sid, isEmailVerified, expiresAt: new Date(exp * 1000) },
      };
      if (remembered.size >= rememberedTokens)
        for (const oldest of remembered.keys()) {
          remembered.delete(oldest);
          break;
        }
      remembered.set(credential, client);
      return client;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw refuse.ACCESS_TOKEN_EXPIRED();
      throw unreachable(error) ? refuse.ACCESS_TOKEN_UNCHECKED() : refuse.ACCESS_TOKEN_INVALID();
    }
  }

  return async (authorization) => {
    const client = await clientOf(authorization);
    // Whoever asks for a fresh one is told there that the session is over.
    if (ended.has(client.caller.sessionId)) throw refuse.ACCESS_TOKEN_EXPIRED();
    return client;
  };
}

/** A header or payload entry by its name in any case: GraphiQL's editor has `Authorization`, the protocol's page `authorization`. */
export function authorizationIn(entries: unknown): unknown {
  if (typeof entries !== 'object' || entries === null) return undefined;
  return Object.entries(entries).find(([name]) => name.toLowerCase() === 'authorization')?.[1];
}

/**
 * The client's address, for limits per client: the socket's own, unless `proxies` of ours stand in front, each of which has appended
 * the address that it saw to X-Forwarded-For. Whatever stands further left was written by the client.
 */
export function clientAddress(request: IncomingMessage, proxies: number): string {
  const forwarded = String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((address) => address.trim());
  const told = proxies > 0 ? forwarded[forwarded.length - proxies] : undefined;
  return (told || request.socket.remoteAddress || 'unknown').replace(/^::ffff:/, '').slice(0, 64);
}

/** What the client says it is; cut, because it goes into a header of ours. */
export function userAgent(request: IncomingMessage): string | undefined {
  return request.headers['user-agent']?.slice(0, 500);
}
