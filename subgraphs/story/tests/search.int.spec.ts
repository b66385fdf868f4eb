import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Caller } from '@storytelling/shared/graphql/caller';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { edit, type StoryId } from '../src/domain/story.js';
import { storyContent } from '../src/domain/story-content.js';
import { storyQueries } from '../src/infrastructure/story-queries.js';
import { aStory, published, reader, writer } from './examples.js';
import { graphOn, moderator, nobody, user } from './graph-on.js';
import { storyDatabase } from './story-database.js';

const author = user(writer);
const other = user(reader);
const judge = moderator(userId('moderator-00001'));

interface Part {
  readonly text: string;
  readonly isMatch: boolean;
}
interface Found {
  stories: {
    nodes: { id: string; title: string; searchMatch: { titleHighlight: Part[]; excerpt: Part[] } | null }[];
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
  };
}
const query = `query ($filter: StoryFilter, $first: Int, $after: String, $last: Int, $before: String) {
  stories(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    nodes { id title searchMatch { titleHighlight { text isMatch } excerpt { text isMatch } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

describe('search', () => {
  let database: Awaited<ReturnType<typeof storyDatabase>>;
  let graph: Awaited<ReturnType<typeof graphOn>>;

  beforeAll(async () => {
    database = await storyDatabase();
    graph = await graphOn(database);
  });
  afterAll(async () => {
    await graph.close();
    await database.close();
  });

  const search = async (words: string, caller: Caller = nobody, filter: object = {}, page: object = {}) =>
    (await graph.ask<Found>(query, { filter: { search: words, ...filter }, ...page }, caller)).stories;
  const titles = async (...asked: Parameters<typeof search>) => (await search(...asked)).nodes.map(({ title }) => title);

  it('finds other forms of a word, in the language of each story', async () => {
    await published(database.stories, { title: 'The lanterns', content: 'They were burning brightly.' });
    const german = await published(database.stories, { title: 'Der Garten', content: 'Die alten Häuser brannten.' });
    await database.pool.query("UPDATE stories SET language = 'de-AT' WHERE id = $1", [german]);
    expect(await titles('lantern burns')).toEqual(['The lanterns']);
    expect(await titles('Haus')).toEqual(['Der Garten']);
    expect(await titles('Haus', nobody, { language: 'en' })).toEqual([]);
    // As English, "Häuser" has no other form.
    await database.pool.query("UPDATE stories SET language = 'en' WHERE id = $1", [german]);
    expect(await titles('Haus')).toEqual([]);
    expect(await titles('Häuser')).toEqual(['Der Garten']);
  });

  it('finds a language that PostgreSQL does not know as it is written', async () => {
    const id = await published(database.stories, { title: 'Ukiyo', content: 'kibarashi no tsuki' });
    await database.pool.query("UPDATE stories SET language = 'ja' WHERE id = $1", [id]);
    expect(await titles('tsuki')).toEqual(['Ukiyo']);
  });

  it('puts a title before a text, however often the text has the word', async () => {
    const often = 'A walrus. '.repeat(50);
    await published(database.stories, { title: 'At sea', content: often });
    await published(database.stories, { title: 'The walrus', content: 'Somebody swims.' });
    await published(database.stories, { title: 'On land', content: `Once a walrus. ${'Nothing happens. '.repeat(50)}` });
    expect(await titles('walrus')).toEqual(['The walrus', 'At sea', 'On land']);
  });

  it('reads phrases, or and minus', async () => {
    await published(database.stories, { title: 'One', content: 'A copper kettle sings.' });
    await published(database.stories, { title: 'Two', content: 'A kettle of copper.' });
    expect(await titles('"copper kettle"')).toEqual(['One']);
    expect((await titles('copper kettle')).sort()).toEqual(['One', 'Two']);
    expect(await titles('kettle -sings')).toEqual(['Two']);
    expect((await titles('sings or copper')).length).toBe(2);
  });

  describe('of what is not published', () => {
    let id: StoryId;
    beforeAll(async () => {
      id = await published(database.stories, { title: 'Quicksilver', content: 'The alchemist works.' });
      const content = storyContent('The apothecary works.');
      await database.stories.update(id, (story) => edit(story, 1, { content }), { content });
      await aStory(database.stories, { title: 'Hidden', content: 'The apothecary sleeps.' });
    });

    it('finds the author’s own working editions, to readers the published one', async () => {
      expect((await titles('apothecary', author)).sort()).toEqual(['Hidden', 'Quicksilver']);
      expect(await titles('alchemist', author)).toEqual([]);
      for (const caller of [nobody, other]) {
        expect(await titles('apothecary', caller)).toEqual([]);
        expect(await titles('alchemist', caller)).toEqual(['Quicksilver']);
      }
      expect((await titles('apothecary', judge)).sort()).toEqual(['Hidden', 'Quicksilver']);
      const [found] = (await search('alchemist')).nodes;
      expect(JSON.stringify(found)).not.toContain('apothecary');
    });

    it('obeys the rest of the filter', async () => {
      expect(await titles('apothecary', author, { status: 'DRAFT' })).toHaveLength(2);
      expect(await titles('apothecary', author, { status: 'PUBLISHED' })).toEqual([]);
      expect(await titles('alchemist', other, { status: 'PUBLISHED', authorId: writer })).toEqual(['Quicksilver']);
      expect(await titles('alchemist', other, { authorId: reader })).toEqual([]);
    });

    it('forgets what is unpublished, changed or deleted', async () => {
      const words = () => titles('alchemist');
      await database.pool.query("UPDATE story_versions SET content = 'erased' WHERE story_id = $1 AND version = 1", [id]);
      expect(await words()).toEqual([]);
      await database.pool.query("UPDATE story_versions SET content = 'The alchemist.' WHERE story_id = $1 AND version = 1", [id]);
      expect(await words()).toEqual(['Quicksilver']);
      await database.pool.query('UPDATE stories SET is_published = false, published_version = NULL, published_at = NULL WHERE id = $1', [
        id,
      ]);
      expect(await words()).toEqual([]);
      const left = () => database.pool.query('SELECT edition FROM story_search WHERE story_id = $1', [id]);
      expect((await left()).rows).toEqual([{ edition: 'working' }]);
    });
  });

  it('shows where the words are, as plain text in parts', async () => {
    await published(database.stories, {
      title: 'Juniper <b>& co</b>',
      content: `${'Nothing. '.repeat(300)}\u0002<script>alert(1)</script> the junipers\u0003 stood. ${'Nothing. '.repeat(300)}`,
    });
    const [found] = (await search('juniper')).nodes;
    expect(found?.searchMatch?.titleHighlight).toEqual([
      { text: 'Juniper', isMatch: true },
      { text: ' <b>& co</b>', isMatch: false },
    ]);
    const excerpt = found?.searchMatch?.excerpt ?? [];
    expect(excerpt.filter(({ isMatch }) => isMatch)).toEqual([{ text: 'junipers', isMatch: true }]);
    const text = excerpt.map((part) => part.text).join('');
    expect(text).not.toMatch(/[\u0002\u0003]/);
    expect(text.length).toBeLessThan(400);
    const { stories } = await graph.ask<Found>(query, { filter: { authorId: writer } }, nobody);
    expect(stories.nodes[0]?.searchMatch).toBeNull();
  });

  it('takes whatever is typed', async () => {
    for (const typed of [
      '"unbalanced',
      "'; DROP TABLE stories --",
      '((',
      '& | !',
      '!!',
      ':*',
      '\\',
      '<->',
      '-',
      '" "',
      'the',
      '🦊',
      '\u0001',
      '%',
    ])
      expect(Array.isArray(await titles(typed))).toBe(true);
    expect(await titles('the and of')).toEqual([]);
    expect((await titles('   ')).length).toBeGreaterThan(0);
    expect(await graph.refusal(query, { filter: { search: 'x'.repeat(10_000) } }, nobody)).toBe('SEARCH_TOO_LONG');
    expect(await graph.refusal(query, { filter: { search: 'a\u0000b' } }, nobody)).toBe('TEXT_UNREADABLE');
    expect(await titles('🦊'.repeat(200))).toEqual([]);
  });

  it('refuses a cursor of another list', async () => {
    const cursorOf = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url');
    for (const key of [['2026-01-01T00:00:00.000Z', randomUUID()], [1, 'x'], [null, randomUUID()], 'x'])
      expect(await graph.refusal(query, { filter: { search: 'fox' }, after: cursorOf(key) }, nobody)).toBe('CURSOR_INVALID');
  });

  it('finds a story by its title when its text has more words than PostgreSQL can keep', async () => {
    const id = await published(database.stories, { title: 'The dictionary', content: 'Short.' });
    await database.pool.query(
      "SELECT story_search_write($1, 'published', 'en', 'The dictionary', (SELECT string_agg(md5(n::text), ' ') FROM generate_series(1, 50000) n))",
      [id],
    );
    expect(await titles('dictionary')).toEqual(['The dictionary']);
  });

  describe('among many', () => {
    const count = 3_000;
    beforeAll(async () => {
      await database.pool.query(
        `WITH made AS (
           INSERT INTO stories (id, title, content, content_hash, author_id, stream_version, status, is_published, published_version, published_at)
           SELECT gen_random_uuid(), 'Number ' || n, CASE WHEN n % 50 = 0 THEN 'An ibis. ' ELSE 'A stone. ' END || repeat('An ibis. ', n % 7 * (n % 50 = 0)::int),
             repeat('0', 64), 'prolific-000001', 1, 'published', false, NULL, NULL FROM generate_series(1, $1::int) n RETURNING id, title, content, content_hash
         ) INSERT INTO story_versions (story_id, version, title, content, content_hash) SELECT id, 1, title, content, content_hash FROM made`,
        [count],
      );
      await database.pool.query(
        "UPDATE stories SET is_published = true, published_version = 1, published_at = now() WHERE author_id = 'prolific-000001'",
      );
      await database.pool.query('VACUUM ANALYZE stories, story_search, story_versions');
    });

    it('pages in both directions without a gap or a repetition', async () => {
      const all = await titles('ibis', nobody, {}, { first: 100 });
      expect(all).toHaveLength(count / 50);
      const forward: string[] = [];
      for (let after: string | null = null; ; ) {
        const { nodes, pageInfo } = await search('ibis', nobody, {}, { first: 7, after });
        forward.push(...nodes.map(({ title }) => title));
        if (!pageInfo.hasNextPage) break;
        after = pageInfo.endCursor;
      }
      expect(forward).toEqual(all);
      const last = await search('ibis', nobody, {}, { last: 5 });
      expect(last.nodes.map(({ title }) => title)).toEqual(all.slice(-5));
      const before = await search('ibis', nobody, {}, { last: 5, before: last.pageInfo.startCursor });
      expect(before.nodes.map(({ title }) => title)).toEqual(all.slice(-10, -5));
      expect(before.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    });

    it('lists the best 200', async () => {
      const nodes: string[] = [];
      for (let after: string | null = null; ; ) {
        const page = await search('stone', nobody, {}, { first: 100, after });
        nodes.push(...page.nodes.map(({ id }) => id));
        if (!page.pageInfo.hasNextPage) break;
        after = page.pageInfo.endCursor;
      }
      expect(new Set(nodes).size).toBe(200);
    });

    it('costs as many statements for a page as for one story', async () => {
      const one = await database.statementsOf(() => search('ibis', other, {}, { first: 1 }));
      expect(one).toBe(2);
      expect(await database.statementsOf(() => search('ibis', other, {}, { first: 50 }))).toBe(one);
    });

    it('uses the index', async () => {
      let statement = '';
      database.prisma.$on('query', ({ query: sql }) => {
        if (sql.includes('story_search')) statement = sql;
      });
      const queries = storyQueries(database.prisma);
      for (const viewer of [
        { userId: undefined, isModerator: false },
        { userId: reader, isModerator: false },
        { userId: reader, isModerator: true },
      ]) {
        statement = '';
        await queries.search('ibis', {}, { limit: 20, backward: false }, viewer);
        // Query events are emitted asynchronously.
        while (statement === '') await new Promise((resolve) => setTimeout(resolve, 5));
        const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN (GENERIC_PLAN) ${statement}`);
        expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('Bitmap Index Scan on story_search_document');
      }
    });
  });
});
