import type { Logger } from '@storytelling/shared/infrastructure/logger';
import { bytesOf, ObjectError, type ObjectStore } from '@storytelling/shared/infrastructure/object-store';
import type { Uploads } from '@storytelling/shared/infrastructure/uploads';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { refuseShared } from '@storytelling/shared/value-objects/refusals';
import { RECORDING_TYPES } from '../domain/studio.js';
import type { VoiceId } from '../domain/voice.js';
import type { VoiceAudio } from '../domain/voices.js';
import { contentTypes } from './object-audio.js';

/** Below it, a folder per voice. */
export const voiceFolder = 'narration/voices/';
const folderOf = (id: string) => `${voiceFolder}${id}/`;
const readyMadeFolder = 'narration/ready-made/';

const maxUploadBytes = 25 * 1024 * 1024;
/** Two minutes of 16 bits at 24 kHz are 5.8 MB. */
const maxSampleBytes = 8 * 1024 * 1024;

export function objectVoiceAudio({
  objects,
  uploads,
  unlessErased,
  log,
}: {
  objects: ObjectStore;
  uploads: Uploads;
  /** Stores what is somebody's before an erasure of them deletes it, or not at all: then it resolves to false. */
  unlessErased: (userId: string, store: () => Promise<unknown>) => Promise<boolean>;
  log: Logger;
}): VoiceAudio {
  const claimOf = (owner: UserId, id: VoiceId) => ({ subject: owner, purpose: `voice-sample/${id}` });

  async function putOf(owner: UserId, key: string, body: Uint8Array, contentType: string): Promise<string> {
    if (!(await unlessErased(owner, () => objects.put(key, body, { contentType })))) throw refuseShared.PERSON_ERASED();
    return key;
  }

  return {
    promise: (owner, id, { contentType, sizeBytes }) =>
      uploads.promise({
        ...claimOf(owner, id),
        contentType,
        bytes: sizeBytes,
        accept: { types: RECORDING_TYPES, maxBytes: maxUploadBytes },
      }),

    sent(owner, id, uploadId) {
      const upload = uploads.recognise(uploadId, claimOf(owner, id));
      return {
        // A UUID, because uploads are named by one.
        sampleId: upload.name,
        read: () => uploads.read(upload),
        async used() {
          try {
            await uploads.used(upload);
          } catch (error) {
            log.warn({ err: error }, 'a recording that has been taken could not be thrown away; it will be swept');
          }
        },
      };
    },

    putSample: (owner, id, sampleId, wav) => putOf(owner, `${folderOf(id)}samples/${sampleId}.wav`, wav, contentTypes.wav),

    async readSample(key) {
      const object = await objects.get(key);
      const bytes = object && (await bytesOf(object.body, maxSampleBytes));
      if (!bytes) throw new ObjectError('damaged', `the recording ${key} is missing`);
      return bytes;
    },

    putPreview: (owner, id, trainingId, mp3) => putOf(owner, `${folderOf(id)}previews/${trainingId}.mp3`, mp3, contentTypes.mp3),

    async putReadyMadePreview(id, mp3) {
      const { key } = await objects.put(`${readyMadeFolder}${id}.mp3`, mp3, { contentType: contentTypes.mp3 });
      return key;
    },

    async remove(keys) {
      for (const key of keys) await objects.delete(key);
    },

    removeOf: (id) => objects.deleteAll(folderOf(id)),
  };
}
