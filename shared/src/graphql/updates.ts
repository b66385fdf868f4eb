import DataLoader from 'dataloader';
import type { StoredEvent } from '../domain-events/event.js';
import type { LiveStreams } from '../infrastructure/live-streams.js';
import { refuseShared } from '../value-objects/refusals.js';

const maxUpdates = 100;

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

/** The page of `X.updates(after, first)`: what `xUpdated` sends, by query, for whoever was away. */
export function updatesOf(
  { streams, history }: { readonly streams: LiveStreams; readonly history: HistoryLoader },
  stream: { readonly id: string; readonly version: number },
  { after, first }: { readonly after?: string | null | undefined; readonly first?: number | null | undefined },
): Promise<StoredEvent[]> {
  const limit = first ?? maxUpdates;
  if (limit < 1 || limit > maxUpdates) throw refuseShared.PAGE_SIZE_OUT_OF_RANGE({ max: maxUpdates }, 'first');
  return history(stream.id, after ? streams.versionAt(stream.id, after, stream.version) : 0, limit);
}

/** What every payload of a live field says of its event. */
export function updateOf(event: StoredEvent, streams: LiveStreams): { cursor: string; occurredAt: Date; eventType: string } {
  return { cursor: streams.cursorAt(event.subject, event.sequence), occurredAt: new Date(event.time), eventType: event.type };
}

/** The events behind `xUpdated(after)`. */
export async function follow(
  streams: LiveStreams,
  streamId: string,
  after: string | null | undefined,
): Promise<AsyncIterable<StoredEvent>> {
  return streams.follow(streamId, await streams.startFrom(streamId, after));
}
