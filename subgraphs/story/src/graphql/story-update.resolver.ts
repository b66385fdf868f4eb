import { readData, type StoredEvent } from '@storytelling/shared/domain-events/event';
import { AnalysisProgressed } from '@storytelling/shared/domain-events/story';
import { signedIn } from '@storytelling/shared/graphql/caller';
import { follow, updateOf, updatesOf } from '@storytelling/shared/graphql/updates';
import type { LiveStreams } from '@storytelling/shared/infrastructure/live-streams';
import { Arg, Ctx, FieldResolver, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import { refuse } from '../domain/refusals.js';
import { storyStream } from '../domain/story.js';
import type { StoryView } from '../infrastructure/story-queries.js';
import type { StoryGraph } from './context.js';
import { StoryType, StoryUpdateType } from './story.type.js';

@Resolver(() => StoryUpdateType)
export class StoryUpdateResolver {
  @Subscription(() => StoryUpdateType, {
    description: 'What happens to a story of yours, from `after` on (from now on without it), in order, each once.',
    subscribe: ({ args, context }) => followStory(args as { id: string; after?: string | null }, context as StoryGraph),
  })
  storyUpdated(
    @Root() event: StoredEvent,
    @Arg('id', () => ID) id: string,
    @Arg('after', () => String, { nullable: true, description: 'A cursor that you were given.' }) _after: string | null | undefined,
    @Ctx() { streams }: StoryGraph,
  ): StoryUpdateType {
    return storyUpdate(event, id, streams);
  }

  @FieldResolver(() => StoryType, {
    nullable: true,
    description: 'The story as it is now, at least as new as the cursor; null once deleted.',
  })
  story(@Root() { storyId }: StoryUpdateType, @Ctx() { load }: StoryGraph): Promise<StoryView | null> {
    return load.story.load(storyId);
  }
}

@Resolver(() => StoryType)
export class StoryUpdatesResolver {
  @FieldResolver(() => [StoryUpdateType], {
    description:
      'The updates that storyUpdated sends, by query, for whoever was away: those after a cursor (from the first one without it), in order. None for readers: they are the author’s and moderators’. Ask again with the last cursor until none come.',
  })
  async updates(
    @Root() story: StoryView,
    @Arg('after', () => String, { nullable: true, description: 'A cursor that you were given.' }) after: string | null | undefined,
    @Arg('first', () => Int, { nullable: true, description: 'At most so many, 1 to 100 (100 if not given).' }) first:
      | number
      | null
      | undefined,
    @Ctx() { caller, streams, history }: StoryGraph,
  ): Promise<StoryUpdateType[]> {
    if (story.edition !== 'working') {
      // Whoever resumes has to know that nothing will come; a page that merely asks for everything is not emptied by it.
      if (!after) return [];
      signedIn(caller);
      throw refuse.STORY_UPDATES_NOT_YOURS();
    }
    const stream = { id: storyStream(story.id).id, version: story.streamVersion };
    const events = await updatesOf({ streams, history }, stream, { after, first });
    return events.map((event) => storyUpdate(event, story.id, streams));
  }
}

function storyUpdate(event: StoredEvent, storyId: string, streams: LiveStreams): StoryUpdateType {
  return {
    ...updateOf(event, streams),
    progress: event.type === AnalysisProgressed.type ? readData(AnalysisProgressed, event) : null,
    storyId,
  };
}

async function followStory({ id, after }: { id: string; after?: string | null }, { load, streams, caller }: StoryGraph) {
  signedIn(caller);
  const story = await load.story.load(id);
  if (!story) throw refuse.STORY_NOT_FOUND();
  if (story.edition !== 'working') throw refuse.STORY_UPDATES_NOT_YOURS();
  return follow(streams, storyStream(story.id).id, after);
}
