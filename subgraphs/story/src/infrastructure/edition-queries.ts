import type { Page, Slice } from '@storytelling/shared/infrastructure/page';
import { Prisma, type PrismaClient } from '../generated/prisma/client.js';

/** One numbered text of a story, without the text itself, which is read only where it is asked for. */
export interface EditionView {
  readonly storyId: string;
  readonly version: number;
  readonly title: string;
  readonly contentHash: string;
  readonly createdAt: Date;
  readonly isPublished: boolean;
}

/** A story as a viewer sees it; through `published` they see that one edition. */
interface Seen {
  readonly id: string;
  readonly edition: 'working' | 'published';
  readonly publishedVersion: number | null;
}

export interface EditionQueries {
  /** Newest first; the key is the version. */
  editions(views: readonly Seen[], page: Page<number>): Promise<Slice<EditionView>[]>;
}

export function editionQueries(client: PrismaClient): EditionQueries {
  return {
    async editions(views, { after, before, backward, limit }) {
      const order = backward ? Prisma.sql`version ASC` : Prisma.sql`version DESC`;
      const ids = views.map(({ id }) => id);
      /** 0: all of them. */
      const only = views.map(({ edition, publishedVersion }) => (edition === 'working' ? 0 : (publishedVersion ?? -1)));
      const rows = await client.$queryRaw<Omit<EditionView, 'isPublished'>[]>`
        SELECT wanted.id AS "storyId", page.* FROM unnest(${ids}::uuid[], ${only}::int[]) AS wanted(id, only_version) CROSS JOIN LATERAL (
          SELECT version, title, content_hash AS "contentHash", created_at AS "createdAt" FROM story_versions v
          WHERE v.story_id = wanted.id AND (wanted.only_version = 0 OR v.version = wanted.only_version)
            AND version < ${after ?? 2_147_483_647} AND version > ${before ?? 0}
          ORDER BY ${order} LIMIT ${limit + 1}
        ) page`;
      const byStory = Map.groupBy(rows, ({ storyId }) => storyId);
      return views.map(({ id, publishedVersion }) => {
        const found = (byStory.get(id) ?? []).sort((a, b) => (backward ? a.version - b.version : b.version - a.version));
        const nodes = found.slice(0, limit).map((edition) => ({ ...edition, isPublished: edition.version === publishedVersion }));
        return { nodes: backward ? nodes.reverse() : nodes, more: found.length > limit };
      });
    },
  };
}
