import { type NarrationId, resume } from '../domain/narration.js';
import { asAuthor, type AuthorsPorts, narrationId, type Person } from './as-author.js';

/** Goes on with the segments that are missing: what was finished is not spoken (paid) again. */
export const resumeNarration =
  ({ newId, ...ports }: AuthorsPorts & { readonly newId: () => string }) =>
  async (by: Person, input: { readonly narrationId: string }): Promise<NarrationId> => {
    const runId = newId();
    return asAuthor(ports, by, narrationId(input.narrationId), (narration) => resume(narration, runId));
  };
