import { createHash } from 'node:crypto';
import { ObjectError, type ObjectStore } from '@storytelling/shared/infrastructure/object-store';
import type { NarrationAudio } from '../domain/narrations.js';
import type { AudioFormat } from '../domain/studio.js';

/** Below it, a folder per narration. */
export const narrationFolder = 'narration/narrations/';

export const contentTypes: Readonly<Record<AudioFormat, string>> = { mp3: 'audio/mpeg', ogg: 'audio/ogg', wav: 'audio/wav' };
const captionsType = 'text/vtt';

export function objectAudio(objects: ObjectStore): NarrationAudio {
  return {
    async putSegment(id, segment, format, bytes) {
      const key = `${narrationFolder}${id}/segments/${segment.id}-${segment.take}.${format}`;
      await objects.put(key, bytes, { contentType: contentTypes[format] });
      return key;
    },

    async open(key) {
      const object = await objects.get(key);
      if (!object) throw new ObjectError('damaged', `the segment ${key} is missing`);
      return object.body;
    },

    async putWhole(id, runId, format, { audio, captions }) {
      const name = `${narrationFolder}${id}/whole-${runId}`;
      const hash = createHash('sha256');
      async function* hashed() {
        for await (const chunk of audio) {
          hash.update(chunk);
          yield chunk;
        }
      }
      const { key, bytes } = await objects.put(`${name}.${format}`, hashed(), { contentType: contentTypes[format] });
      const text = Buffer.from(captions);
      const sha256 = createHash('sha256').update(text).digest('hex');
      const shown = await objects.put(`${name}.vtt`, text, { contentType: captionsType, sha256 });
      return { audio: { key, sha256: hash.digest('hex'), bytes }, captions: { key: shown.key, sha256, bytes: shown.bytes } };
    },

    removeOf: (id) => objects.deleteAll(`${narrationFolder}${id}/`),
  };
}
