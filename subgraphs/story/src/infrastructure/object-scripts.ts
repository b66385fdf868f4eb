import type { ObjectStore } from '@storytelling/shared/infrastructure/object-store';
import { sha256 } from '@storytelling/shared/value-objects/sha256';
import type { Scripts } from '../domain/scripts.js';

/** `story/scripts/<story>/<sha-256>.json`: found by what it says, and removed with its story. */
export function objectScripts(objects: Pick<ObjectStore, 'put' | 'deleteAll'>): Scripts {
  const folderOf = (storyId: string) => `story/scripts/${storyId}/`;
  return {
    async put(script) {
      const json = JSON.stringify(script);
      const hash = sha256(json);
      const key = `${folderOf(script.storyId)}${hash}.json`;
      const body = Buffer.from(json);
      await objects.put(key, body, { contentType: 'application/json', sha256: hash });
      return { key, sha256: hash, bytes: body.length };
    },
    removeOf: (storyId) => objects.deleteAll(folderOf(storyId)),
  };
}
