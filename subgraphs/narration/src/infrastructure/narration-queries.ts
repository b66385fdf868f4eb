import { type Page, type Slice, sliceOf } from '@storytelling/shared/infrastructure/page';
import { isUuid } from '@storytelling/shared/value-objects/uuid';
import { type Chapter, chaptersOf } from '../domain/captions.js';
import type { Casting } from '../domain/casting.js';
import type { Listener } from '../domain/hearing.js';
import type { AudioFile, Failure, Narration, Run } from '../domain/narration.js';
import { isStale } from '../domain/story-facts.js';
import type { AudioFormat } from '../domain/studio.js';
import { Prisma, type PrismaClient } from '../generated/prisma/client.js';

/** One narration as somebody hears it: readers hear the whole, and nothing of the work on it. */
export interface NarrationView {
  readonly id: string;
  readonly storyId: string;
  readonly hears: 'the work' | 'the whole';
  readonly storyVersion: number;
  readonly isStale: boolean;
  readonly language: string;
  readonly voices: Casting;
  readonly status: Exclude<Narration['status'], 'deleted'>;
  readonly run: Run | null;
  readonly failure: Failure | null;
  readonly totalSegments: number;
  readonly doneSegments: number;
  readonly audioFormat: AudioFormat;
  readonly audio: AudioFile | null;
  readonly captions: AudioFile | null;
  readonly durationSeconds: number | null;
  readonly streamVersion: number;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
}

export interface NarrationKey {
  readonly createdAt: string;
  readonly id: string;
}

export interface SegmentView {
  readonly id: string;
  readonly narrationId: string;
  readonly index: number;
  readonly storySegmentId: string;
  readonly characterId: string | null;
  readonly text: string;
  readonly emotion: string;
  readonly intensity: number;
  readonly source: 'synthesised' | 'recorded';
  readonly take: number | null;
  readonly audioKey: string | null;
  readonly bytes: number | null;
  readonly durationSeconds: number | null;
}

export interface TakeView {
  readonly take: number;
  readonly text: string;
  readonly emotion: string;
  readonly audioKey: string;
  readonly bytes: number;
  readonly durationSeconds: number;
  readonly createdAt: Date;
}

/** Reads for the graph, batched: each method is one statement, however many keys it is given. Answers lie in the order of the keys. */
export interface NarrationQueries {
  narrationsById(ids: readonly string[], listener: Listener): Promise<(NarrationView | null)[]>;
  /** Newest first. */
  narrationsOfStories(storyIds: readonly string[], page: Page<NarrationKey>, listener: Listener): Promise<Slice<NarrationView>[]>;
  /** In the order of the text; the key is the index. */
  segments(narrationIds: readonly string[], page: Page<number>): Promise<Slice<SegmentView>[]>;
  segmentsById(ids: readonly string[]): Promise<(SegmentView | null)[]>;
  /** All that were made, oldest first. */
  takes(segmentIds: readonly string[]): Promise<TakeView[][]>;
  chapters(narrationIds: readonly string[]): Promise<Chapter[][]>;
  languageOf(id: string): Promise<string>;
  /** Which of these objects some row names. */
  audioInUse(keys: readonly string[]): Promise<string[]>;
}

type Row = {
  id: string;
  story_id: string;
  requested_by: string;
  story_version: number;
  content_hash: string;
  script_sha256: string;
  story_hash: string | null;
  story_script: string | null;
  language: string;
  voices: Casting;
  generation_status: NarrationView['status'];
  run: Run | null;
  failure: Failure | null;
  total_segments: number;
  done_segments: number;
  audio_format: AudioFormat;
  audio: AudioFile | null;
  captions: AudioFile | null;
  duration_seconds: Prisma.Decimal | null;
  stream_version: number;
  created_at: Date;
  completed_at: Date | null;
};

