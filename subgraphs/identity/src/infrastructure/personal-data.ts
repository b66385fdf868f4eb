import { identityEvents } from '@storytelling/shared/domain-events/identity';
import { contextsWithPersonalData, erasureCompletedIn } from '@storytelling/shared/domain-events/personal-data';
import { handleEvents, type Reaction } from '@storytelling/shared/infrastructure/consumer';
import type { ContextRuntime } from '@storytelling/shared/infrastructure/context-runtime';
import { topicOf } from '@storytelling/shared/infrastructure/event-bus';
import type { Jobs } from '@storytelling/shared/infrastructure/jobs';
import type { Logger } from '@storytelling/shared/infrastructure/logger';
import type { Mailer } from '@storytelling/shared/infrastructure/mail';
import type { OpenedObjectStore } from '@storytelling/shared/infrastructure/open-object-store';
import { startPersonalData } from '@storytelling/shared/infrastructure/personal-data';
import type { UnitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import type { Uploads } from '@storytelling/shared/infrastructure/uploads';
import { erasedUsers } from './erased-users.js';
import { archiveFolder, startExportArchives } from './export-archives.js';
import { exportedUser } from './exported-user.js';
import { userStream } from './prisma-users.js';
import { profileImageFolder } from './stored-profile-images.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';

type Tx = Prisma.TransactionClient;

/** What identity does about the personal data of people: its own part, as every context, and the sum of what all of them report. */
export async function startIdentityPersonalData({
  client,
  transact,
  runtime: { pool, bus },
  store,
  uploads,
  mailer,
  jobs,
  now,
  log,
}: {
  client: PrismaClient;
  transact: UnitOfWork<Tx>;
  runtime: ContextRuntime;
  store: OpenedObjectStore;
  uploads: Pick<Uploads, 'forget'>;
  mailer: Pick<Mailer, 'forget'>;
  jobs: Jobs;
  now: () => Date;
  log: Logger;
}): Promise<{ close(): Promise<void> }> {
  const { objects } = store;
  await using opened = new AsyncDisposableStack();
  const own = await startPersonalData({
    ...{ context: 'identity', catalog: identityEvents, heard: {}, client, transact, pool, jobs, bus, log, objects, now },
    exportPersonalData: (userId) => exportedUser(client, userId),
    // The account went with the verb (`prisma-erasures.ts`); its pictures, whichever of them were ever shown, did not.
    async erase({ userId, stories }) {
      // Before anything goes, so that a restored backup knows whom to erase again.
      await erasedUsers(objects).remember({ userId, stories });
      // History is the last to know the address: it is blanked after this.
      const { rows } = await pool.query<{ email: string }>(
        `SELECT event_data ->> 'email' AS email FROM backbone.event_store WHERE stream_id = $1 AND event_type = 'UserRegistered' AND event_data ->> 'email' IS NOT NULL`,
        [userStream(userId).id],
      );
      for (const { email } of rows) await mailer.forget(email);
      await objects.deleteAll(`${profileImageFolder}${userId}/`);
      await objects.deleteAll(`${archiveFolder}${userId}/`);
      await uploads.forget(userId);
      return [];
    },
  });
  opened.defer(() => own.close());
  const completed = erasureCompletedIn('identity');
  const progress = await handleEvents({
    ...{ consumer: 'identity.erasures', client, bus, log },
    // The same event from each of them.
    topics: contextsWithPersonalData.map(topicOf),
    catalog: { [completed.type]: completed },
    handlers: { [completed.type]: whenErasureCompleted(now) },
  });
  opened.defer(() => progress.close());
  const archives = await startExportArchives({ client, transact, pool, bus, store, jobs, now, log });
  opened.defer(() => archives.close());
  const running = opened.move();
  return { close: () => running.disposeAsync() };
}

/** A context that says it again, or of an erasure that is not known here (identity alone was restored), changes nothing. */
function whenErasureCompleted(now: () => Date): Reaction<Tx> {
  return async ({ source, data }, tx) => {
    const { userId } = data as { userId: string };
    const unfinished = { erasure: { userId }, context: source, finishedAt: null };
    await tx.erasureContextRecord.updateMany({ where: unfinished, data: { finishedAt: now() } });
  };
}
