import type { Caller } from '@storytelling/shared/graphql/caller';
import type { MediaOf } from '@storytelling/shared/graphql/media';
import { startLiveStreams } from '@storytelling/shared/infrastructure/live-streams';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { runOperation } from '@storytelling/shared/infrastructure/operation';
import { Refusal } from '@storytelling/shared/value-objects/refusal';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { execute, parse, validate } from 'graphql';
import { cancelNarration } from '../src/application/cancel-narration.js';
import { deleteNarration } from '../src/application/delete-narration.js';
import { regenerateSegment } from '../src/application/regenerate-segment.js';
import { resumeNarration } from '../src/application/resume-narration.js';
import { narrationGraph } from '../src/graphql/context.js';
import { narrationSchema } from '../src/graphql/schema.js';
import { narrationQueries } from '../src/infrastructure/narration-queries.js';
import { prismaCastableVoices } from '../src/infrastructure/prisma-castable-voices.js';
import { type PreviewsOf, voiceQueries } from '../src/infrastructure/voice-queries.js';
import type { NarrationVerbs } from '../src/narration-context.js';
import type { narrationDatabase } from './narration-database.js';

export const nobody: Caller = { kind: 'anonymous', permissions: [] };
export const user = (userId: UserId): Caller => ({ kind: 'user', userId, permissions: [] });
export const moderator = (userId: UserId): Caller => ({ kind: 'user', userId, permissions: ['story:moderate'] });

const noMedia: MediaOf = async (key: string) => ({
  url: `https://media.example/${key}`,
  expiresAt: new Date(0),
  contentType: 'audio/mpeg',
});

/** The graph of narrations on a database, asked as the gateway asks it, without a network between them. Nothing is spoken here. */
export async function narrationGraphOn(
  database: Pick<Awaited<ReturnType<typeof narrationDatabase>>, 'narrations' | 'prisma' | 'pool' | 'url'>,
  newId: () => string,
  {
    others = {},
    trains = () => 'profile',
    media = noMedia,
    previewsOf = async (voices) => voices.map(() => null),
  }: {
    others?: Partial<NarrationVerbs>;
    trains?: (provider: string) => 'clone' | 'profile';
    media?: MediaOf;
    previewsOf?: PreviewsOf;
  } = {},
) {
  const { narrations, prisma, pool, url } = database;
  const streams = await startLiveStreams({ databaseUrl: url, pool, log: createLogger('test', 'silent') });
  const schema = narrationSchema();
  const queries = { ...narrationQueries(prisma), ...voiceQueries(prisma, trains) };
  const hears = async (userId: UserId, id: string) => (await queries.narrationsById([id], { userId, isModerator: false }))[0] !== null;
  const casting = { voices: prismaCastableVoices(prisma), providers: new Map() };
  const verbs: Partial<NarrationVerbs> = {
    regenerateSegment: regenerateSegment({ narrations, hears, ...casting, languageOf: queries.languageOf, newId }),
    resumeNarration: resumeNarration({ narrations, hears, newId }),
    cancelNarration: cancelNarration({ narrations, hears }),
    deleteNarration: deleteNarration({ narrations, hears }),
    ...others,
  };

  /** Data and the codes of the refusals in it; a fault of ours fails the test. */
  async function post(
    query: string,
    variables: Record<string, unknown>,
    caller: Caller,
  ): Promise<{ data: Record<string, unknown>; codes: string[] }> {
    const document = parse(query);
    const [invalid] = validate(schema, document);
    if (invalid) throw invalid;
    const contextValue = narrationGraph({ verbs: verbs as NarrationVerbs, queries, streams, media, previewsOf }, caller);
    const operation = { correlationId: 'test', actor: caller.userId ? `user:${caller.userId}` : 'anonymous' };
    const { data, errors = [] } = await runOperation(operation, async () =>
      execute({ schema, document, variableValues: variables, contextValue }),
    );
    const codes = errors.map((error) => {
      if (!(error.originalError instanceof Refusal)) throw error;
      return error.originalError.code;
    });
    return { data: JSON.parse(JSON.stringify(data ?? {})) as Record<string, unknown>, codes };
  }

  return {
    post,
    async ask(query: string, variables: Record<string, unknown>, caller: Caller): Promise<Record<string, unknown>> {
      const { data, codes } = await post(query, variables, caller);
      if (codes.length > 0) throw new Error(`refused: ${codes.join()}`);
      return data;
    },
    close: () => streams.stop(),
  };
}
