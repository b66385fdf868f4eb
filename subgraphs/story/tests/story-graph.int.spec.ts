import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Caller } from '@storytelling/shared/graphql/caller';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { type LiveStreams, startLiveStreams } from '@storytelling/shared/infrastructure/live-streams';
import { runOperation } from '@storytelling/shared/infrastructure/operation';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { execute, getNamedType, type GraphQLSchema, isObjectType, parse, TypeInfo, validate, visit, visitWithTypeInfo } from 'graphql';
import type { AnalysisProvider } from '../src/domain/analysis-provider.js';
import { storyGraph } from '../src/graphql/context.js';
import { storySchema } from '../src/graphql/schema.js';
import { storyQueries } from '../src/infrastructure/story-queries.js';
import { noImages, noMedia } from './no-images.js';
import { storyContext } from '../src/story-context.js';
import { published } from './examples.js';
import { noScripts } from './graph-on.js';
import { storyDatabase } from './story-database.js';

const count = 50;
const prolific = userId('prolific-000001');
const noProvider: AnalysisProvider = {
  name: 'local',
  revision: 'local/1',
  analyse: () => Promise.reject(new Error('nothing is analyzed here')),
};

describe('stories in the graph', () => {
  let database: Awaited<ReturnType<typeof storyDatabase>>;
  let streams: LiveStreams;
  let schema: GraphQLSchema;
  let stories: string[];
  let characters: string[];
  let segments: string[];

  beforeAll(async () => {
    database = await storyDatabase();
    streams = await startLiveStreams({ databaseUrl: database.url, pool: database.pool, log: createLogger('test', 'silent') });
    schema = storySchema();
    stories = [];
    for (let index = 0; index < count; index += 1) {
      stories.push(await published(database.stories, { authorId: prolific, title: `Story ${index}`, content: `Text ${index}.` }));
    }
    characters = (await database.prisma.storyCharacterRecord.findMany({ select: { id: true } })).map(({ id }) => id);
    segments = (await database.prisma.storySegmentRecord.findMany({ select: { id: true } })).map(({ id }) => id);
  });
  afterAll(async () => {
    await streams.stop();
    await database.close();
  });

  async function run(query: string, variables: Record<string, unknown>, caller: Caller): Promise<object> {
    const document = parse(query);
    expect(validate(schema, document)).toEqual([]);
    const { verbs } = storyContext({
      stories: database.stories,
      moderations: database.moderations,
      authors: { hasVerifiedEmail: async () => true },
      scripts: noScripts,
      ...noImages,
      provider: noProvider,
      tellOperator: () => undefined,
    });
    const contextValue = storyGraph({ verbs, queries: storyQueries(database.prisma), streams, media: noMedia }, caller);
    const { data, errors } = await execute({ schema, document, variableValues: variables, contextValue });
    expect(errors).toBeUndefined();
    return data ?? {};
  }

  const everything = `id title content language status version isPublished publishedVersion publishedAt createdAt updatedAt cursor author { id }
    failure { code } characters { id name image { url } } emotions { id quote } analyses { id provider }
    moderation { decision } searchMatch { excerpt { text } } updates(first: 3) { cursor eventType }
    segments(first: 100) { nodes { id index text speaker { id name } } pageInfo { hasNextPage } }
    versions(first: 2) { nodes { version title content isPublished } }`;
  const entities = (fields: string) => `query ($of: [_Any!]!) { _entities(representations: $of) { ... on ${fields} } }`;
  const references = (type: string, ids: () => string[]) => (rows: number) => ({
    of: ids()
      .slice(0, rows)
      .map((id) => ({ __typename: type, id })),
  });

  const counted: [string, string, (rows: number) => Record<string, unknown>][] = [
    ['stories', `query ($first: Int) { stories(first: $first) { nodes { ${everything} } } }`, (first) => ({ first })],
    ['Story by reference', entities(`Story { ${everything} }`), references('Story', () => stories)],
    [
      'StoryCharacter by reference',
      entities('StoryCharacter { id name aliases traits role }'),
      references('StoryCharacter', () => characters),
    ],
    [
      'StorySegment by reference',
      entities('StorySegment { id index text speaker { id name } }'),
      references('StorySegment', () => segments),
    ],
    [
      'User.stories by reference',
      entities(`User { stories(first: 2) { nodes { ${everything} } } }`),
      (rows) => ({
        of: Array.from({ length: rows }, (_, index) => ({ __typename: 'User', id: index === 0 ? prolific : `nobody-${index}-0000` })),
      }),
    ],
  ];

  it('are counted on every field that leads to rows', () => {
    const asked = new Set<string>();
    const info = new TypeInfo(schema);
    const see = visitWithTypeInfo(info, { Field: () => void asked.add(`${info.getParentType()?.name}.${info.getFieldDef()?.name}`) });
    for (const [, query] of counted) visit(parse(query), see);
    const leading = ['Story', 'StoryCharacter', 'StorySegment', 'StoryEmotion', 'User'].flatMap((name) => {
      const type = schema.getType(name);
      if (!isObjectType(type)) throw new Error(`There is no type ${name}.`);
      return Object.values(type.getFields()).flatMap((field) => (isObjectType(getNamedType(field.type)) ? `${name}.${field.name}` : []));
    });
    expect(leading).toContain('Story.characters');
    expect(leading.filter((field) => !asked.has(field))).toEqual([]);
  });

  it.each(counted)('cost as many statements for 50 rows as for one: %s', async (_, query, variables) => {
    for (const caller of [
      { kind: 'user', userId: prolific, permissions: [] },
      { kind: 'anonymous', permissions: [] },
    ] satisfies Caller[]) {
      const one = await database.statementsOf(() => run(query, variables(1), caller));
      const answer = await run(query, variables(count), caller);
      expect(JSON.stringify(answer)).toContain('The fox');
      expect(one).toBeGreaterThan(0);
      expect(await database.statementsOf(() => run(query, variables(count), caller))).toBe(one);
    }
  });

  it.each([
    ['stories', 'stories(filter: { authorId: $of }, first: $first, after: $after, last: $last, before: $before)'],
    [
      'User.stories',
      '_entities(representations: [{ __typename: "User", id: $of }]) { ... on User { stories(first: $first, after: $after, last: $last, before: $before)',
    ],
  ])('are paged in both directions by the cursors that the list gave: %s', async (_, list) => {
    type Page = {
      nodes: { title: string }[];
      pageInfo: Record<'hasNextPage' | 'hasPreviousPage', boolean> & Record<'startCursor' | 'endCursor', string>;
    };
    const query = `query ($of: ID!, $first: Int, $after: String, $last: Int, $before: String) {
      ${list} { nodes { title } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } ${list.includes('User') ? '} }' : ''} }`;
    const page = async (args: object): Promise<Page> => {
      const data = (await run(query, { of: prolific, ...args }, { kind: 'anonymous', permissions: [] })) as {
        stories?: Page;
        _entities?: { stories: Page }[];
      };
      return (data.stories ?? data._entities?.[0]?.stories) as Page;
    };
    const titles = ({ nodes }: Page) => nodes.map(({ title }) => title);
    const newest = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `Story ${count - 1 - from - index}`);

    const top = await page({ first: 2 });
    expect(titles(top)).toEqual(newest(0, 2));
    expect(top.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const next = await page({ first: 3, after: top.pageInfo.endCursor });
    expect(titles(next)).toEqual(newest(2, 5));
    expect(next.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    const end = await page({ last: 2 });
    expect(titles(end)).toEqual(newest(count - 2, count));
    const before = await page({ last: 3, before: end.pageInfo.startCursor });
    expect(titles(before)).toEqual(newest(count - 5, count - 2));
    const between = { after: top.pageInfo.startCursor, before: next.pageInfo.endCursor };
    expect(titles(await page(between))).toEqual(newest(1, 4));
    expect(titles(await page({ ...between, first: 2 }))).toEqual(newest(1, 3));
    expect(titles(await page({ ...between, last: 2 }))).toEqual(newest(2, 4));
  });

  it('are edited once under one idempotencyKey: whoever has lost the answer is not told of her own change as of somebody else’s', async () => {
    const author: Caller = { kind: 'user', userId: userId('editor-00000002'), permissions: [] };
    const { begun } = (await run('mutation { begun: createStory(input: { title: "First", content: "One." }) { id } }', {}, author)) as {
      begun: { id: string };
    };
    const input = { id: begun.id, expectedVersion: 1, title: 'Second', idempotencyKey: 'edit-1' };
    const edit = () =>
      runOperation({ correlationId: 'test', actor: `user:${author.userId}` }, () =>
        run('mutation ($input: EditStoryInput!) { editStory(input: $input) { version title } }', { input }, author),
      );
    const edited = { editStory: { version: 2, title: 'Second' } };
    expect([await edit(), await edit()]).toEqual([edited, edited]);
  });

  it('are answered by each mutation of a request as that mutation left them', async () => {
    const author: Caller = { kind: 'user', userId: userId('editor-00000001'), permissions: [] };
    const { begun } = (await run('mutation { begun: createStory(input: { title: "First", content: "One." }) { id } }', {}, author)) as {
      begun: { id: string };
    };
    const answer = await run(
      `mutation ($id: ID!) {
        a: editStory(input: { id: $id, expectedVersion: 1, title: "Second" }) { version title content }
        b: editStory(input: { id: $id, expectedVersion: 2, content: "Two." }) { version title content }
      }`,
      { id: begun.id },
      author,
    );
    expect(answer).toEqual({ a: { version: 2, title: 'Second', content: 'One.' }, b: { version: 3, title: 'Second', content: 'Two.' } });
  });
});
