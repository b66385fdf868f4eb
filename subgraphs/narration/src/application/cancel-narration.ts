import { cancel, type NarrationId } from '../domain/narration.js';
import { asAuthor, type AuthorsPorts, narrationId, type Person } from './as-author.js';

/** Stops the work; the segments that are finished are kept, and a segment made anew is as before. */
export const cancelNarration =
  (ports: AuthorsPorts) =>
  async (by: Person, input: { readonly narrationId: string }): Promise<NarrationId> =>
    asAuthor(ports, by, narrationId(input.narrationId), cancel);
