import { describe, expect, it } from '@jest/globals';
import { totp } from './totp.js';

describe('one-time codes', () => {
  const secret = Buffer.from('12345678901234567890');

  // RFC 6238, appendix B, of whose eight digits an app shows the last six.
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('are those of the RFC %i seconds after 1970', (seconds, code) => {
    expect(totp.codeAt(secret, Math.floor(seconds / 30))).toBe(code);
  });

  it('have a secret that can be typed', () => {
    expect(totp.readable(secret)).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    expect(totp.readable(Buffer.from('fooba'))).toBe('MZXW6YTB');
    expect(totp.newSecret()).toHaveLength(20);
    expect(totp.newRecoveryCode()).toMatch(/^[A-Z2-7]{16}$/);
    expect(totp.newRecoveryCode()).not.toBe(totp.newRecoveryCode());
  });
});
