import type { Caller } from '@storytelling/shared/graphql/caller';
import { startLiveStreams } from '@storytelling/shared/infrastructure/live-streams';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { Refusal } from '@storytelling/shared/value-objects/refusal';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { execute, parse, validate } from 'graphql';
import type { AnalysisProvider } from '../src/domain/analysis-provider.js';
import type { Scripts } from '../src/domain/scripts.js';
import { storyGraph } from '../src/graphql/context.js';
import { storySchema } from '../src/graphql/schema.js';
import { storyQueries } from '../src/infrastructure/story-queries.js';
import { noImages, noMedia } from './no-images.js';
import { storyContext } from '../src/story-context.js';
import type { storyDatabase } from './story-database.js';

const noProvider: AnalysisProvider = {
  name: 'local',
  revision: 'local/1',
  analyse: () => Promise.reject(new Error('nothing is analyzed here')),
};

/** Nothing is analyzed here, so no script is stored. */
export const noScripts: Scripts = {
  put: () => Promise.reject(new Error('no script is stored here')),
  removeOf: () => Promise.resolve(),
};

export const nobody: Caller = { kind: 'anonymous', permissions: [] };
export const user = (userId: UserId): Caller => ({ kind: 'user', userId, permissions: [] });
export const moderator = (userId: UserId): Caller => ({ kind: 'user', userId, permissions: ['story:moderate'] });

export interface Refused {
  readonly code: string;
  readonly field: string | undefined;
  readonly params: unknown;
}

/** The graph of this context on a database, asked as the gateway asks it, without a network between them. */
export async function graphOn(database: Awaited<ReturnType<typeof storyDatabase>>) {
  const streams = await startLiveStreams({ databaseUrl: database.url, pool: database.pool, log: createLogger('test', 'silent') });
  const schema = storySchema();
  const queries = storyQueries(database.prisma);
  const { verbs } = storyContext({
    stories: database.stories,
    moderations: database.moderations,
    authors: { hasVerifiedEmail: async () => true },
    scripts: noScripts,
    ...noImages,
    provider: noProvider,
    tellOperator: () => undefined,
  });

  /** Data and the refusals in it; a fault of ours fails the test. */
  async function post<Data>(
    query: string,
    variables: Record<string, unknown>,
    caller: Caller,
  ): Promise<{ data: Data; refused: Refused[] }> {
    const document = parse(query);
    const [invalid] = validate(schema, document);
    if (invalid) throw invalid;
    const contextValue = storyGraph({ verbs, queries, streams, media: noMedia }, caller);
    const { data, errors = [] } = await execute({ schema, document, variableValues: variables, contextValue });
    const refused = errors.map((error) => {
      if (!(error.originalError instanceof Refusal)) throw error;
      const { code, field, params } = error.originalError;
      return { code, field, params };
    });
    return { data: data as Data, refused };
  }

  return {
    post,
    async ask<Data>(query: string, variables: Record<string, unknown>, caller: Caller): Promise<Data> {
      const { data, refused } = await post<Data>(query, variables, caller);
      if (refused.length > 0) throw new Error(`refused: ${refused.map(({ code }) => code).join()}`);
      return data;
    },
    /** The code of the one refusal that an answer consists of. */
    async refusal(query: string, variables: Record<string, unknown>, caller: Caller): Promise<string> {
      const { refused } = await post(query, variables, caller);
      return refused.map(({ code }) => code).join();
    },
    close: () => streams.stop(),
  };
}
