import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { identityEvents } from '@storytelling/shared/domain-events/identity';
import { storyEvents } from '@storytelling/shared/domain-events/story';
import { openContextRuntime } from '@storytelling/shared/infrastructure/context-runtime';
import type { Environment } from '@storytelling/shared/infrastructure/environment';
import { startJobs } from '@storytelling/shared/infrastructure/jobs';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { startProjection } from '@storytelling/shared/infrastructure/projection';
import { openObjectStore } from '@storytelling/shared/infrastructure/open-object-store';
import { personalDataQueues, startPersonalData } from '@storytelling/shared/infrastructure/personal-data';
import type { RunningService } from '@storytelling/shared/infrastructure/run-service';
import { startSubgraphServer } from '@storytelling/shared/infrastructure/subgraph-server';
import { unitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { uploadedImages } from '@storytelling/shared/infrastructure/uploaded-images';
import { startSweeping, uploadsOf } from '@storytelling/shared/infrastructure/uploads';
import { whenEmailVerified } from './application/when-email-verified.js';
import { whenUserRegistered } from './application/when-user-registered.js';
import type { AnalysisProvider } from './domain/analysis-provider.js';
import { readStoryEnvironment } from './environment.js';
import { PrismaClient } from './generated/prisma/client.js';
import { storyGraph } from './graphql/context.js';
import { storySchema } from './graphql/schema.js';
import { exportedAuthor } from './infrastructure/exported-author.js';
import { identityProjectors } from './infrastructure/identity.acl.js';
import { characterImageFolder, prismaPicturedCharacters, storedCharacterImages } from './infrastructure/prisma-character-images.js';
import { prismaAuthors } from './infrastructure/prisma-authors.js';
import { objectScripts } from './infrastructure/object-scripts.js';
import { prismaModerations } from './infrastructure/prisma-moderations.js';
import { whenAuthorErased } from './infrastructure/prisma-erasures.js';
import {
  type AnalysisJob,
  analysisQueue,
  type ForgetJob,
  forgetQueue,
  prismaStories,
  type ScriptJob,
  scriptQueue,
} from './infrastructure/prisma-stories.js';
import { chooseAnalysisProvider } from './infrastructure/providers/choose-provider.js';
import { storyQueries } from './infrastructure/story-queries.js';
import { storyContext } from './story-context.js';

const migrations = fileURLToPath(new URL('../../../prisma/story/migrations', import.meta.url));

/** Starts story. `ports` replaces what a test wants to be another (the provider). Whatever was opened is closed again when starting fails. */
export async function startStory(environment: Environment, ports: { provider?: AnalysisProvider } = {}): Promise<RunningService> {
  const settings = readStoryEnvironment(environment);
  const log = createLogger('story', settings.LOG_LEVEL);
  const { DATABASE_URL: databaseUrl } = settings;
  await using closing = new AsyncDisposableStack();

  const runtime = await openContextRuntime({ context: 'story', databaseUrl, eventBus: settings, migrations, log });
  closing.defer(() => runtime.close());
  const client = new PrismaClient({ adapter: runtime.adapter });
  closing.defer(() => client.$disconnect());
  const store = await openObjectStore('story', settings, log);
  closing.defer(() => store.close());
  const now = () => new Date();
  const uploads = uploadsOf('story', { ...store, now, newId: randomUUID });
  const images = uploadedImages({ folder: characterImageFolder, objects: store.objects, uploads, now, log });
  const provider = ports.provider ?? chooseAnalysisProvider(settings);
  closing.defer(() => provider.close?.());
  const jobs = await startJobs({ databaseUrl, queues: [analysisQueue, scriptQueue, forgetQueue, ...personalDataQueues], log });
  closing.defer(() => jobs.stop());

  const transact = unitOfWork(client, () => runtime.relay.nudge());
  const stories = prismaStories({ client, transact, jobs });
  const moderations = prismaModerations({ transact, jobs });
  const scripts = objectScripts(store.objects);
  const context = storyContext({
    stories,
    moderations,
    authors: prismaAuthors(client),
    scripts,
    pictured: prismaPicturedCharacters({ transact, jobs }),
    images: storedCharacterImages(images),
    provider,
    tellOperator: (failure) => log.warn(failure, 'an analysis failed'),
  });
  const queries = storyQueries(client);
  const sweeping = startSweeping(async () => {
    await uploads.sweep();
    await images.sweep(queries.imagesInUse);
  }, log);
  closing.defer(() => sweeping.stop());

  const authors = await startProjection({
    projection: 'story.authors',
    tables: ['authors'],
    catalog: identityEvents,
    handlers: identityProjectors(prismaAuthors, { whenUserRegistered, whenEmailVerified }),
    client,
    clientOn: (schema) => new PrismaClient({ adapter: runtime.adapterOn(schema) }),
    databaseUrl,
    pool: runtime.pool,
    bus: runtime.bus,
    log,
  });
  closing.defer(() => authors.close());
  const personalData = await startPersonalData({
    ...{ context: 'story', catalog: storyEvents, heard: identityEvents, projections: ['story.authors'] },
    erase: whenAuthorErased({ client, transact, scripts, objects: store.objects, uploads }),
    exportPersonalData: (userId) => exportedAuthor(client, userId),
    ...{ client, transact, pool: runtime.pool, jobs, bus: runtime.bus, log, objects: store.objects, now },
  });
  closing.defer(() => personalData.close());
  await jobs.work<AnalysisJob>(
    analysisQueue,
    { concurrency: 2, giveUp: (data) => context.jobs.giveUpAnalysis(data) },
    ({ data, isLastAttempt, signal, complete }) => context.jobs.runAnalysis({ ...data, isLastAttempt, signal, complete }),
  );
  // Nobody waits for these; operators see them fail, and can run them again.
  const nobodyWaits = { concurrency: 1, giveUp: async () => undefined };
  await jobs.work<ScriptJob>(scriptQueue, nobodyWaits, ({ data, complete }) => context.jobs.reviseScript({ ...data, complete }));
  await jobs.work<ForgetJob>(forgetQueue, nobodyWaits, ({ data }) => context.jobs.forgetStory(data.storyId));

  const server = await startSubgraphServer({
    context: 'story',
    schema: storySchema(),
    port: settings.PORT,
    host: settings.HOST,
    gatewayJwks: settings.GATEWAY_JWKS,
    makeContext: (caller) => storyGraph({ verbs: context.verbs, queries, streams: runtime.streams, media: images.media }, caller),
    routes: { 'GET /metrics': runtime.metrics },
    log,
    ready: async () => (await runtime.pool.query('SELECT 1')).rowCount === 1,
    health: () => runtime.bus.health(),
    production: settings.NODE_ENV === 'production',
  });
  closing.defer(() => server.stop());

  const running = closing.move();
  return { ...server, stop: () => running.disposeAsync() };
}
