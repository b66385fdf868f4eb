import { codePoints, readableText } from '@storytelling/shared/value-objects/text';
import { type ReportReason, report } from '../domain/moderation.js';
import type { Moderations } from '../domain/moderations.js';
import { refuse } from '../domain/refusals.js';
import { ofStory, type Person } from './as-author.js';

const maxDetails = 2_000;

export interface ContentReport {
  readonly storyId: string;
  readonly reason: ReportReason;
  readonly details?: string | null;
}

/** Answers the id of the report. */
export const reportContent =
  (moderations: Moderations, newId: () => string, now: () => number) =>
  (by: Person, input: ContentReport): Promise<string> => {
    const details = readableText(input.details ?? '', 'details').trim() || null;
    if (codePoints(details ?? '') > maxDetails) throw refuse.REPORT_DETAILS_TOO_LONG({ max: maxDetails });
    const id = newId();
    return ofStory(input, (storyId) =>
      moderations.report(storyId, by.id, (story, reporter) =>
        report(story, reporter, { id, reason: input.reason, details }, new Date(now())),
      ),
    );
  };