const columns = Prisma.sql`n.id, n.story_id, n.requested_by, n.story_version, n.content_hash, n.script_sha256, s.content_hash AS story_hash, s.script ->> 'sha256' AS story_script, n.language, n.voices,
  n.generation_status, n.run, n.failure, n.total_segments, n.done_segments, n.audio_format, n.audio, n.captions, n.duration_seconds, n.stream_version,
  n.created_at, n.completed_at`;
const tables = Prisma.sql`story_narrations n LEFT JOIN stories s ON s.id = n.story_id`;

/** As `mayHear` of the domain. */
const heardBy = ({ userId, isModerator }: Listener) =>
  isModerator
    ? Prisma.sql`true`
    : Prisma.sql`(n.requested_by = ${userId ?? ''} OR (n.audio IS NOT NULL AND s.state = 'open' AND s.published_hash = n.content_hash))`;

function viewOf(row: Row, { userId, isModerator }: Listener): NarrationView {
  const { id, language, voices, failure, run, audio, captions, story_hash: storyHash } = row;
  const common = {
    ...{ id, language, voices, audio, captions },
    storyId: row.story_id,
    storyVersion: row.story_version,
    totalSegments: row.total_segments,
    audioFormat: row.audio_format,
    durationSeconds: row.duration_seconds === null ? null : Number(row.duration_seconds),
    streamVersion: row.stream_version,
    createdAt: row.created_at,
    completedAt: row.completed_at,
  };
  if (isModerator || row.requested_by === userId) {
    const narrated = { contentHash: row.content_hash, scriptSha256: row.script_sha256 };
    const stale = isStale(narrated, storyHash === null ? undefined : { contentHash: storyHash, scriptSha256: row.story_script });
    return { ...common, hears: 'the work', isStale: stale, status: row.generation_status, run, failure, doneSegments: row.done_segments };
  }
  return { ...common, hears: 'the whole', isStale: false, status: 'completed', run: null, failure: null, doneSegments: row.total_segments };
}

/** Newest first; `backward` walks up from the old end. Times are compared as they are stored, in milliseconds. */
function window({ after, before, backward, limit }: Page<NarrationKey>) {
  const conditions = [Prisma.sql`true`];
  if (after) conditions.push(Prisma.sql`(n.created_at, n.id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`);
  if (before) conditions.push(Prisma.sql`(n.created_at, n.id) > (${before.createdAt}::timestamptz, ${before.id}::uuid)`);
  const order = backward ? Prisma.sql`n.created_at ASC, n.id ASC` : Prisma.sql`n.created_at DESC, n.id DESC`;
  return { condition: Prisma.join(conditions, ' AND '), order, take: limit + 1 };
}

const segmentColumns = Prisma.sql`g.id, g.narration_id AS "narrationId", g.segment_index AS index, g.story_segment_id AS "storySegmentId",
  g.character_id AS "characterId", g.text_content AS text, g.emotion, g.intensity, g.source, g.take, g.audio_url AS "audioKey", g.bytes,
  g.duration_seconds::float8 AS "durationSeconds"`;

