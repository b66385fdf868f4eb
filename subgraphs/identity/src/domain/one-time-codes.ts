/** Codes of an authenticator app (TOTP, RFC 6238): six digits that change every 30 seconds, made of a secret that both sides know. */
export interface OneTimeCodes {
  /** 160 random bits. */
  newSecret(): Uint8Array;
  /** As a person types it into an app that has no camera: base32. */
  readable(secret: Uint8Array): string;
  /** The code of a time step: so many times 30 seconds after 1970. */
  codeAt(secret: Uint8Array, step: number): string;
  /** 80 random bits in base32, with nothing between its 16 letters and digits. */
  newRecoveryCode(): string;
}
