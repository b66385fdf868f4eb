import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

export interface Sealing {
  /** AES-256-GCM: `context` is bound to the text, so that sealed values cannot be swapped between rows. */
  seal(plain: Uint8Array, context: string): Uint8Array<ArrayBuffer>;
  /** Throws when the key, the text or the context is not the one it was sealed with. */
  open(sealed: Uint8Array, context: string): Uint8Array<ArrayBuffer>;
}

/**
 * What this context keeps secret, all from one setting: KEY_ENCRYPTION_KEY. HKDF gives each purpose a key of its own, so that none can stand in
 * for another.
 */
export interface Secrets extends Sealing {
  /** Of second factors; what `Secrets` itself seals are the signing keys. */
  readonly secondFactors: Sealing;
  /** A keyed hash to recognise a value (an address) by, without storing it. */
  tag(purpose: string, value: string): string;
  /** The token that a letter holds, by what it is for and the letter's id: 256 bits, base64url. */
  emailToken(purpose: string, letterId: string): string;
  /** Of addresses that wait in a queue. */
  readonly letters: Sealing;
  /** Key of refresh tokens' HMACs. */
  readonly refreshKey: Uint8Array;
}

const ivBytes = 12;
const authTagBytes = 16;

export function secretsFrom(keyEncryptionKey: Uint8Array): Secrets {
  const derive = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', keyEncryptionKey, new Uint8Array(), `storytelling identity ${purpose}`, 32));
  const tagKey = derive('tags');
  const emailTokenKey = derive('email tokens');
  return {
    ...sealingWith(derive('signing keys')),
    secondFactors: sealingWith(derive('second factors')),
    tag: (purpose, value) => createHmac('sha256', tagKey).update(`${purpose}:${value}`).digest('hex'),
    emailToken: (purpose, letterId) => createHmac('sha256', emailTokenKey).update(`${purpose}:${letterId}`).digest('base64url'),
    letters: sealingWith(derive('letters')),
    refreshKey: derive('refresh tokens'),
  };
}

function sealingWith(key: Uint8Array): Sealing {
  return {
    seal(plain, context) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(plain), cipher.final()]);
      return new Uint8Array(Buffer.concat([iv, cipher.getAuthTag(), text]));
    },
    open(sealed, context) {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivBytes), { authTagLength: authTagBytes })
        .setAAD(Buffer.from(context))
        .setAuthTag(sealed.subarray(ivBytes, ivBytes + authTagBytes));
      return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(ivBytes + authTagBytes)), decipher.final()]));
    },
  };
}
