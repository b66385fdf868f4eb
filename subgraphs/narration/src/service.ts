import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { identityEvents } from '@storytelling/shared/domain-events/identity';
import { narrationEvents } from '@storytelling/shared/domain-events/narration';
import { storyEvents } from '@storytelling/shared/domain-events/story';
import { startConsumer } from '@storytelling/shared/infrastructure/consumer';
import { openContextRuntime } from '@storytelling/shared/infrastructure/context-runtime';
import type { Environment } from '@storytelling/shared/infrastructure/environment';
import { startJobs } from '@storytelling/shared/infrastructure/jobs';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { openObjectStore } from '@storytelling/shared/infrastructure/open-object-store';
import { personalDataQueues, startPersonalData, unlessErased } from '@storytelling/shared/infrastructure/personal-data';
import { startProjection } from '@storytelling/shared/infrastructure/projection';
import type { RunningService } from '@storytelling/shared/infrastructure/run-service';
import { startSubgraphServer } from '@storytelling/shared/infrastructure/subgraph-server';
import { unitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { startSweeping, sweepObjects, uploadsOf } from '@storytelling/shared/infrastructure/uploads';
import type { SpeechProviders } from './application/casting.js';
import type { ForgottenVoice, Training } from './domain/voices.js';
import { readNarrationEnvironment } from './environment.js';
import { PrismaClient } from './generated/prisma/client.js';
import { narrationGraph } from './graphql/context.js';
import { narrationSchema } from './graphql/schema.js';
import { openStudio } from './infrastructure/audio/studio.js';
import { audioMedia } from './infrastructure/audio-media.js';
import { eraseVoicesOf } from './infrastructure/erase-voices.js';
import { exportedNarrations } from './infrastructure/exported-narrations.js';
import { exportedVoices } from './infrastructure/exported-voices.js';
import { narrationQueries } from './infrastructure/narration-queries.js';
import { narrationFolder, objectAudio } from './infrastructure/object-audio.js';
import { objectVoiceAudio, voiceFolder } from './infrastructure/object-voice-audio.js';
import { prismaCastableVoices } from './infrastructure/prisma-castable-voices.js';
import { whenAuthorErased } from './infrastructure/prisma-erasures.js';
import {
  type ForgetNarrationJob,
  forgetNarrationQueue,
  type NarrationJob,
  narrationQueue,
  prismaNarrations,
} from './infrastructure/prisma-narrations.js';
import { type PreviewJob, previewQueue, prismaReadyMadeVoices } from './infrastructure/prisma-ready-made-voices.js';
import { prismaStories } from './infrastructure/prisma-stories.js';
import { forgetVoiceQueue, prismaVoices, trainingQueue } from './infrastructure/prisma-voices.js';
import { speechProviders } from './infrastructure/providers/choose-provider.js';
import { startReadyMadeVoices } from './infrastructure/ready-made-voices.js';
import { objectScripts } from './infrastructure/script.acl.js';
import { type StoryEndedJob, storyEndedQueue, storyProjectors, storyReactions } from './infrastructure/story.acl.js';
import { voiceQueries } from './infrastructure/voice-queries.js';
import { wantedPreviews } from './infrastructure/wanted-previews.js';
import { narrationContext } from './narration-context.js';

const migrations = fileURLToPath(new URL('../../../prisma/narration/migrations', import.meta.url));
const about = `Your voices, with their recordings and what was agreed about them; the narrations that you had made of your stories: their lines, the whole
of each and its captions are beside it.`;

/** Starts narration. `ports` replaces what a test wants to be another (the providers). Whatever was opened is closed again when starting fails. */
export async function startNarration(environment: Environment, ports: { providers?: SpeechProviders } = {}): Promise<RunningService> {
  const settings = readNarrationEnvironment(environment);
  const log = createLogger('narration', settings.LOG_LEVEL);
  const { DATABASE_URL: databaseUrl } = settings;
  await using closing = new AsyncDisposableStack();

  const runtime = await openContextRuntime({ context: 'narration', databaseUrl, eventBus: settings, migrations, log });
  closing.defer(() => runtime.close());
  const { pool, bus, streams } = runtime;
  const client = new PrismaClient({ adapter: runtime.adapter });
  closing.defer(() => client.$disconnect());
  const store = await openObjectStore('narration', settings, log);
  closing.defer(() => store.close());
  const { objects } = store;
  const now = () => new Date();
  const uploads = uploadsOf('narration', { ...store, now, newId: randomUUID });
  const studio = openStudio();
  closing.defer(() => studio.close());
  const providers = ports.providers ?? speechProviders(settings);
  closing.defer(async () => {
    for (const provider of providers.values()) await provider.close?.();
  });
  const voiceQueues = [trainingQueue, forgetVoiceQueue, previewQueue];
  const queues = [narrationQueue, forgetNarrationQueue, storyEndedQueue, ...voiceQueues, ...personalDataQueues];
  const jobs = await startJobs({ databaseUrl, queues, log });
  closing.defer(() => jobs.stop());

  const transact = unitOfWork(client, () => runtime.relay.nudge());
  const narrations = prismaNarrations({ client, transact, jobs });
  const stories = prismaStories(client);
  const audio = objectAudio(objects);
  const ownVoices = prismaVoices({ client, transact, jobs });
  const readyMade = prismaReadyMadeVoices({ client, transact, jobs });
  const voiceAudio = objectVoiceAudio({ objects, uploads, unlessErased: (userId, store) => unlessErased(pool, userId, store), log });
  const queries = { ...narrationQueries(client), ...voiceQueries(client, (name) => providers.get(name)?.trains ?? 'clone') };
  const context = narrationContext({
    narrations,
    hears: async (userId, id) => (await queries.narrationsById([id], { userId, isModerator: false }))[0] !== null,
    languageOf: queries.languageOf,
    stories,
    scripts: objectScripts(store.all),
    voices: prismaCastableVoices(client),
    providers,
    studio,
    audio,
    ...{ ownVoices, readyMade, voiceAudio },
    tellOperator: (failure) => log.warn(failure, 'speech could not be made'),
  });
  const sweeping = startSweeping(async () => {
    await uploads.sweep();
    await sweepObjects({ objects, folder: narrationFolder, now, inUse: queries.audioInUse });
    await sweepObjects({ objects, folder: voiceFolder, now, inUse: queries.voiceAudioInUse });
  }, log);
  closing.defer(() => sweeping.stop());

  const known = await startProjection({
    projection: 'narration.stories',
    tables: ['stories'],
    catalog: storyEvents,
    handlers: storyProjectors,
    client,
    clientOn: (schema) => new PrismaClient({ adapter: runtime.adapterOn(schema) }),
    ...{ databaseUrl, pool, bus, log },
  });
  closing.defer(() => known.close());
  const ended = await startConsumer({
    consumer: 'narration.story-ended',
    catalog: storyEvents,
    reactions: storyReactions(jobs),
    client,
    bus,
    log,
  });
  closing.defer(() => ended.close());
  const eraseNarrations = whenAuthorErased({ client, narrations, stories, audio });
  const eraseVoices = eraseVoicesOf({ client, transact, audio: voiceAudio, providers });
  const personalData = await startPersonalData({
    ...{ context: 'narration', catalog: narrationEvents, heard: { ...storyEvents, ...identityEvents } },
    async erase(person) {
      const erased = [...(await eraseNarrations(person)), ...(await eraseVoices(person.userId))];
      await uploads.forget(person.userId);
      return erased;
    },
    async exportPersonalData(userId) {
      const [voices, made] = [await exportedVoices(client, userId), await exportedNarrations(client, userId)];
      return { about, data: { voices: voices.data, narrations: made.data }, files: { ...voices.files, ...made.files } };
    },
    ...{ client, transact, pool, jobs, bus, log, objects, now },
  });
  closing.defer(() => personalData.close());

  // As many at once as there are speakers; the rest waits its turn.
  await jobs.work<NarrationJob>(
    narrationQueue,
    { concurrency: 2, giveUp: (data) => context.jobs.giveUpNarration(data) },
    ({ data, isLastAttempt, signal, complete }) => context.jobs.runNarration({ ...data, isLastAttempt, signal, complete }),
  );
  // Nobody waits for these; operators see them fail, and can run them again.
  const nobodyWaits = { concurrency: 1, giveUp: async () => undefined };
  await jobs.work<Training>(
    trainingQueue,
    { concurrency: 1, giveUp: (data) => context.jobs.giveUpTraining(data) },
    ({ data, isLastAttempt, signal, complete }) => context.jobs.runTraining({ ...data, isLastAttempt, signal, complete }),
  );
  await jobs.work<ForgottenVoice>(
    forgetVoiceQueue,
    // A voice is biometric: it is tried until it is gone.
    { concurrency: 1, giveUp: (data) => ownVoices.forget(data) },
    ({ data, signal }) => context.jobs.forgetVoice(data, signal),
  );
  await jobs.work<PreviewJob>(previewQueue, nobodyWaits, ({ data, signal }) => context.jobs.previewReadyMadeVoice(data.voiceId, signal));
  await jobs.work<ForgetNarrationJob>(forgetNarrationQueue, nobodyWaits, ({ data }) => context.jobs.forgetNarration(data.narrationId));
  await jobs.work<StoryEndedJob>(storyEndedQueue, nobodyWaits, ({ data: { storyId, how } }) =>
    how === 'deleted' ? context.jobs.whenStoryDeleted(storyId) : context.jobs.whenStoryArchived(storyId),
  );

  const previews = wantedPreviews({ readyMade, providers });
  const lookingUp = startReadyMadeVoices({ providers, readyMade, log });
  closing.defer(() => lookingUp.stop());

  const media = audioMedia(objects);
  const server = await startSubgraphServer({
    context: 'narration',
    schema: narrationSchema(),
    port: settings.PORT,
    host: settings.HOST,
    gatewayJwks: settings.GATEWAY_JWKS,
    makeContext: (caller) => narrationGraph({ verbs: context.verbs, queries, streams, media, previewsOf: previews.of }, caller),
    routes: { 'GET /metrics': runtime.metrics },
    log,
    ready: async () => (await pool.query('SELECT 1')).rowCount === 1,
    health: () => bus.health(),
    production: settings.NODE_ENV === 'production',
  });
  closing.defer(() => server.stop());
  // First of all: requests that wait for one are answered without.
  closing.defer(() => previews.stop());

  const running = closing.move();
  return { ...server, stop: () => running.disposeAsync() };
}
