import type { Author, Authors } from '../domain/authors.js';

export type WhenUserRegistered = (authors: Authors, author: Author) => Promise<void>;

/** Somebody may write, or has a new name: our own record of them follows. */
export const whenUserRegistered: WhenUserRegistered = (authors, author) => authors.save(author);
