import type { StoredEvent } from '@storytelling/shared/domain-events/event';
import type { LiveStreams } from '@storytelling/shared/infrastructure/live-streams';
import DataLoader from 'dataloader';

/** What happened in a stream after a version, at most `first`; however many streams a request asks about, it costs one statement. */
export type HistoryLoader = (streamId: string, after: number, first: number) => Promise<StoredEvent[]>;

export function historyLoader(streams: Pick<LiveStreams, 'read'>): HistoryLoader {
  const bySize = new Map<number, DataLoader<{ streamId: string; after: number }, StoredEvent[]>>();
  return (streamId, after, first) => {
    // What was asked before may have grown since: it is batched, never remembered.
    const loader = bySize.get(first) ?? new DataLoader((from) => streams.read(from, first), { cache: false });
    bySize.set(first, loader);
    return loader.load({ streamId, after });
  };
}
