import type { StoryEvent } from '@storytelling/shared/domain-events/story';
import type { Extraction } from '../src/domain/analysis-provider.js';
import type { Findings } from '../src/domain/findings.js';
import { refuse } from '../src/domain/refusals.js';
import type { StoryAnalyses } from '../src/domain/stories.js';
import { evolve, type Story, type StoryId } from '../src/domain/story.js';

interface Kept {
  story: Story;
  findings: Findings;
  events: StoryEvent[];
  readonly editions: Map<number, { title: string; content: string; contentHash: string }>;
  readonly extractions: Map<string, { readonly extraction: Extraction; readonly revision: string }>;
}

/** The same promises as in PostgreSQL, for tests of verbs: one Map, changed only when a decision is accepted. */
export function memoryStories(): StoryAnalyses & { readonly kept: ReadonlyMap<string, Kept> } {
  const kept = new Map<string, Kept>();
  const find = (id: StoryId): Kept => {
    const found = kept.get(id);
    if (!found) throw refuse.STORY_NOT_FOUND();
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
        findings: { characters: [], emotions: [], segments: [] },
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
    async textOf(id, version) {
      const found = kept.get(id);
      const edition = found?.editions.get(version);
      return found && edition ? { ...edition, language: found.story.language, authorId: found.story.authorId } : undefined;
    },
    async known({ authorId, contentHash, language }, revision) {
      return [...kept.values()]
        .filter(({ story }) => story.authorId === authorId && story.language === language)
        .map(({ extractions }) => extractions.get(contentHash))
        .find((kept) => kept?.revision === revision)?.extraction;
    },
    async complete(id, analysis, extraction, decide, job) {
      const found = find(id);
      const { events, findings } = decide(found.story, found.findings);
      append(found, events);
      if (findings) found.findings = findings;
      found.extractions.set(analysis.contentHash, { extraction, revision: analysis.revision });
      await job.complete(undefined);
      return id;
    },
  };
}
