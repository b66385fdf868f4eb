import type { StoryEvent } from '@storytelling/shared/domain-events/story';
import type { Extraction } from '../src/domain/analysis-provider.js';
import type { KnownFindings } from '../src/domain/findings.js';
import { refuse } from '../src/domain/refusals.js';
import type { StoryAnalyses } from '../src/domain/stories.js';
import { evolve, type Story, type StoryId } from '../src/domain/story.js';

interface Kept {
  story: Story;
  known: KnownFindings;
  events: StoryEvent[];
  readonly editions: Map<number, { title: string; content: string; contentHash: string }>;
  readonly extractions: Map<string, { readonly extraction: Extraction; readonly revision: string }>;
}

/** The same promises as in PostgreSQL, for tests of verbs: one Map, changed only when a decision is accepted. */
export function memoryStories(): StoryAnalyses & { readonly kept: ReadonlyMap<string, Kept> } {
  const kept = new Map<string, Kept>();
  const find = (id: StoryId): Kept => {
    const found = kept.get(id);
    if (!found || found.story.status === 'deleted') throw refuse.STORY_NOT_FOUND();
    return found;
  };
  const append = (into: Kept, events: readonly StoryEvent[], edition: { title?: string; content?: { text: string } } = {}) => {
    for (const event of events) {
      into.story = evolve(into.story, event);
      into.events.push(event);
      if (event.type !== 'StoryCreated' && event.type !== 'StoryEdited') continue;
      const { version, contentHash } = into.story;
      const before = into.editions.get(version - 1);
      into.editions.set(version, {
        title: edition.title ?? before?.title ?? '',
        content: edition.content?.text ?? before?.content ?? '',
        contentHash,
      });
    }
  };
  return {
    kept,
    async add(events, edition) {
      const story = events.reduce<Story | undefined>(evolve, undefined) as Story;
      const fresh: Kept = {
        story,
        known: { characters: [], absent: [], removed: [], segments: [] },
        events: [],
        editions: new Map(),
        extractions: new Map(),
      };
      kept.set(story.id, fresh);
      append(fresh, events, edition);
      return story.id;
    },
    async update(id, decide, edition) {
      const found = find(id);
      append(found, decide(found.story), edition);
      return id;
    },
    async correct(id, decide) {
      const found = find(id);
      const { events, saved, dismissed, segments = [], outcome } = decide(found.story, found.known);
      append(found, events);
      const { characters, absent, removed, segments: script } = found.known;
      const gone = characters.filter((one) => dismissed?.ids.includes(one.id));
      const others = (list: typeof characters) => list.filter((one) => one.id !== saved?.id && !gone.includes(one));
      const kept = saved && characters.some(({ id: known }) => known === saved.id);
      found.known = {
        characters: kept
          ? characters.flatMap((one) => (one.id === saved.id ? saved : others([one])))
          : [...others(characters), ...(saved ? [saved] : [])],
        absent: others(absent),
        removed: [...others(removed), ...(dismissed?.as === 'removed' ? gone : [])],
        segments: script.map((segment) => segments.find((changed) => changed.id === segment.id) ?? segment),
      };
      return outcome;
    },
    async wasDeletedBy(id, authorId) {
      const story = kept.get(id)?.story;
      return story?.status === 'deleted' && story.authorId === authorId;
    },
    async textOf(id, version) {
      const found = kept.get(id)?.story.status === 'deleted' ? undefined : kept.get(id);
      const edition = found?.editions.get(version);
      return found && edition ? { ...edition, language: found.story.language, authorId: found.story.authorId } : undefined;
    },
    async known({ authorId, contentHash, language }, revision) {
      return [...kept.values()]
        .filter(({ story }) => story.authorId === authorId && story.language === language)
        .map(({ extractions }) => extractions.get(contentHash))
        .find((kept) => kept?.revision === revision)?.extraction;
    },
    async peek(id) {
      const found = kept.get(id);
      return found && found.story.status !== 'deleted' ? { story: found.story, known: found.known } : undefined;
    },
    async complete(id, analysis, extraction, decide, job) {
      const found = find(id);
      const { events, findings } = decide(found.story, found.known);
      append(found, events);
      if (findings) {
        const present = new Set(findings.characters.map(({ id }) => id));
        const absent = [...found.known.characters, ...found.known.absent].filter(({ id }) => !present.has(id));
        found.known = { characters: findings.characters, segments: findings.segments, absent, removed: found.known.removed };
      }
      found.extractions.set(analysis.contentHash, { extraction, revision: analysis.revision });
      await job.complete(undefined);
      return id;
    },
  };
}
