import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { Authors } from '../domain/authors.js';

export type WhenEmailVerified = (authors: Authors, id: UserId) => Promise<void>;

/** Their address is theirs: they may publish from now on. */
export const whenEmailVerified: WhenEmailVerified = (authors, id) => authors.verified(id);
