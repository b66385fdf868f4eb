import { randomUUID } from 'node:crypto';
import type { VoiceAudio } from '../src/domain/voices.js';

/** Objects by their keys, and what was sent by upload id; `used` are the uploads that were used up. */
export function memoryVoiceAudio() {
  const objects = new Map<string, Uint8Array>();
  const sent = new Map<string, { readonly sampleId: string; readonly bytes: Uint8Array }>();
  const used: string[] = [];
  const put = async (key: string, bytes: Uint8Array) => {
    objects.set(key, bytes);
    return key;
  };
  const audio: VoiceAudio = {
    promise: (_owner, _id, { contentType, sizeBytes: bytes }) =>
      Promise.resolve({
        ...{ id: 'upload', url: 'http://upload', method: 'PUT', headers: { 'content-type': contentType }, bytes },
        expiresAt: new Date(0),
      }),
    sent(_owner, _id, uploadId) {
      const upload = sent.get(uploadId);
      if (!upload) throw new Error(`nothing was sent as ${uploadId}`);
      return { sampleId: upload.sampleId, read: async () => upload.bytes, used: async () => void used.push(uploadId) };
    },
    putSample: (_owner, id, sampleId, wav) => put(`${id}/samples/${sampleId}.wav`, wav),
    async readSample(key) {
      const bytes = objects.get(key);
      if (!bytes) throw new Error(`${key} is missing`);
      return bytes;
    },
    putPreview: (_owner, id, trainingId, mp3) => put(`${id}/previews/${trainingId}.mp3`, mp3),
    putReadyMadePreview: (id, mp3) => put(`ready-made/${id}.mp3`, mp3),
    async remove(keys) {
      for (const key of keys) objects.delete(key);
    },
    async removeOf(id) {
      for (const key of objects.keys()) if (key.startsWith(`${id}/`)) objects.delete(key);
    },
  };
  return {
    ...audio,
    objects,
    used,
    /** As a client does it; answers the id of the upload. */
    send(bytes: Uint8Array): string {
      const id = randomUUID();
      sent.set(id, { sampleId: randomUUID(), bytes });
      return id;
    },
    sampleIdOf: (uploadId: string) => sent.get(uploadId)?.sampleId ?? '',
  };
}
