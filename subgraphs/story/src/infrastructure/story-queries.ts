import { type Page, type Slice, sliceOf } from '@storytelling/shared/infrastructure/page';
import { isUserId } from '@storytelling/shared/value-objects/user-id';
import { isUuid } from '@storytelling/shared/value-objects/uuid';
import type { Character, Emotion, Origin } from '../domain/findings.js';
import type { AnalysisUnderWay, FailedAnalysis, Moderated, Story } from '../domain/story.js';
import { Prisma, type PrismaClient } from '../generated/prisma/client.js';
import { type EditionQueries, editionQueries } from './edition-queries.js';
import { type HighlightQueries, highlightQueries } from './highlight-queries.js';
import { type ModerationQueries, moderationQueries } from './moderation-queries.js';
import { toCharacter, toEmotion } from './prisma-findings.js';
import { isDescribed, type SegmentQueries, segmentQueries, type SegmentView } from './segment-queries.js';

/** Who looks: drafts are their author's and moderators'; readers see the published edition. */
export interface Viewer {
  readonly userId: string | undefined;
  readonly isModerator: boolean;
}

/** One story as a viewer sees it: the working edition, or the published one. */
export interface StoryView {
  readonly id: string;
  readonly authorId: string;
  readonly edition: 'working' | 'published';
  readonly title: string;
  readonly language: string;
  readonly status: Story['status'];
  readonly version: number;
  readonly isPublished: boolean;
  readonly publishedVersion: number | null;
  readonly publishedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly streamVersion: number;
  readonly analysis: AnalysisUnderWay | null;
  readonly failure: FailedAnalysis | null;
  readonly moderation: (Moderated & { readonly decidedAt: Date }) | null;
}

export interface StoryKey {
  readonly createdAt: string;
  readonly id: string;
}

export interface StoryFilter {
  readonly status?: Story['status'] | null;
  readonly language?: string | null;
  readonly authorId?: string | null;
}

/** A story that a search found, and how well: above 1 by its title, below by its text. */
export type FoundStory = StoryView & { readonly words: string; readonly rank: number };

export interface FoundKey {
  readonly rank: number;
  readonly id: string;
}

export interface AnalysisView {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly provider: string;
  readonly model: string | null;
  readonly isCurrent: boolean;
  readonly createdAt: Date;
}

/** Editions that were published before writers could correct do not say whose word a finding is. */
type ShownBefore = Omit<Character, 'origin'> & { readonly origin?: Origin };
const shownCharacter = (character: ShownBefore): Character => ({ origin: 'analysis', ...character });

/** Reads for the graph, batched: each method is one statement, however many keys it is given. Answers lie in the order of the keys. */
export interface StoryQueries extends EditionQueries, HighlightQueries, SegmentQueries, ModerationQueries {
  storiesById(ids: readonly string[], viewer: Viewer): Promise<(StoryView | null)[]>;
  /** Newest first. */
  list(filter: StoryFilter, page: Page<StoryKey>, viewer: Viewer): Promise<Slice<StoryView>>;
  /** Those of the list whose edition that the viewer sees holds the words, as websearch_to_tsquery reads them, best first; at most the best 200. */
  search(words: string, filter: StoryFilter, page: Page<FoundKey>, viewer: Viewer): Promise<Slice<FoundStory>>;
  /** The same list for several authors at once, as `User.stories` of many users asks for it. */
  listOfAuthors(
    authorIds: readonly string[],
    filter: Omit<StoryFilter, 'authorId'>,
    page: Page<StoryKey>,
    viewer: Viewer,
  ): Promise<Slice<StoryView>[]>;
  contents(views: readonly Pick<StoryView, 'id' | 'version'>[]): Promise<string[]>;
  characters(views: readonly StoryView[]): Promise<(readonly Character[])[]>;
  emotions(views: readonly StoryView[]): Promise<(readonly Emotion[])[]>;
  /** In the order of the text; the key is the index. */
  segments(views: readonly StoryView[], page: Page<number>): Promise<Slice<SegmentView>[]>;
  analyses(views: readonly StoryView[]): Promise<AnalysisView[][]>;
  /** Whose story a character is in; whether the viewer may see it there is the story's matter. */
  storiesOfCharacters(ids: readonly string[]): Promise<(string | null)[]>;
  /** Keys of the pictures of characters that somebody has been allowed to see; null: none. */
  characterImages(ids: readonly string[]): Promise<(string | null)[]>;
  /** Which of these pictures are some character's. */
  imagesInUse(keys: readonly string[]): Promise<string[]>;
}

