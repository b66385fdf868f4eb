import type { ErasedPerson } from '@storytelling/shared/infrastructure/personal-data';
import type { Casting } from '../domain/casting.js';
import { voicesOf } from '../domain/casting.js';
import { mayHear } from '../domain/hearing.js';
import { type NarrationId, remove } from '../domain/narration.js';
import type { NarrationAudio, NarrationRuns } from '../domain/narrations.js';
import type { KnownStories } from '../domain/story-facts.js';
import type { PrismaClient } from '../generated/prisma/client.js';

const nobody = { userId: undefined, isModerator: false };

/**
 * When an author is erased: their narrations go with their stories. If they wanted readers to keep those, what readers hear stays, but for what is spoken
 * in a voice of the author's own. A transaction per narration, so that it goes on where it was killed. Answers the ids of all that they ever had.
 */
export function whenAuthorErased({
  client,
  narrations,
  stories,
  audio,
}: {
  client: PrismaClient;
  narrations: NarrationRuns;
  stories: KnownStories;
  audio: Pick<NarrationAudio, 'removeOf'>;
}) {
  return async ({ userId, stories: choice }: ErasedPerson): Promise<readonly string[]> => {
    const left = await client.narrationRecord.findMany({ where: { requestedBy: userId } });
    const kept = new Set<string>();
    for (const { id, storyId, contentHash, voices, audio: whole, status } of left) {
      const hearable = { requestedBy: userId, contentHash, canBeHeard: whole !== null };
      const isHeard = mayHear(hearable, await stories.find(storyId), nobody);
      const isOwnVoice = voicesOf(voices as object as Casting).some(({ isOwn }) => isOwn);
      if (choice === 'keep-as-deleted-author' && isHeard && !isOwnVoice && status === 'completed') kept.add(id);
      else await narrations.update(id as NarrationId, remove);
    }
    // From history, because an earlier try may have deleted some before their audio.
    const known = await client.$queryRaw<{ id: string }[]>`
      SELECT event_data ->> 'narrationId' AS id FROM backbone.event_store
      WHERE event_type = 'NarrationRequested' AND event_data ->> 'requestedBy' = ${userId}`;
    for (const { id } of known) if (!kept.has(id)) await audio.removeOf(id as NarrationId);
    return known.map(({ id }) => id);
  };
}
