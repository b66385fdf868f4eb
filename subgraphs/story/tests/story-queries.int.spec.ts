import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { edit, requestAnalysis, type StoryId } from '../src/domain/story.js';
import { storyContent } from '../src/domain/story-content.js';
import { storyLoaders } from '../src/graphql/story.loader.js';
import { type StoryQueries, type StoryView, storyQueries, type Viewer } from '../src/infrastructure/story-queries.js';
import { analyzed, aStory, published, reader, writer } from './examples.js';
import { storyDatabase } from './story-database.js';

const author: Viewer = { userId: writer, isModerator: false };
const stranger: Viewer = { userId: undefined, isModerator: false };
const other: Viewer = { userId: reader, isModerator: false };
const moderator: Viewer = { userId: reader, isModerator: true };
const everything = { limit: 100, backward: false };

describe('reading stories', () => {
  let database: Awaited<ReturnType<typeof storyDatabase>>;
  let queries: StoryQueries;
  let draft: StoryId;
  let shown: StoryId;
  const second = storyContent('A fox, a crow and a cheese.');

  beforeAll(async () => {
    database = await storyDatabase();
    queries = storyQueries(database.prisma);
    draft = await aStory(database.stories);
    shown = await published(database.stories, { content: 'Once there was a fox.' });
    await database.stories.update(shown, (story) => edit(story, 1, { content: second }), { content: second });
    await analyzed(database.stories, shown, 2);
  });
  afterAll(() => database.close());

  const one = async (id: string, viewer: Viewer) => (await queries.storiesById([id], viewer))[0] ?? null;
  const seen = async (id: string, viewer: Viewer) => (await one(id, viewer)) as StoryView;

  it('a draft is its author’s and moderators’', async () => {
    expect(await one(draft, author)).toMatchObject({ edition: 'working', status: 'draft' });
    expect(await one(draft, moderator)).toMatchObject({ edition: 'working' });
    expect(await one(draft, stranger)).toBeNull();
    expect(await one(draft, other)).toBeNull();
  });

  it('readers see the published edition, text and findings, while the next one is written', async () => {
    const view = await seen(shown, other);
    expect(view).toMatchObject({ edition: 'published', status: 'published', version: 1, failure: null, analysis: null });
    expect(await queries.contents([view])).toEqual(['Once there was a fox.']);
    const [segments] = await queries.segments([view], everything);
    expect(segments?.nodes).toMatchObject([{ index: 0, text: 'Once there was a fox.' }]);
    expect((await queries.emotions([view]))[0]).toMatchObject([{ quote: 'Once there was a fox.' }]);

    const working = await seen(shown, author);
    expect(working).toMatchObject({ edition: 'working', status: 'analyzed', version: 2, publishedVersion: 1 });
    expect(await queries.contents([working])).toEqual([second.text]);
    expect((await queries.segments([working], everything))[0]?.nodes).toMatchObject([{ text: second.text }]);
  });

  it('the same policy holds for lists, lists of authors and characters', async () => {
    const idsFor = async (viewer: Viewer) => (await queries.list({}, everything, viewer)).nodes.map(({ id }) => id);
    expect(await idsFor(other)).toEqual([shown]);
    expect(await idsFor(stranger)).toEqual([shown]);
    expect((await idsFor(author)).sort()).toEqual([draft, shown].sort());
    const ofWriter = async (viewer: Viewer) =>
      (await queries.listOfAuthors([writer], {}, everything, viewer))[0]?.nodes.map(({ id }) => id);
    expect(await ofWriter(other)).toEqual([shown]);
    expect(await ofWriter(author)).toHaveLength(2);

    const drafted = await analyzed(database.stories, await aStory(database.stories));
    const hidden = (await queries.characters([await seen(drafted, author)])).flat()[0] as { id: string };
    expect(await storyLoaders(queries, author).character.load(hidden.id)).toMatchObject({ name: 'The fox' });
    expect(await storyLoaders(queries, other).character.load(hidden.id)).toBeNull();
  });

  it('readers are not shown how the writer works', async () => {
    expect((await queries.analyses([await seen(shown, author)]))[0]).toHaveLength(2);
    expect((await queries.analyses([await seen(shown, other)]))[0]).toEqual([]);
  });

  it('the filter speaks of what the viewer sees', async () => {
    const listed = async (viewer: Viewer, status: 'draft' | 'analyzed' | 'published') =>
      (await queries.list({ status, authorId: writer }, everything, viewer)).nodes.map(({ id }) => id);
    expect(await listed(other, 'published')).toEqual([shown]);
    expect(await listed(other, 'analyzed')).toEqual([]);
    expect(await listed(author, 'published')).toEqual([]);
    expect(await listed(author, 'draft')).toEqual([draft]);
    expect((await queries.list({ language: 'de' }, everything, author)).nodes).toEqual([]);
  });

  it('an id that cannot be one is one that nobody has', async () => {
    expect(await queries.storiesById(["'; DROP TABLE stories", shown.toUpperCase()], other)).toMatchObject([null, { id: shown }]);
  });

  it('quotes and segments are of the present text or not there; characters stay known', async () => {
    const id = await analyzed(database.stories, await aStory(database.stories));
    const found = async () => {
      const views = [await seen(id, author)];
      const [characters, emotions, segments] = await Promise.all([
        queries.characters(views),
        queries.emotions(views),
        queries.segments(views, everything),
      ]);
      return [characters[0]?.length, emotions[0]?.length, segments[0]?.nodes.map(({ text }) => text)];
    };
    expect(await found()).toEqual([1, 1, ['Once there was a fox.']]);
    await database.stories.update(id, (story) => requestAnalysis(story, randomUUID()));
    expect(await found()).toEqual([1, 1, ['Once there was a fox.']]);
    await database.stories.update(id, (story) => edit(story, 1, { content: second }), { content: second });
    expect(await found()).toEqual([1, 0, []]);
    await database.stories.update(id, (story) => requestAnalysis(story, randomUUID()));
    expect(await found()).toEqual([1, 0, []]);
  });

  it('readers see what is found anew in the edition they read', async () => {
    const id = await published(database.stories, { content: 'Once there was a fox.' });
    await database.prisma.storyVersionRecord.updateMany({ where: { storyId: id }, data: { publishedFindings: { segments: [] } } });
    await analyzed(database.stories, id);
    expect((await queries.segments([await seen(id, other)], everything))[0]?.nodes).toMatchObject([{ text: 'Once there was a fox.' }]);
  });

  describe('many', () => {
    const prolific = userId('prolific-000001');
    beforeAll(async () => {
      for (let index = 0; index < 50; index += 1)
        await published(database.stories, { authorId: prolific, title: `Story ${index}`, content: `Text ${index}.` });
    });
    const page = (more: object) => ({ limit: 20, backward: false, ...more });
    const keyOf = ({ createdAt, id }: StoryView) => ({ createdAt: createdAt.toISOString(), id });
    const titles = (nodes: readonly StoryView[]) => nodes.map(({ title }) => title);
    const newestFirst = Array.from({ length: 50 }, (_, index) => `Story ${49 - index}`);

    it('are paged forward and backward without a gap or a repetition', async () => {
      const found: StoryView[] = [];
      for (let after: ReturnType<typeof keyOf> | undefined; ; ) {
        const { nodes, more } = await queries.list({ authorId: prolific }, page({ after }), other);
        found.push(...nodes);
        if (!more) break;
        after = keyOf(nodes.at(-1) as StoryView);
      }
      expect(titles(found)).toEqual(newestFirst);

      const last = await queries.list({ authorId: prolific }, page({ backward: true }), other);
      expect(titles(last.nodes)).toEqual(newestFirst.slice(30));
      const before = await queries.list({ authorId: prolific }, page({ backward: true, before: keyOf(last.nodes[0] as StoryView) }), other);
      expect(titles(before.nodes)).toEqual(newestFirst.slice(10, 30));
      expect(before.more).toBe(true);
    });

    it.each<[string, (load: ReturnType<typeof storyLoaders>, views: readonly StoryView[]) => Promise<unknown>]>([
      ['story', (load, views) => load.story.loadMany(views.map(({ id }) => id))],
      ['content', (load, views) => load.content.loadMany(views)],
      ['characters', (load, views) => load.characters.loadMany(views)],
      ['emotions', (load, views) => load.emotions.loadMany(views)],
      ['analyses', (load, views) => load.analyses.loadMany(views)],
      ['segments', (load, views) => Promise.all(views.map((view) => load.segments(view, everything)))],
      ['stories of authors', (load, views) => Promise.all(views.map(({ id }) => load.storiesOfAuthor(`author-${id}`, {}, everything)))],
      [
        'characters by id',
        async (load, views) => {
          const characters = await queries.characters(views);
          return load.character.loadMany(characters.flat().map(({ id }) => id));
        },
      ],
    ])('cost as many statements as one: %s', async (_, read) => {
      for (const viewer of [other, { userId: prolific, isModerator: false }]) {
        const views = (await queries.list({ authorId: prolific }, everything, viewer)).nodes;
        expect(views).toHaveLength(50);
        const one = await database.statementsOf(() => read(storyLoaders(queries, viewer), views.slice(0, 1)));
        expect(one).toBeGreaterThan(0);
        expect(await database.statementsOf(() => read(storyLoaders(queries, viewer), views))).toBe(one);
      }
    });
  });
});
