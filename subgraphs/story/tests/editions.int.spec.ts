import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { edit, publish, type StoryId } from '../src/domain/story.js';
import { storyContent } from '../src/domain/story-content.js';
import { analyzed, aStory, published, reader, writer } from './examples.js';
import { graphOn, moderator, nobody, user } from './graph-on.js';
import { storyDatabase } from './story-database.js';

const author = user(writer);
const other = user(reader);
const judge = moderator(userId('moderator-00001'));

describe('what is kept of a story', () => {
  let database: Awaited<ReturnType<typeof storyDatabase>>;
  let graph: Awaited<ReturnType<typeof graphOn>>;
  let shown: StoryId;
  let draft: StoryId;

  beforeAll(async () => {
    database = await storyDatabase();
    graph = await graphOn(database);
    shown = await published(database.stories, { content: 'Once there was a fox.' });
    for (let version = 1; version < 4; version += 1) {
      const content = storyContent(`Once there was a fox. Edition ${version + 1}.`);
      await database.stories.update(shown, (story) => edit(story, version, { content }), { content });
    }
    await analyzed(database.stories, shown, 4);
    draft = await aStory(database.stories);
  });
  afterAll(async () => {
    await graph.close();
    await database.close();
  });

  describe('its editions', () => {
    type Versions = {
      story: {
        versions: {
          nodes: { version: number; content: string; isPublished: boolean; contentHash: string; createdAt: Date }[];
          pageInfo: Record<'hasNextPage' | 'hasPreviousPage', boolean> & Record<'startCursor' | 'endCursor', string>;
        };
      } | null;
    };
    const query = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
      story(id: $id) { versions(first: $first, after: $after, last: $last, before: $before) {
        nodes { version title content contentHash createdAt isPublished } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`;
    const versions = async (caller: typeof author, args: object = {}) => {
      const { story } = await graph.ask<Versions>(query, { id: shown, ...args }, caller);
      if (!story) throw new Error('no story');
      return story.versions;
    };

    it.each([
      ['the author', author],
      ['moderators', judge],
    ])('are all seen by %s, newest first', async (_, caller) => {
      const { nodes } = await versions(caller);
      expect(nodes.map(({ version, isPublished }) => [version, isPublished])).toEqual([
        [4, false],
        [3, false],
        [2, false],
        [1, true],
      ]);
      expect(nodes.map(({ content }) => content).at(1)).toBe('Once there was a fox. Edition 3.');
      expect(nodes.map(({ contentHash }) => contentHash).at(-1)).toBe(storyContent('Once there was a fox.').hash);
    });

    it.each([
      ['readers', other],
      ['strangers', nobody],
    ])('are, to %s, the published one alone', async (_, caller) => {
      const { nodes } = await versions(caller);
      expect(nodes.map(({ version, content }) => [version, content])).toEqual([[1, 'Once there was a fox.']]);
    });

    it('are paged in both directions', async () => {
      const first = await versions(author, { first: 2 });
      expect(first.nodes.map(({ version }) => version)).toEqual([4, 3]);
      expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
      const next = await versions(author, { first: 2, after: first.pageInfo.endCursor });
      expect(next.nodes.map(({ version }) => version)).toEqual([2, 1]);
      expect(next.pageInfo.hasNextPage).toBe(false);
      const last = await versions(author, { last: 1 });
      expect(last.nodes.map(({ version }) => version)).toEqual([1]);
      const before = await versions(author, { last: 2, before: last.pageInfo.startCursor });
      expect(before.nodes.map(({ version }) => version)).toEqual([3, 2]);
      expect(await graph.refusal(query, { id: shown, after: 'x' }, author)).toBe('CURSOR_INVALID');
    });
  });

  describe('a segment by reference', () => {
    const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on StorySegment { id index text speaker { id name } } } }`;
    const byReference = async (caller: typeof author, ...ids: string[]) =>
      (
        await graph.ask<{ _entities: ({ index: number; text: string } | null)[] }>(
          query,
          { of: ids.map((id) => ({ __typename: 'StorySegment', id })) },
          caller,
        )
      )._entities;
    const idsOf = async (id: StoryId) =>
      (await database.prisma.storySegmentRecord.findMany({ where: { storyId: id }, select: { id: true } })).map((segment) => segment.id);

    it('is of the edition that one sees: of the working one its author’s, of the published one everybody’s', async () => {
      const [working = ''] = await idsOf(shown);
      const [{ found } = { found: '' }] = await database.prisma.$queryRaw<{ found: string }[]>`
        SELECT published_findings -> 'segments' -> 0 ->> 'id' AS found FROM story_versions WHERE story_id = ${shown}::uuid AND version = 1`;
      expect(found).not.toBe(working);
      const text = [{ text: 'Once there was a fox. Edition 4.', index: 0, speaker: { name: 'The fox' } }, null];
      expect(await byReference(author, working, found)).toMatchObject(text);
      expect(await byReference(judge, working, found)).toMatchObject(text);
      const read = [null, { text: 'Once there was a fox.', index: 0, speaker: { name: 'The fox' } }];
      expect(await byReference(other, working, found)).toMatchObject(read);
      expect(await byReference(nobody, working, found.toUpperCase())).toMatchObject(read);
    });

    it('of a draft, of a text that was changed since, or of nothing is null', async () => {
      const id = await analyzed(database.stories, await aStory(database.stories, { content: 'A secret fox.' }));
      const [secret = ''] = await idsOf(id);
      expect(await byReference(author, secret)).toMatchObject([{ text: 'A secret fox.' }]);
      expect(await byReference(other, secret, 'nonsense', shown)).toEqual([null, null, null]);
      const content = storyContent('Another fox.');
      await database.stories.update(id, (story) => edit(story, 1, { content }), { content });
      expect(await byReference(author, secret)).toEqual([null]);
    });

    it('is found without reading every edition', async () => {
      const client = await database.pool.connect();
      await client.query('SET enable_seqscan = off');
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT v.story_id FROM story_versions v WHERE jsonb_path_query_array(v.published_findings, '$.segments[*].id') @> to_jsonb($1::text)`,
        [shown],
      );
      client.release(true);
      expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('story_versions_published_segments');
    });
  });

  describe('its updates by query', () => {
    type Updates = { story: { cursor: string; updates: { cursor: string; eventType: string; story: { id: string } }[] } | null };
    const query = `query ($id: ID!, $after: String, $first: Int) { story(id: $id) { cursor updates(after: $after, first: $first) { cursor eventType occurredAt progress { stage } story { id } } } }`;
    const updates = async (id: string, args: object = {}, caller = author) =>
      (await graph.ask<Updates>(query, { id, ...args }, caller)).story ?? { cursor: '', updates: [] };

    it('are those of its stream, page by page, until none come', async () => {
      const seen: string[] = [];
      let after: string | undefined;
      for (;;) {
        const { updates: page } = await updates(shown, { after, first: 3 });
        expect(page.length).toBeLessThanOrEqual(3);
        seen.push(...page.map(({ eventType }) => eventType));
        after = page.at(-1)?.cursor ?? after;
        if (page.length === 0) break;
      }
      expect(seen).toEqual((await database.events(shown)).map(({ type }) => type));
      expect(after).toBe((await updates(shown)).cursor);
    });

    it('after the story’s cursor are what happened since', async () => {
      const id = await aStory(database.stories);
      const { cursor } = await updates(id);
      expect((await updates(id, { after: cursor })).updates).toEqual([]);
      await analyzed(database.stories, id);
      await database.stories.update(id, (story) => publish(story, 1));
      expect((await updates(id, { after: cursor })).updates.map(({ eventType, story }) => [eventType, story.id])).toEqual(
        ['AnalysisRequested', 'CharactersExtracted', 'StoryAnalyzed', 'StoryPublished'].map((type) => [type, id]),
      );
    });

    it('of another story’s cursor, or of the future, are refused: state has to be read anew', async () => {
      const { cursor } = await updates(draft);
      const future = Buffer.from(Buffer.from(cursor, 'base64url').toString().replace(/:1:/, ':2:')).toString('base64url');
      for (const after of [(await updates(shown)).cursor, future, 'x'])
        expect(await graph.refusal(query, { id: draft, after }, author)).toBe('RESUME_EXPIRED');
    });

    it('are the author’s and moderators’, at most 100 a page', async () => {
      expect((await updates(shown, {}, judge)).updates.length).toBeGreaterThan(0);
      const { cursor: after } = await updates(shown);
      for (const caller of [other, nobody]) expect((await updates(shown, {}, caller)).updates).toEqual([]);
      expect(await graph.refusal(query, { id: shown, after }, other)).toBe('STORY_UPDATES_NOT_YOURS');
      expect(await graph.refusal(query, { id: shown, after }, nobody)).toBe('SIGN_IN_REQUIRED');
      for (const first of [0, -1, 101]) expect(await graph.refusal(query, { id: shown, first }, author)).toBe('PAGE_SIZE_OUT_OF_RANGE');
    });
  });

  describe('a draft', () => {
    const rename = `mutation ($id: ID!) { editStory(input: { id: $id, expectedVersion: 1, title: "Mine now" }) { id } }`;
    it('cannot be edited by a moderator, who sees that it is there and not theirs', async () => {
      expect(await graph.refusal(rename, { id: draft }, judge)).toBe('STORY_NOT_YOURS');
    });
    it('is not there for anybody else', async () => {
      expect(await graph.refusal(rename, { id: draft }, other)).toBe('STORY_NOT_FOUND');
    });
  });
});
