import { perArguments } from '@storytelling/shared/graphql/loaders';
import type { Page, Slice } from '@storytelling/shared/infrastructure/page';
import DataLoader from 'dataloader';
import type { Character, Emotion } from '../domain/findings.js';
import type { EditionView } from '../infrastructure/edition-queries.js';
import type { SegmentView } from '../infrastructure/segment-queries.js';
import type { SearchMatch } from '../infrastructure/highlight-queries.js';
import type { AnalysisView, FoundStory, StoryFilter, StoryKey, StoryQueries, StoryView, Viewer } from '../infrastructure/story-queries.js';

/** Per request: however many stories an answer has, each part of them costs one statement. Root fields and references share these, and with them the policy. */
export interface StoryLoaders {
  readonly story: DataLoader<string, StoryView | null>;
  readonly content: DataLoader<StoryView, string, string>;
  readonly characters: DataLoader<StoryView, readonly Character[], string>;
  readonly emotions: DataLoader<StoryView, readonly Emotion[], string>;
  readonly analyses: DataLoader<StoryView, AnalysisView[], string>;
  readonly segments: (view: StoryView, page: Page<number>) => Promise<Slice<SegmentView>>;
  readonly storiesOfAuthor: (authorId: string, filter: Omit<StoryFilter, 'authorId'>, page: Page<StoryKey>) => Promise<Slice<StoryView>>;
  readonly character: DataLoader<string, Character | null>;
  readonly searchMatch: DataLoader<FoundStory, SearchMatch, string>;
  /** Key of its picture, of a character that the viewer sees. */
  readonly characterImage: DataLoader<string, string | null>;
  readonly segment: DataLoader<string, SegmentOfStory | null>;
  readonly editions: (view: StoryView, page: Page<number>) => Promise<Slice<EditionView>>;
  readonly contentOfEdition: DataLoader<EditionView, string, string>;
}

export type SegmentOfStory = SegmentView & { readonly story: StoryView };

/** With the stream's version, because two mutations of one request see two states of a story. */
const byView = { cacheKeyFn: ({ id, edition, streamVersion }: StoryView) => `${id}:${edition}:${streamVersion}` };

export function storyLoaders(queries: StoryQueries, viewer: Viewer): StoryLoaders {
  const story = new DataLoader((ids: readonly string[]) => queries.storiesById(ids, viewer));
  const characters = new DataLoader((views: readonly StoryView[]) => queries.characters(views), byView);
  const segments = perArguments(
    (page: Page<number>) => new DataLoader((views: readonly StoryView[]) => queries.segments(views, page), byView),
  );
  const ofAuthors = perArguments(
    ({ filter, page }: { filter: Omit<StoryFilter, 'authorId'>; page: Page<StoryKey> }) =>
      new DataLoader((authorIds: readonly string[]) => queries.listOfAuthors(authorIds, filter, page, viewer)),
  );
  const editions = perArguments(
    (page: Page<number>) => new DataLoader((views: readonly StoryView[]) => queries.editions(views, page), byView),
  );
  return {
    story,
    characters,
    editions: (view, page) => editions(page).load(view),
    contentOfEdition: new DataLoader((wanted) => queries.contents(wanted.map(({ storyId, version }) => ({ id: storyId, version }))), {
      cacheKeyFn: ({ storyId, version }) => `${storyId}:${version}`,
    }),
    segment: new DataLoader(async (ids) => {
      const storyIds = await queries.storiesOfSegments(ids);
      const views = await Promise.all([...new Set(storyIds)].filter((id) => id !== null).map((id) => story.load(id)));
      const seen = new Map(views.flatMap((view) => (view ? [[view.id, view] as const] : [])));
      const wanted = ids.map((id) => id.toLowerCase()).filter((_, index) => seen.has(storyIds[index] ?? ''));
      const found = new Map((await queries.segmentsById([...seen.values()], wanted)).map((segment) => [segment.id, segment]));
      return ids.map((id, index) => {
        const segment = found.get(id.toLowerCase());
        const view = seen.get(storyIds[index] ?? '');
        return segment && view ? { ...segment, story: view } : null;
      });
    }),
    characterImage: new DataLoader((ids) => queries.characterImages(ids)),
    content: new DataLoader((views) => queries.contents(views), byView),
    searchMatch: new DataLoader((found) => queries.highlights(found), {
      cacheKeyFn: ({ id, edition, version, words }) => `${id}:${edition}:${version}:${words}`,
    }),
    emotions: new DataLoader((views) => queries.emotions(views), byView),
    analyses: new DataLoader((views) => queries.analyses(views), byView),
    segments: (view, page) => segments(page).load(view),
    storiesOfAuthor: (authorId, filter, page) => ofAuthors({ filter, page }).load(authorId),
    character: new DataLoader(async (ids) => {
      const storyIds = await queries.storiesOfCharacters(ids);
      return Promise.all(
        ids.map(async (id, index) => {
          const storyId = storyIds[index];
          const view = storyId ? await story.load(storyId) : null;
          return view ? ((await characters.load(view)).find((character) => character.id === id.toLowerCase()) ?? null) : null;
        }),
      );
    }),
  };
}