export function narrationQueries(client: PrismaClient): NarrationQueries {
  return {
    async narrationsById(ids, listener) {
      const rows = await client.$queryRaw<Row[]>`
        SELECT ${columns} FROM ${tables} WHERE n.id = ANY(${ids.filter(isUuid)}::uuid[]) AND ${heardBy(listener)}`;
      const byId = new Map(rows.map((row) => [row.id, viewOf(row, listener)]));
      return ids.map((id) => byId.get(id.toLowerCase()) ?? null);
    },

    async narrationsOfStories(storyIds, page, listener) {
      const { condition, order, take } = window(page);
      const rows = await client.$queryRaw<Row[]>`
        SELECT page.* FROM unnest(${[...new Set(storyIds.filter(isUuid))]}::uuid[]) AS story(id) CROSS JOIN LATERAL (
          SELECT ${columns} FROM ${tables} WHERE n.story_id = story.id AND ${heardBy(listener)} AND ${condition} ORDER BY ${order} LIMIT ${take}
        ) page`;
      const byStory = Map.groupBy(rows, (row) => row.story_id);
      return storyIds.map((id) => sliceOf(byStory.get(id.toLowerCase()) ?? [], page, (row) => viewOf(row, listener)));
    },

    async segments(narrationIds, page) {
      const { after, before, backward, limit } = page;
      const conditions = [Prisma.sql`true`];
      if (after !== undefined) conditions.push(Prisma.sql`g.segment_index > ${after}`);
      if (before !== undefined) conditions.push(Prisma.sql`g.segment_index < ${before}`);
      const order = backward ? Prisma.sql`g.segment_index DESC` : Prisma.sql`g.segment_index ASC`;
      const rows = await client.$queryRaw<SegmentView[]>`
        SELECT page.* FROM unnest(${[...new Set(narrationIds)]}::uuid[]) AS narration(id) CROSS JOIN LATERAL (
          SELECT ${segmentColumns} FROM narration_segments g
          WHERE g.narration_id = narration.id AND ${Prisma.join(conditions, ' AND ')} ORDER BY ${order} LIMIT ${limit + 1}
        ) page`;
      const byNarration = Map.groupBy(rows, ({ narrationId }) => narrationId);
      return narrationIds.map((id) => sliceOf(byNarration.get(id) ?? [], page, (segment) => segment));
    },

    async segmentsById(ids) {
      const rows = await client.$queryRaw<SegmentView[]>`
        SELECT ${segmentColumns} FROM narration_segments g WHERE g.id = ANY(${ids.filter(isUuid)}::uuid[])`;
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id.toLowerCase()) ?? null);
    },

    async takes(segmentIds) {
      const rows = await client.$queryRaw<(TakeView & { segmentId: string })[]>`
        SELECT segment_id AS "segmentId", take, text_content AS text, emotion, audio_url AS "audioKey", bytes, duration_seconds::float8 AS "durationSeconds",
          created_at AS "createdAt"
        FROM narration_takes WHERE segment_id = ANY(${[...segmentIds]}::uuid[]) AND audio_url IS NOT NULL ORDER BY take`;
      const bySegment = Map.groupBy(rows, ({ segmentId }) => segmentId);
      return segmentIds.map((id) => bySegment.get(id) ?? []);
    },

    async chapters(narrationIds) {
      // Of a heading the first line is enough, and a narration without one is the usual case.
      const rows = await client.$queryRaw<{ narrationId: string; text: string; characterName: string | null; durationSeconds: number }[]>`
        SELECT narration_id AS "narrationId", split_part(ltrim(text_content, E' \n\t\r'), E'\n', 1) AS text, character_name AS "characterName",
          coalesce(duration_seconds, 0)::float8 AS "durationSeconds"
        FROM narration_segments WHERE narration_id = ANY(${[...narrationIds]}::uuid[]) ORDER BY segment_index`;
      const byNarration = Map.groupBy(rows, ({ narrationId }) => narrationId);
      return narrationIds.map((id) => chaptersOf((byNarration.get(id) ?? []).map((row) => ({ ...row, pauseSeconds: 0 }))));
    },

    async languageOf(id) {
      const { language } = await client.narrationRecord.findUniqueOrThrow({ where: { id }, select: { language: true } });
      return language;
    },

    async audioInUse(keys) {
      const rows = await client.$queryRaw<{ key: string }[]>`
        SELECT wanted.key FROM unnest(${[...keys]}::text[]) AS wanted(key) WHERE EXISTS (SELECT 1 FROM narration_takes t WHERE t.audio_url = wanted.key)
          OR EXISTS (SELECT 1 FROM story_narrations n WHERE n.audio ->> 'key' = wanted.key OR n.captions ->> 'key' = wanted.key)`;
      return rows.map(({ key }) => key);
    },
  };
}
