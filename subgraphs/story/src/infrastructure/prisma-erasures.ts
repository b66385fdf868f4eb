import { storyEvents } from '@storytelling/shared/domain-events/story';
import { appendEvents } from '@storytelling/shared/infrastructure/event-store';
import type { ErasedPerson } from '@storytelling/shared/infrastructure/personal-data';
import type { ObjectStore } from '@storytelling/shared/infrastructure/object-store';
import type { UnitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import type { Uploads } from '@storytelling/shared/infrastructure/uploads';
import type { Scripts } from '../domain/scripts.js';
import { afterErasure, type StoryId, storyStream } from '../domain/story.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import { characterImageFolder } from './prisma-character-images.js';
import { toStory } from './prisma-stories.js';

type Tx = Prisma.TransactionClient;

/**
 * When an author is erased: every story of theirs ends, or leaves readers its published edition. A transaction per story, so that it goes on where
 * it was killed. Answers the ids of all stories that they ever had.
 */
export function whenAuthorErased({
  client,
  transact,
  scripts,
  objects,
  uploads,
}: {
  client: PrismaClient;
  transact: UnitOfWork<Tx>;
  objects: Pick<ObjectStore, 'deleteAll'>;
  scripts: Pick<Scripts, 'removeOf'>;
  uploads: Pick<Uploads, 'forget'>;
}) {
  return async ({ userId, stories: choice }: ErasedPerson): Promise<readonly string[]> => {
    // From history, because an earlier try may have deleted some.
    const known = await client.$queryRaw<{ id: string }[]>`
      SELECT event_data ->> 'storyId' AS id FROM backbone.event_store WHERE event_type = 'StoryCreated' AND event_data ->> 'authorId' = ${userId}`;
    const left = await client.storyRecord.findMany({ where: { authorId: userId }, select: { id: true } });
    for (const { id } of left) await transact((tx) => endStory(tx, id, choice));
    // Also of stories that readers keep: a script may be of an edition that they never saw.
    for (const { id } of known) await scripts.removeOf(id as StoryId);
    // What they wrote about others' stories.
    await client.storyReportRecord.updateMany({ where: { reporterId: userId }, data: { details: null } });
    // From history again: a character may be gone before its pictures are.
    const pictured = await client.$queryRaw<{ id: string }[]>`
      SELECT DISTINCT event_data ->> 'characterId' AS id FROM backbone.event_store
      WHERE event_type = 'CharacterImageChanged' AND event_data ->> 'authorId' = ${userId}`;
    for (const { id } of pictured) await objects.deleteAll(`${characterImageFolder}${id}/`);
    await uploads.forget(userId);
    return known.map(({ id }) => id);
  };
}

async function endStory(tx: Tx, id: string, choice: ErasedPerson['stories']): Promise<string> {
  await tx.$queryRaw`SELECT 1 FROM stories WHERE id = ${id}::uuid FOR UPDATE`;
  const record = await tx.storyRecord.findUnique({ where: { id } });
  if (!record) return id;
  const published =
    record.publishedVersion === null
      ? null
      : await tx.storyVersionRecord.findUnique({
          where: { storyId_version: { storyId: id, version: record.publishedVersion } },
          select: { version: true, contentHash: true },
        });
  const { isKept, events } = afterErasure(toStory(record), choice, published);
  const streamVersion = await appendEvents(tx, storyStream(id), record.streamVersion, events, storyEvents);
  if (isKept) await keepPublished(tx, id, streamVersion);
  // With all that hangs on it.
  else await tx.storyRecord.delete({ where: { id } });
  return id;
}

/**
 * The published edition and what readers were shown beside it, which becomes the working one. Its characters stay as entities that others point to;
 * what the analysis had found besides, in this text or a later one, goes.
 */
async function keepPublished(tx: Tx, id: string, streamVersion: number): Promise<void> {
  await tx.$executeRaw`
    UPDATE stories s SET title = v.title, content = v.content, content_hash = v.content_hash, version = v.version, status = 'published',
      analysis = NULL, failure = NULL, moderation = NULL, stream_version = ${streamVersion}, updated_at = now()
    FROM story_versions v WHERE s.id = ${id}::uuid AND v.story_id = s.id AND v.version = s.published_version`;
  await tx.$executeRaw`DELETE FROM story_versions v USING stories s WHERE s.id = ${id}::uuid AND v.story_id = s.id AND v.version <> s.version`;
  await tx.storyModerationRecord.updateMany({ where: { storyId: id }, data: { reason: null } });
  await tx.storyCharacterRecord.updateMany({ where: { storyId: id }, data: { imageKey: null } });
  await tx.storyAnalysisRecord.deleteMany({ where: { storyId: id } });
  await tx.storySegmentRecord.deleteMany({ where: { storyId: id } });
  await tx.storyEmotionRecord.deleteMany({ where: { storyId: id } });
  await tx.$executeRaw`
    WITH shown AS (
      SELECT c.*, n::int - 1 AS position FROM story_versions v, jsonb_array_elements(v.published_findings -> 'characters') WITH ORDINALITY AS e(found, n),
        jsonb_to_record(e.found) AS c(id uuid, name text, aliases jsonb, description text, personality text, role text, traits jsonb, origin text)
      WHERE v.story_id = ${id}::uuid
    ), gone AS (
      DELETE FROM story_characters WHERE story_id = ${id}::uuid AND id NOT IN (SELECT id FROM shown)
    )
    UPDATE story_characters c SET (name, aliases, description, personality, role, traits, origin, position, dismissed) =
      (shown.name, shown.aliases, shown.description, shown.personality, shown.role, shown.traits, coalesce(shown.origin, 'analysis'), shown.position, NULL)
    FROM shown WHERE c.id = shown.id AND c.story_id = ${id}::uuid`;
  await tx.$executeRaw`
    INSERT INTO story_segments (id, story_id, segment_index, text, emotion, speaker_id, origin)
    SELECT (s ->> 'id')::uuid, v.story_id, n::int - 1, s ->> 'text', s ->> 'emotion', (s ->> 'speakerId')::uuid, coalesce(s ->> 'origin', 'analysis')
    FROM story_versions v, jsonb_array_elements(v.published_findings -> 'segments') WITH ORDINALITY AS e(s, n) WHERE v.story_id = ${id}::uuid`;
  await tx.$executeRaw`
    INSERT INTO story_emotions (id, story_id, emotion, intensity, context, quote, segment_index, position)
    SELECT (s ->> 'id')::uuid, v.story_id, s ->> 'emotion', (s ->> 'intensity')::int, s ->> 'context', s ->> 'quote', (s ->> 'segmentIndex')::int, n::int - 1
    FROM story_versions v, jsonb_array_elements(v.published_findings -> 'emotions') WITH ORDINALITY AS e(s, n) WHERE v.story_id = ${id}::uuid`;
}
