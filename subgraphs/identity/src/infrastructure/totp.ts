import { createHmac, randomBytes } from 'node:crypto';
import type { OneTimeCodes } from '../domain/one-time-codes.js';

/**
 * RFC 6238 on HMAC-SHA-1, six digits, 30 seconds: the one combination that every authenticator app understands. (SHA-1 is weak where collisions
 * matter; in an HMAC they do not.)
 */
export const totp: OneTimeCodes = {
  newSecret: () => randomBytes(20),
  readable: base32,
  codeAt(secret, step) {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const mac = createHmac('sha1', secret).update(counter).digest();
    // RFC 4226, 5.3: the last four bits say where the 31 bits begin that become the code.
    const number = mac.readUInt32BE((mac.at(-1) ?? 0) & 0x0f) & 0x7fffffff;
    return String(number % 1_000_000).padStart(6, '0');
  },
  newRecoveryCode: () => base32(randomBytes(10)),
};

/** RFC 4648, without padding. */
function base32(bytes: Uint8Array): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}
