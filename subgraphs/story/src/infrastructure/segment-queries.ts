import { isUuid } from '@storytelling/shared/value-objects/uuid';
import type { Segment } from '../domain/findings.js';
import type { AnalysisUnderWay, Story } from '../domain/story.js';
import type { PrismaClient } from '../generated/prisma/client.js';

export type SegmentView = Segment & { readonly index: number };

/** A story as a viewer sees it. Its segments are in the script of the working edition, or in what was found in the published one. */
interface Seen {
  readonly id: string;
  readonly edition: 'working' | 'published';
  readonly version: number;
  readonly status: Story['status'];
  readonly analysis: AnalysisUnderWay | null;
}

/** Whether the text that is seen was analyzed: quotes and segments of the text before an edit would describe another one than the writer sees. */
export const isDescribed = ({ edition, status, analysis }: Seen) =>
  edition === 'published' || (status !== 'draft' && analysis?.statusBefore !== 'draft');

export interface SegmentQueries {
  /** Whose story a segment is in, or was when an edition of it was published; whether the viewer sees it there is the story's matter. */
  storiesOfSegments(ids: readonly string[]): Promise<(string | null)[]>;
  /** Segments by id, as far as they are in what is seen of these stories. */
  segmentsById(views: readonly Seen[], ids: readonly string[]): Promise<(SegmentView & { readonly storyId: string })[]>;
}

export function segmentQueries(client: PrismaClient): SegmentQueries {
  return {
    async storiesOfSegments(ids) {
      const rows = await client.$queryRaw<{ id: string; story_id: string | null }[]>`
        SELECT wanted.id, coalesce(s.story_id, p.story_id) AS story_id FROM unnest(${ids.filter(isUuid)}::uuid[]) AS wanted(id)
        LEFT JOIN story_segments s ON s.id = wanted.id
        LEFT JOIN LATERAL (
          SELECT v.story_id FROM story_versions v
          WHERE s.id IS NULL AND jsonb_path_query_array(v.published_findings, '$.segments[*].id') @> to_jsonb(wanted.id::text) LIMIT 1
        ) p ON true`;
      const byId = new Map(rows.map(({ id, story_id: storyId }) => [id, storyId]));
      return ids.map((id) => byId.get(id.toLowerCase()) ?? null);
    },

    async segmentsById(views, ids) {
      const scripts = views.filter(isDescribed);
      const working = scripts.filter(({ edition }) => edition === 'working').map(({ id }) => id);
      const published = scripts.filter(({ edition }) => edition === 'published');
      return client.$queryRaw`
        SELECT story_id AS "storyId", id, segment_index AS index, text, emotion, speaker_id AS "speakerId", origin
        FROM story_segments WHERE id = ANY(${[...ids]}::uuid[]) AND story_id = ANY(${working}::uuid[])
        UNION ALL
        SELECT v.story_id, (segment ->> 'id')::uuid, ordinality::int - 1, segment ->> 'text', segment ->> 'emotion', (segment ->> 'speakerId')::uuid,
          coalesce(segment ->> 'origin', 'analysis')
        FROM unnest(${published.map(({ id }) => id)}::uuid[], ${published.map(({ version }) => version)}::int[]) AS wanted(story_id, version)
        JOIN story_versions v USING (story_id, version)
        CROSS JOIN LATERAL jsonb_array_elements(v.published_findings -> 'segments') WITH ORDINALITY AS s(segment, ordinality)
        WHERE segment ->> 'id' = ANY(${[...ids]}::text[])`;
    },
  };
}
