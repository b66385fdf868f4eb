import { emailTokenLifetime } from '../domain/email-tokens.js';
import type { Letter } from '../domain/letters.js';
import type { Ports } from './ports.js';

const tokenFor = (kind: Letter['kind']) => (kind in emailTokenLifetime ? (kind as keyof typeof emailTokenLifetime) : undefined);

/** The job behind a letter. It may die at every line: done again it is the same letter, with the same token, under the same id. */
export const sendLetter =
  ({ users, emailTokens, post, writeLetter }: Pick<Ports, 'users' | 'emailTokens' | 'post' | 'writeLetter'>) =>
  async ({ id, at, letter }: { readonly id: string; readonly at: Date; readonly letter: Letter }): Promise<void> => {
    const reader = letter.kind === 'reset-password' ? await users.byEmail(letter.email) : await users.byId(letter.userId);
    // Nobody has the address, or nobody may come in with what the letter would bring.
    if (!reader?.email || reader.status !== 'active') return;
    if (letter.kind === 'verify-email' && reader.isEmailVerified) return;
    const purpose = tokenFor(letter.kind);
    const token = purpose && (await emailTokens.issue(id, purpose, reader.id));
    await post.send({ id, to: reader.email, at, ...writeLetter(letter, reader, token) });
  };