type Row = {
  id: string;
  author_id: string;
  title: string;
  published_title: string | null;
  language: string;
  status: Story['status'];
  version: number;
  is_published: boolean;
  published_version: number | null;
  published_at: Date | null;
  created_at: Date;
  updated_at: Date;
  stream_version: number;
  analysis: AnalysisUnderWay | null;
  failure: FailedAnalysis | null;
  moderation: Moderated | null;
  moderated_at: Date | null;
};

const columns = Prisma.sql`s.id, s.author_id, s.title, v.title AS published_title, s.language, s.status, s.version, s.is_published, s.published_version,
  s.published_at, s.created_at, s.updated_at, s.stream_version, s.analysis, s.failure, s.moderation, s.moderated_at`;
const tables = Prisma.sql`stories s LEFT JOIN story_versions v ON v.story_id = s.id AND v.version = s.published_version`;

/** The one policy: what SQL lets through and what `viewOf` shows of it. */
const visibleTo = ({ userId, isModerator }: Viewer) =>
  isModerator ? Prisma.sql`true` : Prisma.sql`(s.author_id = ${userId ?? ''} OR (s.is_published AND s.status <> 'archived'))`;

const seesWorkingEdition = (row: { author_id: string }, { userId, isModerator }: Viewer) => isModerator || row.author_id === userId;

function viewOf(row: Row, viewer: Viewer): StoryView {
  const common = {
    id: row.id,
    authorId: row.author_id,
    language: row.language,
    isPublished: row.is_published,
    publishedVersion: row.published_version,
  };
  const times = { publishedAt: row.published_at, createdAt: row.created_at, streamVersion: row.stream_version };
  if (seesWorkingEdition(row, viewer)) {
    const { title, status, version, analysis, failure, moderated_at: decidedAt } = row;
    const moderation = row.moderation && decidedAt && { ...row.moderation, decidedAt };
    return { ...common, ...times, edition: 'working', title, status, version, analysis, failure, moderation, updatedAt: row.updated_at };
  }
  return {
    ...common,
    ...times,
    edition: 'published',
    title: row.published_title ?? '',
    status: 'published',
    version: row.published_version ?? 0,
    analysis: null,
    failure: null,
    moderation: null,
    updatedAt: row.published_at ?? row.created_at,
  };
}

/** Status as the viewer sees it: to readers a story is published, whatever its next edition is. */
function matching({ status, language, authorId }: StoryFilter, { userId, isModerator }: Viewer): Prisma.Sql {
  const conditions = [Prisma.sql`true`];
  if (status) {
    const seen = isModerator
      ? Prisma.sql`s.status`
      : Prisma.sql`CASE WHEN s.author_id = ${userId ?? ''} THEN s.status ELSE 'published' END`;
    conditions.push(Prisma.sql`${seen} = ${status}`);
  }
  if (language) conditions.push(Prisma.sql`s.language = ${language}`);
  if (typeof authorId === 'string') conditions.push(isUserId(authorId) ? Prisma.sql`s.author_id = ${authorId}` : Prisma.sql`false`);
  return Prisma.join(conditions, ' AND ');
}

