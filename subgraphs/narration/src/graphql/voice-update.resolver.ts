import { readData, type StoredEvent } from '@storytelling/shared/domain-events/event';
import { TrainingProgressed } from '@storytelling/shared/domain-events/narration';
import { signedIn } from '@storytelling/shared/graphql/caller';
import { follow, updateOf, updatesOf } from '@storytelling/shared/graphql/updates';
import type { LiveStreams } from '@storytelling/shared/infrastructure/live-streams';
import { Arg, Ctx, FieldResolver, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import { refuse } from '../domain/refusals.js';
import { voiceStream } from '../domain/voice.js';
import type { VoiceView } from '../infrastructure/voice-queries.js';
import type { NarrationGraph } from './context.js';
import { NarratorVoiceType, NarratorVoiceUpdateType } from './voice.type.js';

@Resolver(() => NarratorVoiceUpdateType)
export class VoiceUpdateResolver {
  @Subscription(() => NarratorVoiceUpdateType, {
    description: 'What happens to a voice of yours, from `after` on (from now on without it), in order, each once.',
    subscribe: ({ args, context }) => followVoice(args as { id: string; after?: string | null }, context as NarrationGraph),
  })
  narratorVoiceUpdated(
    @Root() event: StoredEvent,
    @Arg('id', () => ID) id: string,
    @Arg('after', () => String, { nullable: true, description: 'A cursor that you were given.' }) _after: string | null | undefined,
    @Ctx() { streams }: NarrationGraph,
  ): NarratorVoiceUpdateType {
    return voiceUpdate(event, id, streams);
  }

  @FieldResolver(() => NarratorVoiceType, {
    nullable: true,
    description: 'The voice as it is now, at least as new as the cursor; null once deleted.',
  })
  voice(@Root() { voiceId }: NarratorVoiceUpdateType, @Ctx() { voices }: NarrationGraph): Promise<VoiceView | null> {
    return voices.voice.load(voiceId);
  }
}

@Resolver(() => NarratorVoiceType)
export class VoiceUpdatesResolver {
  @FieldResolver(() => [NarratorVoiceUpdateType], {
    description:
      'The updates that narratorVoiceUpdated sends, by query, for whoever was away: those after a cursor (from the first one without it), in order. Ask again with the last cursor until none come.',
  })
  async updates(
    @Root() voice: VoiceView,
    @Arg('after', () => String, { nullable: true, description: 'A cursor that you were given.' }) after: string | null | undefined,
    @Arg('first', () => Int, { nullable: true, description: 'At most so many, 1 to 100 (100 if not given).' }) first:
      | number
      | null
      | undefined,
    @Ctx() { streams, history }: NarrationGraph,
  ): Promise<NarratorVoiceUpdateType[]> {
    const stream = { id: voiceStream(voice.id).id, version: voice.streamVersion };
    const events = await updatesOf({ streams, history }, stream, { after, first });
    return events.map((event) => voiceUpdate(event, voice.id, streams));
  }
}

function voiceUpdate(event: StoredEvent, voiceId: string, streams: LiveStreams): NarratorVoiceUpdateType {
  const progress = event.type === TrainingProgressed.type ? readData(TrainingProgressed, event) : null;
  return { ...updateOf(event, streams), progress, voiceId };
}

async function followVoice({ id, after }: { id: string; after?: string | null }, { caller, voices, streams }: NarrationGraph) {
  signedIn(caller);
  const voice = await voices.voice.load(id);
  // Nothing ever happens to a ready-made one.
  if (!voice?.ownerId) throw refuse.VOICE_NOT_FOUND(undefined, 'id');
  return follow(streams, voiceStream(voice.id).id, after);
}
