import { codePoints, readableText } from '@storytelling/shared/value-objects/text';
import { type Decision, decide } from '../domain/moderation.js';
import type { Moderations } from '../domain/moderations.js';
import { refuse } from '../domain/refusals.js';
import { requireVersion, type StoryId } from '../domain/story.js';
import { ofStory, type Person } from './as-author.js';

export const maxReason = 1_000;

/** 3–1,000 code points: the author of a story that is taken from readers has to learn why. */
export function moderationReason(value: string | null | undefined): string {
  const reason = readableText(value ?? '', 'reason').trim();
  const length = codePoints(reason);
  if (length < 3 || length > maxReason) throw refuse.MODERATION_REASON_MISSING({ max: maxReason });
  return reason;
}

export interface NewDecision {
  readonly storyId: string;
  readonly expectedVersion?: number | null;
  readonly decision: Decision;
  readonly reason: string;
}

export const moderateStory =
  (moderations: Moderations) =>
  (by: Person, input: NewDecision): Promise<StoryId> => {
    if (!by.isModerator) throw refuse.MODERATORS_ONLY();
    const reason = moderationReason(input.reason);
    return ofStory(input, (storyId) =>
      moderations.decide(storyId, (story, openReports) => {
        if (typeof input.expectedVersion === 'number') requireVersion(story, input.expectedVersion);
        return decide(story, openReports, { decision: input.decision, reason, moderatorId: by.id });
      }),
    );
  };