/** Newest first; `backward` walks up from the old end. Times are compared as they are stored, in milliseconds. */
function window({ after, before, backward, limit }: Page<StoryKey>) {
  const conditions = [Prisma.sql`true`];
  if (after) conditions.push(Prisma.sql`(s.created_at, s.id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`);
  if (before) conditions.push(Prisma.sql`(s.created_at, s.id) > (${before.createdAt}::timestamptz, ${before.id}::uuid)`);
  const order = backward ? Prisma.sql`s.created_at ASC, s.id ASC` : Prisma.sql`s.created_at DESC, s.id DESC`;
  return { condition: Prisma.join(conditions, ' AND '), order, take: limit + 1 };
}

/** Ranking reads a whole document: of more than so many matches, those with the words in their title and then the newest are ranked. */
const mostRanked = 200;

/**
 * The words are read in each language that stories have; `#<edition>:<config>` keeps each reading to the documents of its language, so that one
 * scan of the index answers for all. Words that are all stop words of a language find nothing in it.
 */
function foundBy(words: string, filter: StoryFilter, viewer: Viewer): Prisma.Sql {
  const { userId, isModerator } = viewer;
  const editions = isModerator ? ['working'] : userId === undefined ? ['published'] : ['published', 'working'];
  const edition = isModerator
    ? Prisma.sql`'working'`
    : Prisma.sql`CASE WHEN s.author_id = ${userId ?? ''} THEN 'working' ELSE 'published' END`;
  return Prisma.sql`
    WITH RECURSIVE used AS (
      SELECT min(config) AS config FROM story_search
      UNION ALL SELECT (SELECT min(d.config) FROM story_search d WHERE d.config > used.config) FROM used WHERE used.config IS NOT NULL
    ), asked AS MATERIALIZED (
      SELECT config, words FROM used, websearch_to_tsquery(config::regconfig, ${words}) words WHERE config IS NOT NULL AND numnode(words) > 0
    ), everywhere AS MATERIALIZED (
      SELECT string_agg('(' || (quote_literal('#' || edition || ':' || config)::tsquery && words)::text || ')', ' | ')::tsquery AS words
      FROM asked, unnest(${editions}::text[]) AS edition
    ), matches AS MATERIALIZED (
      SELECT d.story_id, d.edition, a.words, d.title @@ a.words AS by_title
      FROM story_search d JOIN asked a ON a.config = d.config JOIN stories s ON s.id = d.story_id
      WHERE d.document @@ (SELECT words FROM everywhere) AND d.edition = ${edition} AND ${visibleTo(viewer)} AND ${matching(filter, viewer)}
      ORDER BY by_title DESC, s.created_at DESC, s.id DESC LIMIT ${mostRanked}
    )
    SELECT m.story_id AS id, m.by_title::int + ts_rank(d.document, m.words, 32) AS rank FROM matches m JOIN story_search d USING (story_id, edition)`;
}

const working = (views: readonly StoryView[]) => views.filter(({ edition }) => edition === 'working').map(({ id }) => id);

const described = (views: readonly StoryView[]) => working(views.filter(isDescribed));

