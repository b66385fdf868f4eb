import { perArguments } from '@storytelling/shared/graphql/loaders';
import type { Page, Slice } from '@storytelling/shared/infrastructure/page';
import DataLoader from 'dataloader';
import type { Chapter } from '../domain/captions.js';
import type { Listener } from '../domain/hearing.js';
import type { NarrationKey, NarrationQueries, NarrationView, SegmentView, TakeView } from '../infrastructure/narration-queries.js';

/** Per request: however many narrations an answer has, each part of them costs one statement. Root fields and references share these, and with them the policy. */
export interface NarrationLoaders {
  readonly narration: DataLoader<string, NarrationView | null>;
  readonly narrationsOfStory: (storyId: string, page: Page<NarrationKey>) => Promise<Slice<NarrationView>>;
  /** Of a narration that the listener hears. */
  readonly segments: (narration: NarrationView, page: Page<number>) => Promise<Slice<SegmentView>>;
  readonly segment: DataLoader<string, SegmentView | null>;
  readonly takes: DataLoader<string, TakeView[]>;
  readonly chapters: DataLoader<string, Chapter[]>;
}

export function narrationLoaders(queries: NarrationQueries, listener: Listener): NarrationLoaders {
  const ofStories = perArguments(
    (page: Page<NarrationKey>) => new DataLoader((ids: readonly string[]) => queries.narrationsOfStories(ids, page, listener)),
  );
  // Not remembered: a later mutation of the same request may have made them anew.
  const segments = perArguments(
    (page: Page<number>) => new DataLoader((ids: readonly string[]) => queries.segments(ids, page), { cache: false }),
  );
  return {
    narration: new DataLoader((ids) => queries.narrationsById(ids, listener)),
    narrationsOfStory: (storyId, page) => ofStories(page).load(storyId),
    segments: (narration, page) => segments(page).load(narration.id),
    segment: new DataLoader((ids) => queries.segmentsById(ids), { cache: false }),
    takes: new DataLoader((ids) => queries.takes(ids), { cache: false }),
    chapters: new DataLoader((ids) => queries.chapters(ids), { cache: false }),
  };
}
