import { perArguments } from '@storytelling/shared/graphql/loaders';
import type { Page, Slice } from '@storytelling/shared/infrastructure/page';
import DataLoader from 'dataloader';
import type { PreviewsOf, SampleView, VoiceKey, VoiceQueries, VoiceView } from '../infrastructure/voice-queries.js';

/** Per request: however many voices an answer has, each part of them costs one statement. Root fields and references share these, and with them the policy. */
export interface VoiceLoaders {
  readonly voice: DataLoader<string, VoiceView | null>;
  /** The viewer's own; null: somebody else's are nobody's business. */
  readonly voicesOfUser: (userId: string, page: Page<VoiceKey>) => Promise<Slice<VoiceView> | null>;
  /** Of a voice that the viewer has been shown. */
  readonly samples: DataLoader<VoiceView, SampleView[], string>;
  readonly readyMade: VoiceQueries['readyMadeVoices'];
  /** Of a ready-made voice that had no preview when it was read: the key of the one that is made now. */
  readonly preview: DataLoader<VoiceView, string | null, string>;
}

export function voiceLoaders(queries: VoiceQueries, viewer: string | undefined, previewsOf: PreviewsOf): VoiceLoaders {
  // Only one user's are ever shown: they are read once, however often somebody is referred to.
  const ofUsers = perArguments(
    (page: Page<VoiceKey>) =>
      new DataLoader(async (userIds: readonly string[]) => {
        const shown = viewer !== undefined && userIds.includes(viewer) ? await queries.voicesOf(viewer, page) : null;
        return userIds.map((userId) => (userId === viewer ? shown : null));
      }),
  );
  return {
    voice: new DataLoader((ids) => queries.voicesById(ids, viewer)),
    voicesOfUser: (userId, page) => ofUsers(page).load(userId),
    // With the stream's version, because two mutations of one request see two states of a voice.
    samples: new DataLoader((voices: readonly VoiceView[]) => queries.samples(voices.map(({ id }) => id)), {
      cacheKeyFn: ({ id, streamVersion }: VoiceView) => `${id}:${streamVersion}`,
    }),
    readyMade: queries.readyMadeVoices,
    preview: new DataLoader(previewsOf, { cacheKeyFn: ({ id }: VoiceView) => id }),
  };
}
