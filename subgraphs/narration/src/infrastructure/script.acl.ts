import { storyScript } from '@storytelling/shared/domain-events/story';
import { type ObjectStore, readClaim } from '@storytelling/shared/infrastructure/object-store';
import type { StoryScripts } from '../domain/narrations.js';

/** Story's script, of which we read what is to be spoken. `all`: every context's objects, since a script is story's. */
export function objectScripts(all: ObjectStore): StoryScripts {
  return {
    async read(claim) {
      const bytes = await readClaim(all, claim);
      return bytes && storyScript.parse(JSON.parse(bytes.toString()));
    },
  };
}
