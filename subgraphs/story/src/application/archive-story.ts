import { codePoints, readableText } from '@storytelling/shared/value-objects/text';
import { decide } from '../domain/moderation.js';
import type { Moderations } from '../domain/moderations.js';
import { refuse } from '../domain/refusals.js';
import { archive, type StoryId } from '../domain/story.js';
import { type Person, requireSight, storyId } from './as-author.js';
import { maxReason, moderationReason } from './moderate-story.js';

/** The author may say why; a moderator has to, and decides with it about the story's reports. */
export const archiveStory =
  (moderations: Moderations) =>
  (by: Person, input: { readonly id: string; readonly reason?: string | null }): Promise<StoryId> =>
    moderations.decide(storyId(input.id), (story, openReports) => {
      requireSight(by, story);
      if (story.authorId === by.id) return { story: archive(story, { by: 'author', reason: reasonOf(input) }), moderation: [] };
      if (!by.isModerator) throw refuse.STORY_NOT_YOURS();
      return decide(story, openReports, { decision: 'archive', reason: moderationReason(input.reason), moderatorId: by.id });
    });

function reasonOf({ reason }: { readonly reason?: string | null }): string | null {
  const text = readableText(reason ?? '', 'reason').trim();
  if (codePoints(text) > maxReason) throw refuse.ARCHIVE_REASON_TOO_LONG({ max: maxReason });
  return text || null;
}
