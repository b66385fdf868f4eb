import type { Password } from './password.js';

export interface Passwords {
  hash(password: Password): Promise<string>;
  /**
   * Compares. With no hash to compare with (nobody has this address) it does the same work and answers no, so that the time tells nothing.
   * `outdated`: right, but hashed with weaker parameters than today's.
   */
  verify(hash: string | undefined, password: Password): Promise<{ readonly matches: boolean; readonly outdated: boolean }>;
  /** Whether a password, in lower case, is among those that attackers try first. */
  common(): Promise<(lowerCase: string) => boolean>;
}
