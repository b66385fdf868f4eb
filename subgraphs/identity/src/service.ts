import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { openContextRuntime } from '@storytelling/shared/infrastructure/context-runtime';
import type { Environment } from '@storytelling/shared/infrastructure/environment';
import { once } from '@storytelling/shared/infrastructure/idempotency';
import { startJobs } from '@storytelling/shared/infrastructure/jobs';
import { createLogger } from '@storytelling/shared/infrastructure/logger';
import { MailRefused } from '@storytelling/shared/infrastructure/mail';
import { openMailer } from '@storytelling/shared/infrastructure/open-mailer';
import { openObjectStore } from '@storytelling/shared/infrastructure/open-object-store';
import { personalDataQueues } from '@storytelling/shared/infrastructure/personal-data';
import type { RunningService } from '@storytelling/shared/infrastructure/run-service';
import { startSubgraphServer } from '@storytelling/shared/infrastructure/subgraph-server';
import { unitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { uploadedImages } from '@storytelling/shared/infrastructure/uploaded-images';
import { startSweeping, uploadsOf } from '@storytelling/shared/infrastructure/uploads';
import { readIdentityEnvironment } from './environment.js';
import { PrismaClient } from './generated/prisma/client.js';
import { identityGraph } from './graphql/context.js';
import { identitySchema } from './graphql/schema.js';
import { type IdentityPorts, identityContext } from './identity-context.js';
import { argon2Passwords } from './infrastructure/argon2-passwords.js';
import { limits, postgresAttempts } from './infrastructure/attempt-limits.js';
import { eraseAgain } from './infrastructure/erased-users.js';
import { archiveQueue } from './infrastructure/export-archives.js';
import { dataExportQueries } from './infrastructure/data-export-queries.js';
import { erasureQueries } from './infrastructure/erasure-queries.js';
import { startHousekeeping } from './infrastructure/housekeeping.js';
import { jwtAccessTokens } from './infrastructure/jwt-access-tokens.js';
import { openKeyRing } from './infrastructure/key-ring.js';
import { letterBox, type LetterJob, letterQueue } from './infrastructure/letter-box.js';
import { letterWriter } from './infrastructure/letters/write-letter.js';
import { openIdProviders } from './infrastructure/openid-providers.js';
import { prismaEmailTokens } from './infrastructure/prisma-email-tokens.js';
import { startIdentityPersonalData } from './infrastructure/personal-data.js';
import { prismaDataExports } from './infrastructure/prisma-data-exports.js';
import { prismaErasures } from './infrastructure/prisma-erasures.js';
import { prismaProviderSignIns } from './infrastructure/prisma-provider-sign-ins.js';
import { prismaSecondFactors } from './infrastructure/prisma-second-factors.js';
import { prismaSessions } from './infrastructure/prisma-sessions.js';
import { prismaStaff } from './infrastructure/prisma-staff.js';
import { prismaUsers } from './infrastructure/prisma-users.js';
import { refreshTokens } from './infrastructure/refresh-tokens.js';
import { secretsFrom } from './infrastructure/secrets.js';
import { accountQueries } from './infrastructure/account-queries.js';
import { roleQueries } from './infrastructure/role-queries.js';
import { sessionQueries } from './infrastructure/session-queries.js';
import { profileImageFolder, storedProfileImages } from './infrastructure/stored-profile-images.js';
import { totp } from './infrastructure/totp.js';
import { userQueries } from './infrastructure/user-queries.js';

/** Some two hours, longer and longer apart: a mail server may be away that long. */
const letterRetries = 30;

const migrations = fileURLToPath(new URL('../../../prisma/identity/migrations', import.meta.url));

/** Starts identity. `ports` replaces what a test wants to be another (the clock, the ids). Whatever was opened is closed again when starting fails. */
export async function startIdentity(environment: Environment, ports: Partial<IdentityPorts> = {}): Promise<RunningService> {
  const settings = readIdentityEnvironment(environment);
  const log = createLogger('identity', settings.LOG_LEVEL);
  const secrets = secretsFrom(settings.KEY_ENCRYPTION_KEY);
  const { now = () => new Date(), newId = randomUUID } = ports;
  await using closing = new AsyncDisposableStack();

  const runtime = await openContextRuntime({
    context: 'identity',
    databaseUrl: settings.DATABASE_URL,
    eventBus: settings,
    migrations,
    log,
  });
  closing.defer(() => runtime.close());
  const prisma = new PrismaClient({ adapter: runtime.adapter });
  closing.defer(() => prisma.$disconnect());
  const store = await openObjectStore('identity', settings, log);
  closing.defer(() => store.close());
  const uploads = uploadsOf('identity', { ...store, now, newId });
  const images = uploadedImages({ folder: profileImageFolder, objects: store.objects, uploads, now, log });
  const keyRing = await openKeyRing({ prisma, secrets, now, log });
  closing.defer(() => keyRing.close());
  const housekeeping = startHousekeeping({ prisma, now, log });
  closing.defer(() => housekeeping.stop());

  const queries = {
    ...userQueries(prisma),
    ...sessionQueries(prisma, now),
    ...roleQueries(prisma),
    ...accountQueries(prisma),
    ...erasureQueries(prisma),
    ...dataExportQueries(prisma),
  };
  const sweeping = startSweeping(async () => {
    await uploads.sweep();
    await images.sweep(queries.imagesInUse);
  }, log);
  closing.defer(() => sweeping.stop());
  const transact = unitOfWork(prisma, () => runtime.relay.nudge());
  const jobs = await startJobs({
    databaseUrl: settings.DATABASE_URL,
    queues: [letterQueue, archiveQueue, ...personalDataQueues],
    retryLimit: letterRetries,
    log,
  });
  closing.defer(() => jobs.stop());
  const mailer = openMailer(settings, log);
  closing.defer(() => mailer.close());
  const letters = letterBox({ jobs, sealing: secrets.letters, newId, now });

  const openIds = openIdProviders({ providers: settings.providers, redirectUris: settings.OIDC_REDIRECT_URIS, log });
  const erasures = prismaErasures({ transact, now });
  const restored = await eraseAgain(store.objects, erasures, (id) => queries.isHere(id), newId);
  if (restored > 0) log.warn({ users: restored }, 'users whom a restored backup had brought back were erased again');

  const { verbs, jobs: work } = identityContext({
    erasures,
    dataExports: prismaDataExports({ transact, now }),
    users: prismaUsers({ client: prisma, transact, letterBox: letters, now }),
    staff: prismaStaff({ client: prisma, transact, now }),
    emailTokens: prismaEmailTokens(prisma, secrets, now),
    identityProviders: openIds,
    providerSignIns: prismaProviderSignIns(prisma, now),
    letters: { post: (letter) => letters.post(prisma, letter) },
    writeLetter: letterWriter({ webUrl: settings.WEB_URL, providerName: (id) => openIds.list.find((each) => each.id === id)?.name ?? id }),
    post: mailer,
    secondFactors: prismaSecondFactors({ client: prisma, transact, sealing: secrets.secondFactors, now }),
    oneTimeCodes: totp,
    sessions: prismaSessions(prisma),
    images: storedProfileImages(images),
    passwords: argon2Passwords(),
    attempts: postgresAttempts(runtime.pool, secrets, {
      ...limits,
      registration: { ...limits.registration, points: settings.REGISTRATIONS_PER_HOUR },
    }),
    refreshTokens: refreshTokens(secrets.refreshKey),
    accessTokens: jwtAccessTokens({ keyRing, queries, newId, now }),
    once,
    tag: secrets.tag,
    now,
    newId,
    ...ports,
  });

  await jobs.work<LetterJob>(letterQueue, { concurrency: 2, giveUp: async () => undefined }, ({ id, data }) =>
    work.sendLetter({ id, at: new Date(data.at), letter: letters.open(data) }).catch((error: unknown) => {
      if (!(error instanceof MailRefused)) throw error;
      log.warn({ job: id, kind: data.kind }, 'a letter was refused by the mail server of its reader');
    }),
  );
  const personalData = await startIdentityPersonalData({
    client: prisma,
    transact,
    runtime,
    store,
    uploads,
    mailer,
    jobs,
    now,
    log,
  });
  closing.defer(() => personalData.close());

  const archiveOf = (key: string) => store.objects.urlOf(key, { downloadAs: 'my-data.zip' });
  const server = await startSubgraphServer({
    context: 'identity',
    schema: identitySchema(),
    port: settings.PORT,
    host: settings.HOST,
    gatewayJwks: settings.GATEWAY_JWKS,
    makeContext: (caller) => identityGraph({ verbs, queries, media: images.media, archiveOf, now }, caller),
    routes: {
      'GET /metrics': runtime.metrics,
      // A key is published a day before it signs, so five minutes in a cache never hide the one that is needed.
      'GET /.well-known/jwks.json': () => ({
        headers: { 'cache-control': 'public, max-age=300' },
        body: JSON.stringify(keyRing.jwks()),
      }),
    },
    log,
    ready: async () => (await runtime.pool.query('SELECT 1')).rowCount === 1,
    health: () => runtime.bus.health(),
    production: settings.NODE_ENV === 'production',
  });
  closing.defer(() => server.stop());

  const running = closing.move();
  return { ...server, stop: () => running.disposeAsync() };
}
