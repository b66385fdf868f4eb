import { randomUUID } from 'node:crypto';
import type { NarrationEvent } from '@storytelling/shared/domain-events/narration';
import { evolve, type Narration, type NarrationId, runOf } from '../src/domain/narration.js';
import type { NarrationContent, NarrationRuns, SegmentToSpeak, StoredTake } from '../src/domain/narrations.js';
import { refuse } from '../src/domain/refusals.js';
import type { ScriptLine } from '../src/domain/script.js';

interface KeptSegment {
  readonly id: string;
  line: ScriptLine & Pick<SegmentToSpeak, 'voice'>;
  take: StoredTake | undefined;
  wanted: Pick<SegmentToSpeak, 'take' | 'text' | 'emotion' | 'intensity' | 'voice'> | undefined;
  askedAt: Date | null;
  readonly takes: StoredTake[];
}
interface Kept {
  narration: Narration;
  readonly content: NarrationContent;
  readonly events: NarrationEvent[];
  readonly segments: KeptSegment[];
}

/** The same promises as in PostgreSQL, for tests of verbs and of the job: one Map, changed only when a decision is accepted. */
export function memoryNarrations(): NarrationRuns & {
  readonly kept: ReadonlyMap<string, Kept>;
  events(id: NarrationId): Promise<NarrationEvent[]>;
} {
  const kept = new Map<string, Kept>();
  const alive = (id: NarrationId) => (kept.get(id)?.narration.status === 'deleted' ? undefined : kept.get(id));
  const find = (id: NarrationId): Kept => {
    const found = alive(id);
    if (!found) throw refuse.NARRATION_NOT_FOUND();
    return found;
  };
  const append = (into: Kept, events: readonly NarrationEvent[]) => {
    for (const event of events) {
      into.narration = evolve(into.narration, event);
      into.events.push(event);
    }
    if (!('run' in into.narration)) for (const segment of into.segments) segment.wanted = undefined;
  };
  return {
    kept,
    events: async (id) => kept.get(id)?.events ?? [],
    async add(events, content) {
      const narration = events.reduce<Narration | undefined>(evolve, undefined) as Narration;
      const segments = content.lines.map((line) => ({
        ...{ id: randomUUID(), line: { ...line, voice: null }, take: undefined, wanted: undefined, askedAt: null, takes: [] },
      }));
      kept.set(narration.id, { narration, content, events: [...events], segments });
      return narration.id;
    },
    async update(id, decide) {
      const found = find(id);
      append(found, decide(found.narration));
      return id;
    },
    async regenerate(id, wanted, decide) {
      const found = find(id);
      const segment = found.segments.find((each) => each.id === wanted.segmentId);
      if (!segment) throw refuse.NARRATION_SEGMENT_NOT_FOUND();
      const take = (segment.take?.take ?? 0) + 1;
      append(found, decide(found.narration, { id: segment.id, take }));
      const { text, emotion, intensity, voice } = segment.line;
      segment.wanted = { take, text: wanted.text ?? text, emotion: wanted.emotion ?? emotion, intensity, voice: wanted.voice ?? voice };
      return id;
    },
    async wasDeletedBy(id, userId) {
      const narration = kept.get(id)?.narration;
      return narration?.status === 'deleted' && narration.requestedBy === userId;
    },
    find: async (id) => alive(id)?.narration,
    async work(id, runId) {
      const found = alive(id);
      const run = found && runOf(found.narration, runId);
      if (!found || !run) return undefined;
      const { storyId, requestedBy, totalSegments } = found.narration;
      const { language, casting, format, sampleRate } = found.content;
      const missing = found.segments.flatMap(({ id: segmentId, line, take, wanted, askedAt }) => {
        const { index, characterId, pauseSeconds } = line;
        const next = run.segment ? (run.segment.id === segmentId ? wanted : undefined) : take ? undefined : { ...line, take: 1 };
        if (!next) return [];
        const { text, emotion, intensity, voice } = next;
        return [{ id: segmentId, index, characterId, pauseSeconds, askedAt, take: next.take, text, emotion, intensity, voice }];
      });
      return { storyId, requestedBy, totalSegments, language, casting, format, sampleRate, missing };
    },
    async asked({ id }) {
      for (const { segments } of kept.values()) for (const segment of segments) if (segment.id === id) segment.askedAt ??= new Date();
    },
    async finish(id, take, decide) {
      const found = find(id);
      const segment = found.segments.find((each) => each.id === take.segmentId);
      const isWanted = segment && (take.take === 1 ? !segment.take : segment.wanted?.take === take.take);
      if (!isWanted) return;
      if (segment.wanted) segment.line = { ...segment.line, ...segment.wanted };
      Object.assign(segment, { take, wanted: undefined, askedAt: null });
      segment.takes.push(take);
      append(found, decide(found.narration));
    },
    async heard(id) {
      return find(id).segments.map(({ line: { text, characterName, pauseSeconds, index }, take }) => {
        if (!take) throw new Error(`Segment ${index} of ${id} cannot be heard yet.`);
        return { text, characterName, pauseSeconds, audioKey: take.audioKey, bytes: take.bytes, durationSeconds: take.duration };
      });
    },
    async complete(id, runId, decide, job) {
      const found = find(id);
      const made = runOf(found.narration, runId)?.segment;
      const takes = found.segments
        .flatMap(({ takes: all }) => all)
        .filter((take) => !made || (take.segmentId === made.id && take.take === made.take));
      const costs = takes.flatMap(({ cost }) => cost ?? []);
      const amount = costs.reduce((sum, cost) => sum + Number(cost.amount), 0);
      const usage = {
        characters: takes.reduce((sum, { characters }) => sum + characters, 0),
        cost: costs[0] ? { amount: String(amount), currency: costs[0].currency } : null,
      };
      append(found, decide(found.narration, usage));
      await job.complete(undefined);
      return id;
    },
    async ofStory(storyId) {
      return [...kept.values()]
        .filter(({ narration }) => narration.storyId === storyId && narration.status !== 'deleted')
        .map(({ narration }) => narration.id);
    },
  };
}
