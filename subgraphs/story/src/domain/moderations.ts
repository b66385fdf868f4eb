import type { ModerationEvent } from '@storytelling/shared/domain-events/story';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { Reporter, Verdict } from './moderation.js';
import type { Story, StoryId } from './story.js';

/** Reports and decisions. Each method is one transaction under the story's lock, so that a decision is about the story as it then is. */
export interface Moderations {
  /** Keeps a report; answers its id. Refuses an unknown story with STORY_NOT_FOUND. */
  report(storyId: StoryId, reporterId: UserId, decide: (story: Story, reporter: Reporter) => readonly ModerationEvent[]): Promise<string>;
  /** Writes what is decided about the story and about its reports: a decision closes all that are open. */
  decide(storyId: StoryId, decide: (story: Story, openReports: number) => Verdict): Promise<StoryId>;
}
