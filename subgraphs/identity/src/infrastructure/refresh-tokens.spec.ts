import { describe, expect, it } from '@jest/globals';
import { refreshTokens } from './refresh-tokens.js';

const tokens = refreshTokens(new Uint8Array(32).fill(1));
const session = '0d1f7c1e-1234-4000-8000-00000000abcd';

describe('a refresh token', () => {
  it('says which session it is of, and is known by its hash', () => {
    const { token, hash } = tokens.first(session);
    expect(tokens.read(token)).toMatchObject({ sessionId: session, hash });
    expect(tokens.first(session).token).not.toBe(token);
  });

  it('leads to one successor, whoever asks and whenever', () => {
    const { token } = tokens.first(session);
    const first = tokens.read(token);
    expect(tokens.read(token)?.successor).toBe(first?.successor);
    const next = tokens.read(first?.successor ?? '');
    expect(next).toMatchObject({ sessionId: session, hash: first?.successorHash });
    expect(next?.successor).not.toBe(first?.successor);
  });

  it('cannot be invented, altered or moved to another session', () => {
    const { token } = tokens.first(session);
    const other = tokens.first('0d1f7c1e-1234-4000-8000-00000000abce').token;
    const forged = [
      '',
      'x'.repeat(86),
      `${token}A`,
      token.slice(0, -1),
      other.slice(0, 22) + token.slice(22),
      token.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A')),
      refreshTokens(new Uint8Array(32)).first(session).token,
    ];
    for (const value of forged) expect(tokens.read(value)).toBeUndefined();
  });
});
