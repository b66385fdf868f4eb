import type { Caller } from '@storytelling/shared/graphql/caller';
import { hasPermission, signedIn } from '@storytelling/shared/graphql/caller';
import type { MediaOf } from '@storytelling/shared/graphql/media';
import { historyLoader, type HistoryLoader } from '@storytelling/shared/graphql/updates';
import type { LiveStreams } from '@storytelling/shared/infrastructure/live-streams';
import type { Person } from '../application/as-author.js';
import { refuse } from '../domain/refusals.js';
import type { StoryQueries, StoryView, Viewer } from '../infrastructure/story-queries.js';
import type { StoryVerbs } from '../story-context.js';
import { type ModerationLoaders, moderationLoaders } from './moderation.loader.js';
import { type StoryLoaders, storyLoaders } from './story.loader.js';

/** What a resolver of this context has at hand; made anew for each request and each event of a subscription. */
export interface StoryGraph {
  readonly caller: Caller;
  readonly viewer: Viewer;
  readonly verbs: StoryVerbs;
  readonly queries: StoryQueries;
  readonly streams: LiveStreams;
  readonly media: MediaOf;
  readonly load: StoryLoaders;
  readonly history: HistoryLoader;
  readonly moderation: ModerationLoaders;
}

export function storyGraph(
  { verbs, queries, streams, media }: Pick<StoryGraph, 'verbs' | 'queries' | 'streams' | 'media'>,
  caller: Caller,
): StoryGraph {
  const viewer = { userId: caller.kind === 'user' ? caller.userId : undefined, isModerator: hasPermission(caller, 'story:moderate') };
  return {
    caller,
    viewer,
    verbs,
    queries,
    streams,
    media,
    load: storyLoaders(queries, viewer),
    history: historyLoader(streams),
    moderation: moderationLoaders(queries),
  };
}

/** Who does something; nobody does without having signed in. */
export function personOf({ caller, viewer }: StoryGraph): Person {
  return { id: signedIn(caller), isModerator: viewer.isModerator, hasVerifiedEmail: caller.isEmailVerified ?? false };
}

/** What a mutation answers. Read anew: an earlier one of the same request may have read it before this one changed it. */
export async function changed(id: string, { load }: StoryGraph): Promise<StoryView> {
  const story = await load.story.clear(id).load(id);
  if (!story) throw refuse.STORY_NOT_FOUND();
  return story;
}
