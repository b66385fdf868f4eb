import { contextsWithPersonalData, personalDataExportedIn } from '@storytelling/shared/domain-events/personal-data';
import { type Consumer, handleEvents, type Reaction } from '@storytelling/shared/infrastructure/consumer';
import { type EventBus, topicOf } from '@storytelling/shared/infrastructure/event-bus';
import type { Job, Jobs } from '@storytelling/shared/infrastructure/jobs';
import type { Logger } from '@storytelling/shared/infrastructure/logger';
import { type ObjectClaim, type ObjectStore, readClaim } from '@storytelling/shared/infrastructure/object-store';
import type { OpenedObjectStore } from '@storytelling/shared/infrastructure/open-object-store';
import { partFiles, unlessErased } from '@storytelling/shared/infrastructure/personal-data';
import type { UnitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { startSweeping, sweepObjects } from '@storytelling/shared/infrastructure/uploads';
import { unzipped, zipped } from '@storytelling/shared/infrastructure/zip-files';
import type pg from 'pg';
import { z } from 'zod';
import { keptFor } from '../domain/data-export.js';
import { Prisma, type PrismaClient } from '../generated/prisma/client.js';

type Tx = Prisma.TransactionClient;

export const archiveQueue = 'archive-export';

/** Below it, a folder per user: what erasing one deletes. */
export const archiveFolder = 'identity/exports/';

const claim: z.ZodType<ObjectClaim> = z.object({ key: z.string(), sha256: z.string(), bytes: z.int() });

interface ArchiveJob {
  readonly exportId: string;
  readonly userId: string;
}

interface Part {
  readonly context: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** Makes one archive of the parts of all contexts, when the last of them has answered, and deletes it when it has expired. */
export async function startExportArchives({
  client,
  transact,
  pool,
  bus,
  store,
  jobs,
  now,
  log,
}: {
  client: PrismaClient;
  transact: UnitOfWork<Tx>;
  pool: pg.Pool;
  bus: EventBus;
  store: Pick<OpenedObjectStore, 'objects' | 'all'>;
  jobs: Jobs;
  now: () => Date;
  log: Logger;
}): Promise<{ close(): Promise<void> }> {
  async function makeArchive({ data: { exportId, userId }, complete }: Job<ArchiveJob>): Promise<void> {
    const parts = await partsOf(client, store.all, exportId);
    const at = now();
    const archive = await zipped({
      'README.txt': Buffer.from(readMe(parts, at)),
      ...Object.fromEntries(
        parts.flatMap(({ context, files }) =>
          Object.entries(files)
            .filter(([name]) => name !== partFiles.about)
            .map(([name, bytes]) => [`${context}/${name}`, bytes]),
        ),
      ),
    });
    const objectKey = `${archiveFolder}${userId}/${exportId}.zip`;
    const isHere = await unlessErased(pool, userId, () => store.objects.put(objectKey, archive, { contentType: 'application/zip' }));
    await transact(async (tx) => {
      const made = { objectKey, bytes: archive.length, expiresAt: new Date(at.getTime() + keptFor) };
      // Many, because the record went with its user.
      if (isHere) await tx.dataExportRecord.updateMany({ where: { id: exportId }, data: made });
      await complete(tx);
      return exportId;
    });
  }

  await using opened = new AsyncDisposableStack();
  // Who waits is told by the clock (`statusOf`); operators see the job, and can run it again.
  await jobs.work<ArchiveJob>(archiveQueue, { concurrency: 1, giveUp: async () => undefined }, makeArchive);
  const exported = personalDataExportedIn('identity');
  const consumer: Consumer = await handleEvents({
    ...{ consumer: 'identity.data-exports', client, bus, log },
    // The same event from each of them.
    topics: contextsWithPersonalData.map(topicOf),
    catalog: { [exported.type]: exported },
    handlers: { [exported.type]: whenPersonalDataExported(jobs) },
  });
  opened.defer(() => consumer.close());
  const sweeping = startSweeping(() => sweepArchives({ client, objects: store.objects, now }), log);
  opened.defer(() => sweeping.stop());
  const running = opened.move();
  return { close: () => running.disposeAsync() };
}

/** The row is locked, so that of two parts that arrive at once one sees that it is the last. */
function whenPersonalDataExported(jobs: Jobs): Reaction<Tx> {
  return async ({ source, data }, tx) => {
    const { exportId, userId, object } = data as { exportId: string; userId: string; object: ObjectClaim | null };
    if (!object) return;
    const known = await tx.$queryRaw<unknown[]>`SELECT 1 FROM data_exports WHERE id = ${exportId}::uuid AND user_id = ${userId} FOR UPDATE`;
    if (known.length === 0) return;
    await tx.dataExportPartRecord.updateMany({ where: { exportId, context: source }, data: { object: { ...object } } });
    const missing = await tx.dataExportPartRecord.count({ where: { exportId, object: { equals: Prisma.DbNull } } });
    if (missing === 0) await jobs.enqueue(tx, archiveQueue, { exportId, userId } satisfies ArchiveJob, exportId);
  };
}

async function partsOf(client: PrismaClient, all: ObjectStore, exportId: string): Promise<Part[]> {
  const records = await client.dataExportPartRecord.findMany({ where: { exportId }, orderBy: { context: 'asc' } });
  const parts: Part[] = [];
  for (const { context, object } of records) {
    const zip = object && (await readClaim(all, claim.parse(object)));
    if (!zip) throw new Error(`The part of ${context} is not there any more.`);
    parts.push({ context, files: await unzipped(zip) });
  }
  return parts;
}

function readMe(parts: readonly Part[], at: Date): string {
  const about = ({ context, files }: Part) => {
    const said = Buffer.from(files[partFiles.about] ?? []).toString();
    const others = Object.keys(files).filter((name) => name !== partFiles.about && name !== partFiles.data);
    return [`${context}/${partFiles.data}`, said, ...others.map((name) => `${context}/${name}`)].join('\n');
  };
  return `Your personal data, as of ${at.toISOString()}.

This archive holds what this platform keeps of you: a folder for each of its parts. Files that end in .json are text: any editor
opens them, and programs can read them. Times are in UTC. Passwords and other secrets are kept in a form that nobody can read, and are not here.

${parts.map(about).join('\n\n')}
`;
}

/** Deletes those that have expired, and what a process left that died before it said in the database that there is one. */
export async function sweepArchives({
  client,
  objects,
  now,
}: {
  client: PrismaClient;
  objects: ObjectStore;
  now: () => Date;
}): Promise<void> {
  const inUse = async (keys: readonly string[]) => {
    const where = { objectKey: { in: [...keys] }, expiresAt: { gt: now() } };
    const used = await client.dataExportRecord.findMany({ where, select: { objectKey: true } });
    return used.map(({ objectKey }) => objectKey ?? '');
  };
  await sweepObjects({ objects, folder: archiveFolder, now, inUse });
}
