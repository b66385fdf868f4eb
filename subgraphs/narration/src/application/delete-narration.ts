import { Refusal } from '@storytelling/shared/value-objects/refusal';
import { type NarrationId, remove } from '../domain/narration.js';
import { asAuthor, type AuthorsPorts, narrationId, type Person } from './as-author.js';

/** For good; deleting again is no error. */
export const deleteNarration =
  (ports: AuthorsPorts) =>
  async (by: Person, input: { readonly narrationId: string }): Promise<NarrationId> => {
    const id = narrationId(input.narrationId);
    try {
      return await asAuthor(ports, by, id, remove);
    } catch (error) {
      const isGone = error instanceof Refusal && error.code === 'NARRATION_NOT_FOUND';
      if (isGone && (await ports.narrations.wasDeletedBy(id, by.id))) return id;
      throw error;
    }
  };
