import type { Caller } from '@storytelling/shared/graphql/caller';
import { hasPermission, signedIn } from '@storytelling/shared/graphql/caller';
import type { MediaOf, MediaType } from '@storytelling/shared/graphql/media';
import { type HistoryLoader, historyLoader } from '@storytelling/shared/graphql/updates';
import type { LiveStreams } from '@storytelling/shared/infrastructure/live-streams';
import type { Person } from '../application/as-author.js';
import type { Listener } from '../domain/hearing.js';
import { refuse } from '../domain/refusals.js';
import type { NarrationQueries, NarrationView } from '../infrastructure/narration-queries.js';
import type { PreviewsOf, VoiceQueries, VoiceView } from '../infrastructure/voice-queries.js';
import type { NarrationVerbs } from '../narration-context.js';
import { type NarrationLoaders, narrationLoaders } from './narration.loader.js';
import { type VoiceLoaders, voiceLoaders } from './voice.loader.js';

/** What a resolver of this context has at hand; made anew for each request and each event of a subscription. */
export interface NarrationGraph {
  readonly caller: Caller;
  readonly listener: Listener;
  readonly verbs: NarrationVerbs;
  readonly streams: LiveStreams;
  readonly media: MediaOf;
  readonly load: NarrationLoaders;
  readonly voices: VoiceLoaders;
  readonly history: HistoryLoader;
}

export function narrationGraph(
  {
    verbs,
    queries,
    streams,
    media,
    previewsOf,
  }: Pick<NarrationGraph, 'verbs' | 'streams' | 'media'> & {
    readonly queries: NarrationQueries & VoiceQueries;
    readonly previewsOf: PreviewsOf;
  },
  caller: Caller,
): NarrationGraph {
  const listener = { userId: caller.kind === 'user' ? caller.userId : undefined, isModerator: hasPermission(caller, 'story:moderate') };
  return {
    ...{ caller, listener, verbs, streams, media },
    load: narrationLoaders(queries, listener),
    voices: voiceLoaders(queries, listener.userId, previewsOf),
    history: historyLoader(streams),
  };
}

/** Who does something; nobody does without having signed in. */
export function personOf({ caller }: NarrationGraph): Person {
  return { id: signedIn(caller), hasVerifiedEmail: caller.isEmailVerified ?? false };
}

/** What a mutation answers. Read anew: an earlier one of the same request may have read it before this one changed it. */
export async function changedNarration(id: string, { load }: NarrationGraph): Promise<NarrationView> {
  const narration = await load.narration.clear(id).load(id);
  if (!narration) throw refuse.NARRATION_NOT_FOUND();
  return narration;
}

export async function changedVoice(id: string, { voices }: NarrationGraph): Promise<VoiceView> {
  const voice = await voices.voice.clear(id).load(id);
  if (!voice) throw refuse.VOICE_NOT_FOUND();
  return voice;
}

/** What can be heard, with what is known of it; null: nothing yet. */
export async function sound(
  media: MediaOf,
  { key, bytes, seconds }: { readonly key: string | null; readonly bytes: number | null; readonly seconds: number | null },
): Promise<MediaType | null> {
  return key === null ? null : { ...(await media(key)), sizeBytes: bytes, durationSeconds: seconds };
}
