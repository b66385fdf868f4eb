import type { NarrationEvent } from '@storytelling/shared/domain-events/narration';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { isUuid } from '@storytelling/shared/value-objects/uuid';
import type { Narration, NarrationId } from '../domain/narration.js';
import type { Narrations } from '../domain/narrations.js';
import { refuse } from '../domain/refusals.js';

/** Who asks for something. */
export interface Person {
  readonly id: UserId;
  /** As their access token says. */
  readonly hasVerifiedEmail: boolean;
}

/** Whether somebody else hears a narration, so that it may be told that it exists. */
export type Hears = (userId: UserId, id: NarrationId) => Promise<boolean>;

export interface AuthorsPorts<Store extends Narrations = Narrations> {
  readonly narrations: Store;
  readonly hears: Hears;
}

/** An id from outside. One that cannot be an id is one that nobody has. */
export function narrationId(value: string): NarrationId {
  if (!isUuid(value)) throw refuse.NARRATION_NOT_FOUND();
  return value.toLowerCase() as NarrationId;
}

/** Lets only the author decide. What one hears anyway is refused as not theirs; of the rest it is not told whether it exists. */
export async function asAuthor(
  { narrations, hears }: AuthorsPorts,
  by: Person,
  id: NarrationId,
  decide: (narration: Narration) => readonly NarrationEvent[],
): Promise<NarrationId> {
  await requireAuthor({ narrations, hears }, by, id);
  return narrations.update(id, decide);
}

/** Whose a narration is never changes: it can be looked at before. */
export async function requireAuthor({ narrations, hears }: AuthorsPorts, by: Person, id: NarrationId): Promise<Narration> {
  const narration = await narrations.find(id);
  if (!narration) throw refuse.NARRATION_NOT_FOUND();
  if (narration.requestedBy === by.id) return narration;
  throw (await hears(by.id, id)) ? refuse.NARRATION_NOT_YOURS() : refuse.NARRATION_NOT_FOUND();
}
