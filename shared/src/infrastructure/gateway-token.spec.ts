import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose';
import type { Caller } from '../graphql/caller.js';
import { userId } from '../value-objects/user-id.js';
import { bearer, type GatewayTokens, gatewayTokens, gatewayTokenVerifier, newGatewayKey } from './gateway-token.js';

const ada: Caller = {
  kind: 'user',
  userId: userId('user-ada-1'),
  role: 'member',
  permissions: ['story:write'],
  sessionId: 's1',
  expiresAt: new Date('2030-01-01T00:10:00Z'),
};

let tokens: GatewayTokens;
let verify: (token: string | undefined) => Promise<Caller>;
beforeEach(async () => {
  // Only the clock stands still; signing needs the rest.
  jest.useFakeTimers({
    now: new Date('2030-01-01T00:00:00Z'),
    doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'setTimeout', 'setInterval'],
  });
  tokens = await gatewayTokens(await newGatewayKey());
  verify = gatewayTokenVerifier(JSON.stringify(tokens.jwks), 'story');
});
afterEach(() => {
  jest.useRealTimers();
});

const refused = (token: string | undefined) =>
  expect(verify(token)).rejects.toMatchObject({ code: 'GATEWAY_ONLY', kind: 'UNAUTHENTICATED' });
const later = (seconds: number) => jest.setSystemTime(Date.now() + seconds * 1000);

describe('a gateway token', () => {
  it('tells a context who is asking, and when their own credential ends', async () => {
    expect(await verify(await tokens.issue('story', ada, 'c1'))).toEqual(ada);
    expect(await verify(await tokens.issue('story', { kind: 'anonymous', permissions: [] }, 'anonymous'))).toEqual({
      kind: 'anonymous',
      permissions: [],
    });
  });

  it('is good for a minute', async () => {
    const token = await tokens.issue('story', ada, 'c1');
    const { iat = 0, exp = 0 } = decodeJwt(token);
    expect(exp - iat).toBe(60);
    later(59);
    await verify(token);
    later(10);
    await refused(token);
  });

  it('is used again for the same credential and context, as long as a request can take', async () => {
    const first = await tokens.issue('story', ada, 'c1');
    expect(await tokens.issue('story', ada, 'c1')).toBe(first);
    later(44);
    expect(await tokens.issue('story', ada, 'c1')).toBe(first);
    later(2);
    const second = await tokens.issue('story', ada, 'c1');
    expect(second).not.toBe(first);
    later(50);
    await verify(second);
  });

  it('of one credential never serves another of the same person', async () => {
    const wide = await tokens.issue('story', ada, 'c1');
    const narrow = await tokens.issue('story', { ...ada, permissions: [] }, 'c2');
    expect(wide).not.toBe(narrow);
    expect((await verify(narrow)).permissions).toEqual([]);
  });

  it('of another context, another gateway, another algorithm, or none is refused', async () => {
    const other = await gatewayTokens(await newGatewayKey());
    const claims = { kind: 'user', sub: 'user-ada-1', permissions: [] };
    await refused(undefined);
    await refused('');
    await refused('nonsense');
    await refused(await tokens.issue('identity', ada, 'c1'));
    await refused(await other.issue('story', ada, 'c1'));
    await refused(new UnsecuredJWT(claims).setIssuer('gateway').setAudience('story').setIssuedAt().setExpirationTime('30s').encode());
    await refused(
      await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer('gateway')
        .setAudience('story')
        .setIssuedAt()
        .setExpirationTime('30s')
        .sign(new TextEncoder().encode(JSON.stringify(tokens.jwks))),
    );
  });

  it('that claims an impossible role or kind is refused', async () => {
    const odd = (caller: object) => tokens.issue('story', { ...ada, ...caller }, JSON.stringify(caller));
    await refused(await odd({ role: 'root' }));
    await refused(await odd({ kind: 'god' }));
  });

  it('cannot be checked while the gateway’s keys cannot be read, which is not the token’s fault', async () => {
    const blind = gatewayTokenVerifier('http://127.0.0.1:1/keys', 'story');
    await expect(blind(await tokens.issue('story', ada, 'c1'))).rejects.toMatchObject({
      code: 'GATEWAY_KEYS_UNREACHABLE',
      kind: 'UNAVAILABLE',
    });
  });
});

describe('a key that cannot sign', () => {
  it.each([[{ kty: 'oct', k: 'AAAA' }], [{ kty: 'OKP', crv: 'Ed25519', x: 'AAAA' }], [{}]])('is a wrong setting: %j', async (key) => {
    await expect(gatewayTokens(key)).rejects.toThrow('The setting GATEWAY_PRIVATE_KEY is wrong');
  });
});

describe('an Authorization header', () => {
  it.each([
    [undefined, undefined],
    ['Bearer abc.def-_~+/=', 'abc.def-_~+/='],
    ['bearer abc', 'abc'],
    ['Basic abc', ''],
    ['Bearer', ''],
    ['Bearer a b', ''],
    ['', ''],
    [5, ''],
  ])('%j has the token %j', (header, token) => {
    expect(bearer(header)).toBe(token);
  });
});
