import { requireRecordable } from '../domain/voice.js';
import type { PromisedUpload, VoiceAudio, Voices } from '../domain/voices.js';
import type { Person } from './as-author.js';
import { asOwner, voiceId } from './as-owner.js';

/** A place for one recording of a voice that can take one. */
export const requestVoiceSampleUpload =
  (voices: Voices, audio: VoiceAudio) =>
  async (
    by: Person,
    input: { readonly voiceId: string; readonly contentType: string; readonly sizeBytes: number },
  ): Promise<PromisedUpload> => {
    const id = voiceId(input.voiceId);
    asOwner(by, requireRecordable)(await voices.find(id));
    return audio.promise(by.id, id, { contentType: mediaType(input.contentType), sizeBytes: input.sizeBytes });
  };

/** A browser names the codec, too: `audio/webm;codecs=opus`. */
const mediaType = (contentType: string) => (contentType.split(';')[0] ?? '').trim().toLowerCase();
