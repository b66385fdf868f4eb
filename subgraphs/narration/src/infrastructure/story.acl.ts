import type { EventOf } from '@storytelling/shared/domain-events/event';
import {
  ScriptRevised,
  StoryAnalyzed,
  StoryArchived,
  StoryCreated,
  StoryDeleted,
  StoryEdited,
  StoryPublished,
  StoryUnpublished,
} from '@storytelling/shared/domain-events/story';
import type { Reaction } from '@storytelling/shared/infrastructure/consumer';
import type { SqlTransaction } from '@storytelling/shared/infrastructure/event-store';
import type { Jobs } from '@storytelling/shared/infrastructure/jobs';
import type { Projector } from '@storytelling/shared/infrastructure/projection';
import type { KnownScript } from '../domain/story-facts.js';
import { Prisma } from '../generated/prisma/client.js';

type Tx = Prisma.TransactionClient;

/** What is done about narrations when their story ends, by a job: there may be many, each with a transaction of its own. */
export const storyEndedQueue = 'story-ended';
export interface StoryEndedJob {
  readonly storyId: string;
  readonly how: 'archived' | 'deleted';
}

/** Story's words into ours: what can be narrated, and who may hear it. */
export const storyProjectors: Readonly<Record<string, Projector<Tx>>> = {
  [StoryCreated.type]: async ({ data }, tx) => {
    const { storyId: id, authorId, language, version, contentHash } = data as EventOf<typeof StoryCreated>['data'];
    const facts = { authorId, language, version, contentHash };
    await tx.storyFactsRecord.upsert({ where: { id }, create: { id, ...facts }, update: facts });
  },
  [StoryEdited.type]: async ({ data }, tx) => {
    const { storyId: id, version, contentHash } = data as EventOf<typeof StoryEdited>['data'];
    await tx.storyFactsRecord.update({ where: { id }, data: { version, contentHash } });
  },
  [StoryAnalyzed.type]: async ({ data }, tx) => {
    const { storyId: id, version, contentHash, script } = data as EventOf<typeof StoryAnalyzed>['data'];
    // One of before scripts were made: it has to be analyzed again.
    if (!script) return;
    const known = { ...script, version, contentHash } satisfies KnownScript;
    await tx.storyFactsRecord.update({ where: { id }, data: { script: known } });
  },
  [ScriptRevised.type]: async ({ data }, tx) => {
    const { storyId: id, version, contentHash, script } = data as EventOf<typeof ScriptRevised>['data'];
    const known = { ...script, version, contentHash } satisfies KnownScript;
    await tx.storyFactsRecord.update({ where: { id }, data: { script: known } });
  },
  [StoryPublished.type]: async ({ data }, tx) => {
    const { storyId: id, version } = data as EventOf<typeof StoryPublished>['data'];
    // What is published is the working edition, whose text is known.
    await tx.$executeRaw`UPDATE stories SET published_version = ${version}, published_hash = content_hash WHERE id = ${id}::uuid`;
  },
  [StoryUnpublished.type]: async ({ data }, tx) => {
    const { storyId: id } = data as EventOf<typeof StoryUnpublished>['data'];
    await tx.storyFactsRecord.update({ where: { id }, data: { publishedVersion: null, publishedHash: null } });
  },
  [StoryArchived.type]: async ({ data }, tx) => {
    const { storyId: id } = data as EventOf<typeof StoryArchived>['data'];
    await tx.storyFactsRecord.update({ where: { id }, data: { state: 'archived', publishedVersion: null, publishedHash: null } });
  },
  [StoryDeleted.type]: async ({ data }, tx) => {
    const { storyId: id } = data as EventOf<typeof StoryDeleted>['data'];
    await tx.storyFactsRecord.updateMany({
      where: { id },
      data: { state: 'deleted', script: Prisma.DbNull, publishedVersion: null, publishedHash: null },
    });
  },
};

export function storyReactions(jobs: Pick<Jobs, 'enqueue'>): Readonly<Record<string, Reaction<SqlTransaction>>> {
  const ended =
    (how: StoryEndedJob['how']): Reaction<SqlTransaction> =>
    async ({ data }, tx) => {
      const { storyId } = data as EventOf<typeof StoryDeleted>['data'];
      const job: StoryEndedJob = { storyId, how };
      await jobs.enqueue(tx, storyEndedQueue, job, `${storyId}:${how}`);
    };
  return { [StoryArchived.type]: ended('archived'), [StoryDeleted.type]: ended('deleted') };
}
