import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Caller } from '@storytelling/shared/graphql/caller';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { type LiveStreams, startLiveStreams } from '@storytelling/shared/infrastructure/live-streams';
import { userId } from '@storytelling/shared/value-objects/user-id';
import { execute, type GraphQLSchema, parse, validate } from 'graphql';
import type { AnalysisProvider } from '../src/domain/analysis-provider.js';
import { storyGraph } from '../src/graphql/context.js';
import { storySchema } from '../src/graphql/schema.js';
import { storyQueries } from '../src/infrastructure/story-queries.js';
import { storyContext } from '../src/story-context.js';
import { published } from './examples.js';
import { storyDatabase } from './story-database.js';

const count = 50;
const prolific = userId('prolific-000001');
const noProvider: AnalysisProvider = { name: 'local', analyse: () => Promise.reject(new Error('nothing is analyzed here')) };

describe('an operation costs as many statements for 50 rows as for one:', () => {
  let database: Awaited<ReturnType<typeof storyDatabase>>;
  let streams: LiveStreams;
  let schema: GraphQLSchema;
  let stories: string[];
  let characters: string[];

  beforeAll(async () => {
    database = await storyDatabase();
    streams = await startLiveStreams({ databaseUrl: database.url, pool: database.pool, log: createLogger('test', 'silent') });
    schema = storySchema();
    stories = [];
    for (let index = 0; index < count; index += 1) {
      stories.push(await published(database.stories, { authorId: prolific, title: `Story ${index}`, content: `Text ${index}.` }));
    }
    characters = (await database.prisma.storyCharacterRecord.findMany({ select: { id: true } })).map(({ id }) => id);
  });
  afterAll(async () => {
    await streams.stop();
    await database.close();
  });

  async function run(query: string, variables: Record<string, unknown>, caller: Caller): Promise<object> {
    const document = parse(query);
    expect(validate(schema, document)).toEqual([]);
    const { verbs } = storyContext({ stories: database.stories, provider: noProvider });
    const contextValue = storyGraph({ verbs, queries: storyQueries(database.prisma), streams }, caller);
    const { data, errors } = await execute({ schema, document, variableValues: variables, contextValue });
    expect(errors).toBeUndefined();
    return data ?? {};
  }

  const everything = `id title content language status version isPublished publishedVersion publishedAt createdAt updatedAt cursor author { id }
    failure { code } characters { id name } emotions { id quote } analyses { id provider }
    segments(first: 100) { nodes { id index text speaker { id name } } pageInfo { hasNextPage } }`;
  const entities = (fields: string) => `query ($of: [_Any!]!) { _entities(representations: $of) { ... on ${fields} } }`;
  const references = (type: string, ids: () => string[]) => (rows: number) => ({
    of: ids()
      .slice(0, rows)
      .map((id) => ({ __typename: type, id })),
  });

  it.each<[string, string, (rows: number) => Record<string, unknown>]>([
    ['stories', `query ($first: Int) { stories(first: $first) { nodes { ${everything} } } }`, (first) => ({ first })],
    ['Story by reference', entities(`Story { ${everything} }`), references('Story', () => stories)],
    [
      'StoryCharacter by reference',
      entities('StoryCharacter { id name aliases traits role }'),
      references('StoryCharacter', () => characters),
    ],
    [
      'User.stories by reference',
      entities(`User { stories(first: 2) { nodes { ${everything} } } }`),
      (rows) => ({
        of: Array.from({ length: rows }, (_, index) => ({ __typename: 'User', id: index === 0 ? prolific : `nobody-${index}-0000` })),
      }),
    ],
  ])('%s', async (_, query, variables) => {
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
});
