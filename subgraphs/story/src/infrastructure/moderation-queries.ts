import { type Page, type Slice, sliceOf } from '@storytelling/shared/infrastructure/page';
import type { Decision, ReportReason } from '../domain/moderation.js';
import { Prisma, type PrismaClient } from '../generated/prisma/client.js';
import type { EditionView } from './edition-queries.js';

/** What was decided about a story, last. */
export interface DecisionView {
  readonly decision: Decision;
  /** null: erased with the author. */
  readonly reason: string | null;
  readonly version: number;
  readonly decidedAt: Date;
}

/** A story that was reported or decided about. For moderators only, as is everything here. */
export interface CaseView {
  readonly storyId: string;
  readonly openReports: number;
  readonly oldestReportAt: Date | null;
  readonly lastDecision: DecisionView | null;
}

export interface CaseKey {
  readonly at: string;
  readonly id: string;
}

export interface ReportView {
  readonly id: string;
  readonly storyId: string;
  readonly reporterId: string;
  readonly version: number;
  readonly reason: ReportReason;
  readonly details: string | null;
  readonly createdAt: Date;
}

export interface ModerationQueries {
  /** Open: the longest waiting first. Decided: the last one first. */
  moderationQueue(status: 'open' | 'decided', page: Page<CaseKey>): Promise<Slice<CaseView>>;
  /** Open reports of stories, oldest first, at most 100 of each. */
  openReports(storyIds: readonly string[]): Promise<ReportView[][]>;
  /** How often which reason is given in open reports, most often first. */
  reportedReasons(storyIds: readonly string[]): Promise<{ reason: ReportReason; count: number }[][]>;
  reportById(id: string): Promise<ReportView | null>;
  editionsByVersion(wanted: readonly { readonly storyId: string; readonly version: number }[]): Promise<(EditionView | null)[]>;
}

const maxReports = 100;

export function moderationQueries(client: PrismaClient): ModerationQueries {
  return {
    async moderationQueue(status, page) {
      const { after, before, backward, limit } = page;
      const isOpen = status === 'open';
      const at = isOpen ? Prisma.sql`oldest_report_at` : Prisma.sql`decided_at`;
      const isIn = isOpen ? Prisma.sql`open_reports > 0` : Prisma.sql`open_reports = 0 AND decided_at IS NOT NULL`;
      const ascending = isOpen !== backward;
      const order = ascending ? Prisma.sql`${at} ASC, story_id ASC` : Prisma.sql`${at} DESC, story_id DESC`;
      const [later, earlier] = isOpen ? [after, before] : [before, after];
      const conditions = [isIn];
      if (later) conditions.push(Prisma.sql`(${at}, story_id) > (${later.at}::timestamptz, ${later.id}::uuid)`);
      if (earlier) conditions.push(Prisma.sql`(${at}, story_id) < (${earlier.at}::timestamptz, ${earlier.id}::uuid)`);
      const rows = await client.$queryRaw<(Omit<CaseView, 'lastDecision'> & Partial<DecisionView>)[]>`
        SELECT story_id AS "storyId", open_reports AS "openReports", oldest_report_at AS "oldestReportAt", decision, reason,
          decided_version AS version, decided_at AS "decidedAt"
        FROM story_moderations WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY ${order} LIMIT ${limit + 1}`;
      return sliceOf(rows, page, ({ storyId, openReports, oldestReportAt, decision, reason = null, version, decidedAt }) => ({
        storyId,
        openReports,
        oldestReportAt,
        lastDecision: decision && version && decidedAt ? { decision, reason, version, decidedAt } : null,
      }));
    },

    async openReports(storyIds) {
      const rows = await client.$queryRaw<ReportView[]>`
        SELECT page.* FROM unnest(${[...storyIds]}::uuid[]) AS wanted(id) CROSS JOIN LATERAL (
          SELECT ${reportColumns} FROM story_reports r WHERE r.story_id = wanted.id AND is_open ORDER BY created_at, id LIMIT ${maxReports}
        ) page`;
      const byStory = Map.groupBy(rows, ({ storyId }) => storyId);
      return storyIds.map((id) => byStory.get(id) ?? []);
    },

    async reportedReasons(storyIds) {
      const rows = await client.$queryRaw<{ storyId: string; reason: ReportReason; count: number }[]>`
        SELECT story_id AS "storyId", reason, count(*)::int AS count FROM story_reports
        WHERE story_id = ANY(${[...storyIds]}::uuid[]) AND is_open GROUP BY story_id, reason ORDER BY count DESC, reason`;
      const byStory = Map.groupBy(rows, ({ storyId }) => storyId);
      return storyIds.map((id) => byStory.get(id) ?? []);
    },

    async reportById(id) {
      const [row] = await client.$queryRaw<ReportView[]>`SELECT ${reportColumns} FROM story_reports r WHERE id = ${id}::uuid`;
      return row ?? null;
    },

    async editionsByVersion(wanted) {
      const rows = await client.$queryRaw<EditionView[]>`
        SELECT v.story_id AS "storyId", v.version, v.title, v.content_hash AS "contentHash", v.created_at AS "createdAt",
          s.published_version IS NOT DISTINCT FROM v.version AS "isPublished"
        FROM unnest(${wanted.map(({ storyId }) => storyId)}::uuid[], ${wanted.map(({ version }) => version)}::int[]) AS wanted(story_id, version)
        JOIN story_versions v USING (story_id, version) JOIN stories s ON s.id = v.story_id`;
      const found = new Map(rows.map((edition) => [`${edition.storyId}:${edition.version}`, edition]));
      return wanted.map(({ storyId, version }) => found.get(`${storyId}:${version}`) ?? null);
    },
  };
}

const reportColumns = Prisma.sql`r.id, r.story_id AS "storyId", r.reporter_id AS "reporterId", r.version, r.reason, r.details, r.created_at AS "createdAt"`;
