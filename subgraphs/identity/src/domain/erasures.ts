import type { StoriesAfterErasure, UserEvent } from '@storytelling/shared/domain-events/identity';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { Actor, Case } from './authority.js';

/** The wish to be forgotten, of the person or of somebody who may and says why. */
export interface ErasureRequest {
  readonly id: string;
  readonly userId: UserId;
  readonly stories: StoriesAfterErasure;
  readonly requestedBy: Actor['id'];
  readonly reason: string | null;
}

export interface Erasures {
  /**
   * One transaction, and one at a time with changes of authority (`staff.ts`): decides, and leaves nothing of the account here but its id. What the other
   * contexts hold follows. Answers the id of the erasure; of somebody who is erased already, that one's. Refuses an unknown user with USER_NOT_FOUND.
   */
  begin(request: ErasureRequest, decide: (given: Case) => readonly UserEvent[]): Promise<string>;
}
