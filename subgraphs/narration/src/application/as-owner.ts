import { isUuid } from '@storytelling/shared/value-objects/uuid';
import type { Voice, VoiceId } from '../domain/voice.js';
import { refuse } from '../domain/refusals.js';
import type { Person } from './as-author.js';

/** An id from outside. One that cannot be an id is one that nobody has. */
export function voiceId(value: string): VoiceId {
  if (!isUuid(value)) throw refuse.VOICE_NOT_FOUND();
  return value.toLowerCase() as VoiceId;
}

/** Lets only the owner decide. Whether somebody else's voice exists is not told. */
export function asOwner<Decision>(by: Person, decide: (voice: Voice) => Decision): (voice: Voice | undefined) => Decision {
  return (voice) => {
    if (voice?.ownerId !== by.id) throw refuse.VOICE_NOT_FOUND();
    return decide(voice);
  };
}
