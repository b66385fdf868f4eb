import type { ExportedPerson } from '@storytelling/shared/infrastructure/personal-data';
import { moderationStream } from '../domain/moderation.js';
import { storyStream } from '../domain/story.js';
import type { PrismaClient } from '../generated/prisma/client.js';

const about = `Your stories, published or not: every edition of each, its characters, emotions and segments, what you corrected by hand, what the
analyses found, and what moderators decided; then what you reported about stories of others. Pictures of characters are beside it.`;

interface HistoryRow {
  readonly stream: string;
  readonly event: string;
  readonly at: Date;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Of which events the author is told what: not who decided. */
const toldOf: Readonly<Record<string, readonly string[]>> = {
  CharacterCorrected: ['change', 'characterId', 'mergedIds', 'name', 'aliases', 'role', 'description', 'personality', 'traits'],
  SegmentCorrected: ['segmentId', 'speakerId', 'emotion'],
  ModerationDecided: ['version', 'decision', 'reason'],
};

/** What story holds of a user, for that user. A number of statements that does not depend on how much they wrote. */
export async function exportedAuthor(client: PrismaClient, userId: string): Promise<ExportedPerson> {
  const author = await client.authorRecord.findUnique({ where: { id: userId } });
  const records = await client.storyRecord.findMany({
    where: { authorId: userId },
    select: {
      ...{ id: true, title: true, language: true, status: true, version: true, publishedVersion: true, publishedAt: true },
      ...{ createdAt: true, updatedAt: true },
      versions: {
        select: { version: true, title: true, content: true, createdAt: true, publishedFindings: true },
        orderBy: { version: 'asc' },
      },
      characters: { omit: { storyId: true }, orderBy: [{ position: 'asc' }, { createdAt: 'asc' }] },
      emotions: { omit: { storyId: true }, orderBy: { position: 'asc' } },
      segments: { omit: { storyId: true }, orderBy: { segmentIndex: 'asc' } },
      analyses: { omit: { storyId: true, contentHash: true }, orderBy: { createdAt: 'asc' } },
    },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  const history = await historyOf(
    client,
    records.map(({ id }) => id),
  );
  const files: Record<string, { key: string }> = {};
  const stories = records.map(({ characters, versions, ...story }) => {
    const of = (stream: string, ...events: string[]) => (history.get(stream) ?? []).filter(({ event }) => events.includes(event));
    return {
      ...story,
      editions: versions,
      characters: characters.map(({ imageKey, ...character }) => {
        if (imageKey === null) return { ...character, picture: null };
        const picture = `pictures/${character.id}${imageKey.slice(imageKey.lastIndexOf('.'))}`;
        files[picture] = { key: imageKey };
        return { ...character, picture };
      }),
      corrections: of(storyStream(story.id).id, 'CharacterCorrected', 'SegmentCorrected'),
      moderation: of(moderationStream(story.id).id, 'ModerationDecided'),
    };
  });
  const reports = await client.storyReportRecord.findMany({
    where: { reporterId: userId },
    select: { storyId: true, version: true, reason: true, details: true, isOpen: true, createdAt: true },
    orderBy: { createdAt: 'asc' },
  });
  const shownAs = author && { displayName: author.displayName, isEmailVerified: author.isEmailVerified };
  return { about, data: { author: shownAs, stories, reports }, files };
}

/** By stream, oldest first: what may be told of events to the author. */
async function historyOf(client: PrismaClient, ids: readonly string[]) {
  const streams = ids.flatMap((id) => [storyStream(id).id, moderationStream(id).id]);
  const rows = await client.$queryRaw<HistoryRow[]>`
    SELECT stream_id AS stream, event_type AS event, occurred_at AS at, event_data AS data FROM backbone.event_store
    WHERE stream_id = ANY(${streams}) AND event_type = ANY(${Object.keys(toldOf)}) ORDER BY stream_id, event_version`;
  const entries = rows.map(({ stream, event, at, data }) => ({
    stream,
    entry: { event, at, ...Object.fromEntries((toldOf[event] ?? []).map((name) => [name, data[name] ?? null])) },
  }));
  const byStream = new Map<string, { event: string; at: Date }[]>();
  for (const { stream, entry } of entries) byStream.set(stream, [...(byStream.get(stream) ?? []), entry]);
  return byStream;
}
