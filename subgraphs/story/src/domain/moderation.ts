import { type Stream, stream } from '@storytelling/shared/domain-events/event';
import { ModerationDecided, type ModerationEvent, type StoryEvent, StoryReported } from '@storytelling/shared/domain-events/story';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { refuse } from './refusals.js';
import { archive, type Story, unpublish } from './story.js';

// ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────
// report     a reader's request to look at the edition that they read; open until a moderator decides
// decision   about a story: it is kept, taken from readers, or archived; it closes all open reports of the story
// moderation the history of both, in a stream of its own: the author follows the story's, and never learns who reported it

export const moderationStream = (storyId: string): Stream => stream('story', 'Moderation', storyId);

export const reportReasons = ['spam', 'hate', 'harassment', 'sexual', 'violence', 'self-harm', 'copyright', 'privacy', 'other'] as const;
export type ReportReason = (typeof reportReasons)[number];
export type Decision = 'keep' | 'unpublish' | 'archive';

/** One reader, 20 reports an hour: enough for whoever finds a nest of spam, too few to bury the moderators. */
export const reportsPerHour = 20;
const hour = 3_600_000;

/** What is known of somebody who reports. */
export interface Reporter {
  readonly id: UserId;
  readonly hasOpenReport: boolean;
  /** When their reports of the last hour were made. */
  readonly recent: readonly Date[];
}

export interface NewReport {
  readonly id: string;
  readonly reason: ReportReason;
  readonly details: string | null;
}

export function report(story: Story, reporter: Reporter, { id, reason, details }: NewReport, now: Date): ModerationEvent[] {
  if (story.authorId === reporter.id) throw refuse.REPORT_OF_OWN_STORY();
  // Whether there is a draft is not told; a moderator, who sees it, has nothing to report either.
  if (story.publishedVersion === null) throw refuse.STORY_NOT_FOUND(undefined, 'storyId');
  if (reporter.hasOpenReport) throw refuse.STORY_REPORTED_ALREADY();
  const counted = reporter.recent.map((at) => at.getTime()).filter((at) => at > now.getTime() - hour);
  if (counted.length >= reportsPerHour) throw refuse.TOO_MANY_REPORTS({ retryAt: new Date(Math.min(...counted) + hour).toISOString() });
  return [StoryReported({ storyId: story.id, reportId: id, reporterId: reporter.id, version: story.publishedVersion, reason, details })];
}

export interface Verdict {
  readonly story: StoryEvent[];
  readonly moderation: ModerationEvent[];
}

/**
 * With or without reports: a moderator may find something by themselves. To keep what nobody reported is no decision. What the author has
 * archived meanwhile can still be decided about, so that no report stays open for ever.
 */
export function decide(
  story: Story,
  openReports: number,
  { decision, reason, moderatorId }: { decision: Decision; reason: string; moderatorId: UserId },
): Verdict {
  if (story.authorId === moderatorId) throw refuse.MODERATION_OF_OWN_STORY();
  const { id: storyId, authorId, version } = story;
  return {
    story: consequence(story, openReports, decision, reason),
    moderation: [ModerationDecided({ storyId, authorId, version, decision, reason, decidedBy: moderatorId, reports: openReports })],
  };
}

function consequence(story: Story, openReports: number, decision: Decision, reason: string): StoryEvent[] {
  const withdrawal = { by: 'moderator', reason } as const;
  switch (decision) {
    case 'keep':
      if (openReports === 0) throw refuse.STORY_NOT_REPORTED();
      return [];
    case 'unpublish':
      return unpublish(story, withdrawal);
    case 'archive':
      return story.status === 'archived' && openReports > 0 ? [] : archive(story, withdrawal);
  }
}