export function storyQueries(client: PrismaClient): StoryQueries {
  /** One part of what the analysis had found when the edition was published, by story. */
  async function publishedFindings<Finding>(views: readonly StoryView[], part: 'characters' | 'emotions'): Promise<Map<string, Finding[]>> {
    const published = views.filter(({ edition }) => edition === 'published');
    if (published.length === 0) return new Map();
    const rows = await client.$queryRaw<{ story_id: string; found: Finding[] }[]>`
      SELECT v.story_id, v.published_findings -> ${part} AS found FROM story_versions v
      JOIN unnest(${published.map(({ id }) => id)}::uuid[], ${published.map(({ version }) => version)}::int[]) AS wanted(story_id, version) USING (story_id, version)`;
    return new Map(rows.map(({ story_id: storyId, found }) => [storyId, found]));
  }

  return {
    ...editionQueries(client),
    ...highlightQueries(client),
    ...segmentQueries(client),
    ...moderationQueries(client),

    async storiesById(ids, viewer) {
      const rows = await client.$queryRaw<Row[]>`
        SELECT ${columns} FROM ${tables} WHERE s.id = ANY(${ids.filter(isUuid)}::uuid[]) AND ${visibleTo(viewer)}`;
      const byId = new Map(rows.map((row) => [row.id, viewOf(row, viewer)]));
      return ids.map((id) => byId.get(id.toLowerCase()) ?? null);
    },

    async list(filter, page, viewer) {
      const { condition, order, take } = window(page);
      const rows = await client.$queryRaw<Row[]>`
        SELECT ${columns} FROM ${tables} WHERE ${visibleTo(viewer)} AND ${matching(filter, viewer)} AND ${condition} ORDER BY ${order} LIMIT ${take}`;
      return sliceOf(rows, page, (row) => viewOf(row, viewer));
    },

    async search(words, filter, page, viewer) {
      const { after, before, backward, limit } = page;
      const conditions = [Prisma.sql`true`];
      if (after) conditions.push(Prisma.sql`(rank, id) < (${after.rank}::float8, ${after.id}::uuid)`);
      if (before) conditions.push(Prisma.sql`(rank, id) > (${before.rank}::float8, ${before.id}::uuid)`);
      const [order, ofPage] = backward
        ? [Prisma.sql`rank ASC, id ASC`, Prisma.sql`page.rank ASC, page.id ASC`]
        : [Prisma.sql`rank DESC, id DESC`, Prisma.sql`page.rank DESC, page.id DESC`];
      const rows = await client.$queryRaw<(Row & { rank: number })[]>`
        SELECT ${columns}, page.rank FROM (
          SELECT id, rank FROM (${foundBy(words, filter, viewer)}) found WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY ${order} LIMIT ${limit + 1}
        ) page JOIN (${tables}) ON s.id = page.id ORDER BY ${ofPage}`;
      return sliceOf(rows, page, (row) => ({ ...viewOf(row, viewer), rank: row.rank, words }));
    },

    async listOfAuthors(authorIds, filter, page, viewer) {
      const { condition, order, take } = window(page);
      const rows = await client.$queryRaw<Row[]>`
        SELECT page.* FROM unnest(${[...new Set(authorIds)]}::text[]) AS author(id) CROSS JOIN LATERAL (
          SELECT ${columns} FROM ${tables}
          WHERE s.author_id = author.id AND ${visibleTo(viewer)} AND ${matching(filter, viewer)} AND ${condition} ORDER BY ${order} LIMIT ${take}
        ) page`;
      const byAuthor = Map.groupBy(rows, (row) => row.author_id);
      return authorIds.map((authorId) => sliceOf(byAuthor.get(authorId) ?? [], page, (row) => viewOf(row, viewer)));
    },

    async contents(views) {
      const rows = await client.$queryRaw<{ story_id: string; version: number; content: string }[]>`
        SELECT v.story_id, v.version, v.content FROM story_versions v
        JOIN unnest(${views.map(({ id }) => id)}::uuid[], ${views.map(({ version }) => version)}::int[]) AS wanted(story_id, version) USING (story_id, version)`;
      const texts = new Map(rows.map((row) => [`${row.story_id}:${row.version}`, row.content]));
      return views.map(({ id, version }) => texts.get(`${id}:${version}`) ?? '');
    },

    async characters(views) {
      const where = { storyId: { in: working(views) }, position: { not: null } };
      const records = Map.groupBy(
        await client.storyCharacterRecord.findMany({ where, orderBy: { position: 'asc' } }),
        ({ storyId }) => storyId,
      );
      const published = await publishedFindings<ShownBefore>(views, 'characters');
      return views.map(
        (view) =>
          (view.edition === 'published' ? published.get(view.id)?.map(shownCharacter) : records.get(view.id)?.map(toCharacter)) ?? [],
      );
    },

    async emotions(views) {
      const where = { storyId: { in: described(views) } };
      const records = Map.groupBy(
        await client.storyEmotionRecord.findMany({ where, orderBy: { position: 'asc' } }),
        ({ storyId }) => storyId,
      );
      const published = await publishedFindings<Emotion>(views, 'emotions');
      return views.map((view) => (view.edition === 'published' ? published.get(view.id) : records.get(view.id)?.map(toEmotion)) ?? []);
    },

    async segments(views, { after, before, backward, limit }) {
      const where = Prisma.sql`index > ${after ?? -1} AND index < ${before ?? 2_147_483_647}`;
      const order = backward ? Prisma.sql`index DESC` : Prisma.sql`index ASC`;
      const published = views.filter(({ edition }) => edition === 'published');
      const rows = await client.$queryRaw<(SegmentView & { story_id: string })[]>`
        SELECT wanted.id AS story_id, page.* FROM unnest(${described(views)}::uuid[]) AS wanted(id) CROSS JOIN LATERAL (
          SELECT id, index, text, emotion, speaker_id AS "speakerId", origin
          FROM (SELECT *, segment_index AS index FROM story_segments) s WHERE s.story_id = wanted.id AND ${where} ORDER BY ${order} LIMIT ${limit + 1}
        ) page
        UNION ALL
        SELECT wanted.id, page.* FROM unnest(${published.map(({ id }) => id)}::uuid[], ${published.map(({ version }) => version)}::int[]) AS wanted(id, version)
        JOIN story_versions v ON v.story_id = wanted.id AND v.version = wanted.version CROSS JOIN LATERAL (
          SELECT (segment ->> 'id')::uuid, index, segment ->> 'text', segment ->> 'emotion', (segment ->> 'speakerId')::uuid, coalesce(segment ->> 'origin', 'analysis')
          FROM (SELECT segment, ordinality::int - 1 AS index FROM jsonb_array_elements(v.published_findings -> 'segments') WITH ORDINALITY AS s(segment, ordinality)) s
          WHERE ${where} ORDER BY ${order} LIMIT ${limit + 1}
        ) page`;
      const byStory = Map.groupBy(rows, (row) => row.story_id);
      return views.map(({ id }) => {
        const found = (byStory.get(id) ?? []).sort((a, b) => (backward ? b.index - a.index : a.index - b.index));
        const nodes = found.slice(0, limit);
        return { nodes: backward ? nodes.reverse() : nodes, more: found.length > limit };
      });
    },

    async analyses(views) {
      // Readers are not shown how the writer works.
      const ids = working(views);
      const rows = await client.$queryRaw<(AnalysisView & { story_id: string })[]>`
        SELECT a.id, a.story_id, a.analysis_type AS type, a.version, a.analysis_data ->> 'provider' AS provider, a.analysis_data ->> 'model' AS model,
          a.content_hash = s.content_hash AS "isCurrent", a.created_at AS "createdAt"
        FROM story_analyses a JOIN stories s ON s.id = a.story_id WHERE a.story_id = ANY(${ids}::uuid[]) ORDER BY a.created_at DESC LIMIT 2000`;
      const byStory = Map.groupBy(rows, (row) => row.story_id);
      return views.map(({ id }) => byStory.get(id) ?? []);
    },

    async characterImages(ids) {
      const where = { id: { in: [...ids] }, imageKey: { not: null } };
      const records = await client.storyCharacterRecord.findMany({ where, select: { id: true, imageKey: true } });
      const keys = new Map(records.map(({ id, imageKey }) => [id, imageKey]));
      return ids.map((id) => keys.get(id) ?? null);
    },

    async imagesInUse(keys) {
      const records = await client.storyCharacterRecord.findMany({ where: { imageKey: { in: [...keys] } }, select: { imageKey: true } });
      return records.flatMap(({ imageKey }) => imageKey ?? []);
    },

    async storiesOfCharacters(ids) {
      const records = await client.storyCharacterRecord.findMany({
        where: { id: { in: ids.filter(isUuid) } },
        select: { id: true, storyId: true },
      });
      const byId = new Map(records.map(({ id, storyId }) => [id, storyId]));
      return ids.map((id) => byId.get(id.toLowerCase()) ?? null);
    },
  };
}
