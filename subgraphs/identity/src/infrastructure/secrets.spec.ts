import { describe, expect, it } from '@jest/globals';
import { secretsFrom } from './secrets.js';

const secrets = secretsFrom(new Uint8Array(32).fill(1));
const text = new TextEncoder().encode('private');

describe('a sealed secret', () => {
  it('opens with its key and its context only', () => {
    const sealed = secrets.seal(text, 'key-1');
    expect(Buffer.from(secrets.open(sealed, 'key-1')).toString()).toBe('private');
    expect(() => secrets.open(sealed, 'key-2')).toThrow();
    expect(() => secretsFrom(new Uint8Array(32).fill(2)).open(sealed, 'key-1')).toThrow();
    expect(() => secrets.open(sealed.with(-1, (sealed.at(-1) ?? 0) ^ 1), 'key-1')).toThrow();
  });

  it('looks different each time', () => {
    expect(secrets.seal(text, 'key-1')).not.toEqual(secrets.seal(text, 'key-1'));
  });
});

describe('a tag', () => {
  it('is the same for the same value, purpose and key only', () => {
    expect(secrets.tag('address', '192.0.2.1')).toBe(secrets.tag('address', '192.0.2.1'));
    expect(secrets.tag('address', '192.0.2.1')).not.toBe(secrets.tag('account', '192.0.2.1'));
    expect(secrets.tag('address', '192.0.2.1')).not.toBe(secretsFrom(new Uint8Array(32)).tag('address', '192.0.2.1'));
    expect(secrets.tag('address', '192.0.2.1')).toMatch(/^[0-9a-f]{64}$/);
  });
});
