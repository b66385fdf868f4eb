import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  createRemoteJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose';
import { z } from 'zod';
import { type Caller, roles } from '../graphql/caller.js';
import { defineRefusals, type RefusalEntry } from '../value-objects/refusal.js';
import { userId } from '../value-objects/user-id.js';
import { SettingError } from './environment.js';

/**
 * Who is asking, as the gateway tells a subgraph: a token of its own, good for one context and one minute. Nothing that a client
 * holds opens a subgraph, and a subgraph's logs hold nothing that opens the API.
 */

/** Listed in schema/errors.md by tools/schema.mjs. @public */
export const gatewayTokenRefusals = {
  GATEWAY_ONLY: { kind: 'UNAUTHENTICATED', sentence: 'This service answers the gateway only; send the request to the public endpoint.' },
  GATEWAY_KEYS_UNREACHABLE: { kind: 'UNAVAILABLE', sentence: 'The keys to check who is asking cannot be reached; try again in a moment.' },
} as const satisfies Record<string, RefusalEntry>;

const refuse = defineRefusals(gatewayTokenRefusals);

const issuer = 'gateway';
const algorithm = 'EdDSA';
const lifetimeSeconds = 60;
/** A cached token is handed out while it has this long to live: longer than the longest subgraph request. */
const reuseSeconds = 15;
const cacheSize = 10_000;

const claims = z.object({
  kind: z.enum(['anonymous', 'user', 'guest', 'partner', 'service']),
  sub: z.string().transform(userId).optional(),
  role: z.enum(roles).optional(),
  permissions: z.array(z.string()).default([]),
  sid: z.string().optional(),
  email_verified: z.boolean().optional(),
  /** When the client's own credential ends, in seconds. */
  until: z.number().optional(),
});

export interface GatewayTokens {
  /** The public half, for GET /.well-known/gateway-jwks.json. */
  readonly jwks: JSONWebKeySet;
  /**
   * `credential` names the client's credential (a hash of it, or `anonymous`), never the person: two credentials of one person may
   * differ in what they allow.
   */
  issue(audience: string, caller: Caller, credential: string): Promise<string>;
}

/** A new private key for the gateway (setting GATEWAY_PRIVATE_KEY). */
export async function newGatewayKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { crv: 'Ed25519', extractable: true });
  return exportJWK(privateKey);
}

export async function gatewayTokens(privateKey: JWK): Promise<GatewayTokens> {
  if (privateKey.kty !== 'OKP' || privateKey.crv !== 'Ed25519' || !privateKey.d) {
    throw new SettingError('The setting GATEWAY_PRIVATE_KEY is wrong: an Ed25519 private key as a JSON Web Key.');
  }
  const { kty, crv, x } = privateKey;
  const key = await importJWK(privateKey, algorithm);
  const kid = await calculateJwkThumbprint(privateKey);
  const cache = new Map<string, { token: Promise<string>; reusableUntil: number }>();

  const sign = (audience: string, caller: Caller, now: number) =>
    new SignJWT({
      kind: caller.kind,
      role: caller.role,
      permissions: [...caller.permissions],
      sid: caller.sessionId,
      ...(caller.isEmailVerified && { email_verified: true }),
      until: caller.expiresAt && Math.floor(caller.expiresAt.getTime() / 1000),
      ...(caller.userId && { sub: caller.userId }),
    })
      .setProtectedHeader({ alg: algorithm, kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + lifetimeSeconds)
      .sign(key);

  return {
    jwks: { keys: [{ kty, crv, x, kid, alg: algorithm, use: 'sig' }] },
    issue(audience, caller, credential) {
      const now = Math.floor(Date.now() / 1000);
      const name = `${audience} ${credential}`;
      const cached = cache.get(name);
      if (cached && cached.reusableUntil > now) return cached.token;
      const token = sign(audience, caller, now);
      cache.delete(name);
      cache.set(name, { token, reusableUntil: now + lifetimeSeconds - reuseSeconds });
      for (const oldest of cache.keys()) {
        if (cache.size <= cacheSize) break;
        cache.delete(oldest);
      }
      return token;
    },
  };
}

/** `jwks` is the gateway's key set itself (JSON), or the URL where it is published. The returned function throws a Refusal. */
export function gatewayTokenVerifier(jwks: string, audience: string): (token: string | undefined) => Promise<Caller> {
  const keys = keySet(jwks);
  return async (token) => {
    if (!token) throw refuse.GATEWAY_ONLY();
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: [algorithm],
        clockTolerance: 5,
        maxTokenAge: lifetimeSeconds,
        requiredClaims: ['exp', 'iat', 'kind'],
      });
      const { kind, sub, role, permissions, sid, email_verified: isEmailVerified, until } = claims.parse(payload);
      return {
        kind,
        permissions,
        ...(sub && { userId: sub }),
        ...(role && { role }),
        ...(sid && { sessionId: sid }),
        ...(isEmailVerified && { isEmailVerified }),
        ...(until && { expiresAt: new Date(until * 1000) }),
      };
    } catch (error) {
      throw unreachable(error) ? refuse.GATEWAY_KEYS_UNREACHABLE() : refuse.GATEWAY_ONLY();
    }
  };
}

function keySet(jwks: string): ReturnType<typeof createLocalJWKSet> | ReturnType<typeof createRemoteJWKSet> {
  try {
    if (!jwks.trimStart().startsWith('{')) return createRemoteJWKSet(new URL(jwks), { timeoutDuration: 3_000, cooldownDuration: 5_000 });
    return createLocalJWKSet(JSON.parse(jwks) as JSONWebKeySet);
  } catch {
    throw new SettingError('The setting GATEWAY_JWKS is wrong: a JSON Web Key Set or its http URL.');
  }
}

/** Not the token's fault: the key set could not be fetched. fetch throws a TypeError, jose its base class for a bad status. */
export function unreachable(error: unknown): boolean {
  const { name, code } = Object(error) as { name?: unknown; code?: unknown };
  return name === 'TypeError' || ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'].includes(String(code));
}

/** The token of an `Authorization: Bearer …`. Undefined when there is none; empty when there is a header that is not one. */
export function bearer(authorization: unknown): string | undefined {
  if (authorization === undefined || authorization === null) return undefined;
  return /^Bearer +([\w.~+/=-]+)$/i.exec(typeof authorization === 'string' ? authorization.trim() : '')?.[1] ?? '';
}
