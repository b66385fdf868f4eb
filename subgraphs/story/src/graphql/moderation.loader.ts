import DataLoader from 'dataloader';
import type { EditionView } from '../infrastructure/edition-queries.js';
import type { ModerationQueries, ReportView } from '../infrastructure/moderation-queries.js';

/** Per request. Who may see what these answer is asked where a case or a report is handed out. */
export interface ModerationLoaders {
  readonly reports: DataLoader<string, ReportView[]>;
  readonly reasons: DataLoader<string, Awaited<ReturnType<ModerationQueries['reportedReasons']>>[number]>;
  readonly edition: DataLoader<{ storyId: string; version: number }, EditionView | null, string>;
}

export function moderationLoaders(queries: ModerationQueries): ModerationLoaders {
  return {
    reports: new DataLoader((ids) => queries.openReports(ids)),
    reasons: new DataLoader((ids) => queries.reportedReasons(ids)),
    edition: new DataLoader((wanted) => queries.editionsByVersion(wanted), {
      cacheKeyFn: ({ storyId, version }) => `${storyId}:${version}`,
    }),
  };
}
