import { readData, type StoredEvent } from '@storytelling/shared/domain-events/event';
import { NarrationProgressed, SegmentNarrated } from '@storytelling/shared/domain-events/narration';
import { signedIn } from '@storytelling/shared/graphql/caller';
import { follow, updateOf, updatesOf } from '@storytelling/shared/graphql/updates';
import type { LiveStreams } from '@storytelling/shared/infrastructure/live-streams';
import { Arg, Ctx, FieldResolver, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import { narrationStream } from '../domain/narration.js';
import { refuse } from '../domain/refusals.js';
import type { NarrationView, SegmentView } from '../infrastructure/narration-queries.js';
import type { NarrationGraph } from './context.js';
import { NarrationSegmentType, NarrationUpdateType, StoryNarrationType } from './narration.type.js';

@Resolver(() => NarrationUpdateType)
export class NarrationUpdateResolver {
  @Subscription(() => NarrationUpdateType, {
    description:
      'What happens to a narration of yours, from `after` on (from now on without it), in order, each once: each segment as soon as it can be heard.',
    subscribe: ({ args, context }) => followNarration(args as { id: string; after?: string | null }, context as NarrationGraph),
  })
  narrationUpdated(
    @Root() event: StoredEvent,
    @Arg('id', () => ID) id: string,
    @Arg('after', () => String, { nullable: true, description: 'A cursor that you were given.' }) _after: string | null | undefined,
    @Ctx() { streams }: NarrationGraph,
  ): NarrationUpdateType {
    return narrationUpdate(event, id, streams);
  }

  @FieldResolver(() => StoryNarrationType, {
    nullable: true,
    description: 'The narration as it is now, at least as new as the cursor; null once deleted.',
  })
  narration(@Root() { narrationId }: NarrationUpdateType, @Ctx() { load }: NarrationGraph): Promise<NarrationView | null> {
    return load.narration.load(narrationId);
  }

  @FieldResolver(() => NarrationSegmentType, { nullable: true, description: 'The segment that can be heard, if that is what happened.' })
  async segment(@Root() { narrationId, segmentId }: NarrationUpdateType, @Ctx() { load }: NarrationGraph): Promise<SegmentView | null> {
    if (segmentId === null || !(await load.narration.load(narrationId))) return null;
    return load.segment.load(segmentId);
  }
}

@Resolver(() => StoryNarrationType)
export class NarrationUpdatesResolver {
  @FieldResolver(() => [NarrationUpdateType], {
    description:
      'The updates that narrationUpdated sends, by query, for whoever was away: those after a cursor (from the first one without it), in order. None for readers: they are the author’s and moderators’. Ask again with the last cursor until none come.',
  })
  async updates(
    @Root() narration: NarrationView,
    @Arg('after', () => String, { nullable: true, description: 'A cursor that you were given.' }) after: string | null | undefined,
    @Arg('first', () => Int, { nullable: true, description: 'At most so many, 1 to 100 (100 if not given).' }) first:
      | number
      | null
      | undefined,
    @Ctx() { caller, streams, history }: NarrationGraph,
  ): Promise<NarrationUpdateType[]> {
    if (narration.hears !== 'the work') {
      // Whoever resumes has to know that nothing will come; a page that merely asks for everything is not emptied by it.
      if (!after) return [];
      signedIn(caller);
      throw refuse.NARRATION_UPDATES_NOT_YOURS();
    }
    const stream = { id: narrationStream(narration.id).id, version: narration.streamVersion };
    const events = await updatesOf({ streams, history }, stream, { after, first });
    return events.map((event) => narrationUpdate(event, narration.id, streams));
  }
}

function narrationUpdate(event: StoredEvent, narrationId: string, streams: LiveStreams): NarrationUpdateType {
  const spoken = event.type === SegmentNarrated.type ? readData(SegmentNarrated, event) : null;
  const progress = event.type === NarrationProgressed.type ? readData(NarrationProgressed, event) : null;
  return {
    ...updateOf(event, streams),
    progress: spoken ? { stage: 'speaking', done: spoken.done, total: spoken.total } : progress,
    narrationId,
    segmentId: spoken?.segmentId ?? null,
  };
}

async function followNarration({ id, after }: { id: string; after?: string | null }, { load, streams, caller }: NarrationGraph) {
  signedIn(caller);
  const narration = await load.narration.load(id);
  if (!narration) throw refuse.NARRATION_NOT_FOUND(undefined, 'id');
  if (narration.hears !== 'the work') throw refuse.NARRATION_UPDATES_NOT_YOURS();
  return follow(streams, narrationStream(narration.id).id, after);
}
