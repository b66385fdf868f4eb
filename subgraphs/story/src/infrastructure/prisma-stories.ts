import { StoryDeleted, storyEvents, type StoryEvent } from '@storytelling/shared/domain-events/story';
import { appendEvents } from '@storytelling/shared/infrastructure/event-store';
import type { Jobs } from '@storytelling/shared/infrastructure/jobs';
import type { UnitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import type { Language } from '@storytelling/shared/value-objects/language';
import type { Sha256 } from '@storytelling/shared/value-objects/sha256';
import type { StoryTitle } from '@storytelling/shared/value-objects/story-title';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { Extraction } from '../domain/analysis-provider.js';
import { refuse } from '../domain/refusals.js';
import type { StoryAnalyses, StoryScripts } from '../domain/stories.js';
import {
  type AnalysisUnderWay,
  type Edition,
  evolve,
  type FailedAnalysis,
  isDescribed,
  type Moderated,
  type Story,
  type StoryId,
  storyStream,
} from '../domain/story.js';
import { Prisma, type PrismaClient, type StoryRecord } from '../generated/prisma/client.js';
import { json, knownFindings, presentFindings, replaceFindings, showFindings, writeCorrection } from './prisma-findings.js';

type Transaction = Prisma.TransactionClient;

/** One analysis of everything in a text: the only kind there is so far. */
const fullAnalysis = 'full';
export const analysisQueue = 'analyze-story';
/** Stores the script after a correction by hand. */
export const scriptQueue = 'revise-script';
export interface ScriptJob {
  readonly storyId: StoryId;
}
/** Removes what a deleted story has left outside the database. */
export const forgetQueue = 'forget-story';
export interface ForgetJob {
  readonly storyId: StoryId;
}
export interface AnalysisJob {
  readonly storyId: StoryId;
  readonly analysisId: string;
  readonly version: number;
}

/** A story's row under lock, and what is written when something happened to it; for each store whose transaction changes stories. */
export function storyRows(jobs: Pick<Jobs, 'enqueue' | 'cancel'>) {
  /** Everything that changes a story goes through here: its row, its editions, its events, its jobs. */
  async function write(
    tx: Transaction,
    before: { story: Story; record: StoryRecord } | undefined,
    events: readonly StoryEvent[],
    edition: Partial<Edition>,
  ) {
    let story = before?.story;
    for (const event of events) story = evolve(story, event);
    if (!story || events.length === 0) return;
    const streamVersion = await appendEvents(tx, storyStream(story.id), before?.record.streamVersion ?? 0, events, storyEvents);
    const isClosed = story.status === 'archived' || story.status === 'deleted';
    if (isClosed && before?.story.status === 'analyzing') await jobs.cancel(tx, analysisQueue, before.story.analysis.id);
    if (story.status === 'deleted') {
      // Its editions and findings, reports and decisions go with it; what lies in the object store goes afterwards.
      const job: ForgetJob = { storyId: story.id };
      await jobs.enqueue(tx, forgetQueue, job, story.id);
      await tx.storyRecord.deleteMany({ where: { id: story.id } });
      return;
    }
    const text = { title: edition.title ?? before?.record.title ?? '', content: edition.content?.text ?? before?.record.content ?? '' };
    const row = { ...toRow(story), ...text, streamVersion };
    if (before) await tx.storyRecord.update({ where: { id: story.id }, data: { ...row, ...publication(story, events) } });
    else await tx.storyRecord.create({ data: { id: story.id, ...row } });

    for (const event of events) {
      if (event.type === 'StoryCreated' || event.type === 'StoryEdited') {
        await tx.storyVersionRecord.create({
          data: { storyId: story.id, version: story.version, contentHash: story.contentHash, ...text },
        });
      } else if (event.type === 'StoryPublished') {
        await showFindings(tx, story.id, event.data.version);
      } else if (event.type === 'AnalysisRequested') {
        const { analysisId, version } = event.data;
        const job: AnalysisJob = { storyId: story.id, analysisId, version };
        await jobs.enqueue(tx, analysisQueue, job, analysisId);
      }
    }
    if (isDescribed(story) && events.some(({ type }) => type === 'CharacterCorrected' || type === 'SegmentCorrected')) {
      // One that is under way is not enqueued again: it waits for this transaction, and makes its script anew.
      const job: ScriptJob = { storyId: story.id };
      await jobs.enqueue(tx, scriptQueue, job, story.id);
    }
  }

  async function locked(tx: Transaction, id: StoryId) {
    await tx.$queryRaw`SELECT 1 FROM stories WHERE id = ${id}::uuid FOR UPDATE`;
    const record = await tx.storyRecord.findUnique({ where: { id } });
    if (!record) throw refuse.STORY_NOT_FOUND();
    return { record, story: toStory(record) };
  }

  return { write, locked };
}

export function prismaStories({
  client,
  transact,
  jobs,
}: {
  client: PrismaClient;
  transact: UnitOfWork<Transaction>;
  jobs: Pick<Jobs, 'enqueue' | 'cancel'>;
}): StoryAnalyses & StoryScripts {
  const { write, locked } = storyRows(jobs);

  return {
    add: (events, edition) =>
      transact(async (tx) => {
        await write(tx, undefined, events, edition);
        const [created] = events;
        if (created?.type !== 'StoryCreated') throw new Error('A story begins with StoryCreated.');
        return created.data.storyId;
      }) as Promise<StoryId>,

    async wasDeletedBy(id, authorId) {
      const [deleted] = await client.$queryRaw<{ by: string }[]>`
        SELECT event_data ->> 'authorId' AS by FROM backbone.event_store
        WHERE stream_id = ${storyStream(id).id} AND event_type = ${StoryDeleted.type}`;
      return deleted?.by === authorId;
    },

    update: (id, decide, edition = {}) =>
      transact(async (tx) => {
        const before = await locked(tx, id);
        await write(tx, before, decide(before.story), edition);
        return id;
      }) as Promise<StoryId>,

    correct: (id, decide) =>
      transact(async (tx) => {
        const before = await locked(tx, id);
        const known = await knownFindings(tx, id);
        const correction = decide(before.story, known);
        await write(tx, before, correction.events, {});
        await writeCorrection(tx, id, known, correction);
        const { version, publishedVersion } = before.story;
        if (correction.events.length > 0 && version === publishedVersion) await showFindings(tx, id, version);
        return correction.outcome;
      }),

    async textOf(id, version) {
      const edition = await client.storyVersionRecord.findUnique({
        where: { storyId_version: { storyId: id, version } },
        include: { story: { select: { language: true, authorId: true } } },
      });
      if (!edition) return undefined;
      const { title, content, contentHash, story } = edition;
      return { title, content, contentHash, language: story.language, authorId: story.authorId as UserId };
    },

    async known({ authorId, contentHash, language }, revision) {
      const record = await client.storyAnalysisRecord.findFirst({
        where: {
          contentHash,
          analysisType: fullAnalysis,
          story: { authorId, language },
          analysisData: { path: ['revision'], equals: revision },
        },
        orderBy: { createdAt: 'desc' },
      });
      if (!record) return undefined;
      const { revision: _, ...extraction } = record.analysisData as object as Extraction & { revision: string };
      return extraction;
    },

    async peek(id) {
      const record = await client.storyRecord.findUnique({ where: { id } });
      return record ? { story: toStory(record), known: await knownFindings(client, id) } : undefined;
    },

    async described(id) {
      const record = await client.storyRecord.findUnique({ where: { id } });
      return record ? { story: toStory(record), findings: await presentFindings(client, id) } : undefined;
    },

    revise: (id, decide, job) =>
      transact(async (tx) => {
        const before = await locked(tx, id);
        await write(tx, before, decide({ story: before.story, findings: await presentFindings(tx, id) }), {});
        await job.complete(tx);
        return id;
      }) as Promise<StoryId>,

    complete: (id, analysis, extraction, decide, job) =>
      transact(async (tx) => {
        const before = await locked(tx, id);
        const { events, findings } = decide(before.story, await knownFindings(tx, id));
        await write(tx, before, events, {});
        if (findings) await replaceFindings(tx, id, findings);
        // Readers see this very edition: what is found in it anew is theirs, too.
        const { version, publishedVersion } = before.story;
        if (findings && version === publishedVersion) await showFindings(tx, id, version);
        const { id: analysisId, revision } = analysis;
        const kept = { id: analysisId, version: analysis.version, analysisData: json({ ...extraction, revision }), createdAt: new Date() };
        const text = { storyId: id, analysisType: fullAnalysis, contentHash: analysis.contentHash };
        await tx.storyAnalysisRecord.upsert({
          where: { storyId_analysisType_contentHash: text },
          create: { ...text, ...kept },
          update: kept,
        });
        await job.complete(tx);
        return id;
      }) as Promise<StoryId>,
  };
}

// ── mapping ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export function toStory(record: StoryRecord): Story {
  const common = {
    id: record.id as StoryId,
    authorId: record.authorId as UserId,
    title: record.title as StoryTitle,
    language: record.language as Language,
    version: record.version,
    contentHash: record.contentHash as Sha256,
    publishedVersion: record.publishedVersion,
    failure: record.failure as FailedAnalysis | null,
    moderation: record.moderation as Moderated | null,
  };
  return record.status === 'analyzing'
    ? { ...common, status: 'analyzing', analysis: record.analysis as object as AnalysisUnderWay }
    : { ...common, status: record.status as Exclude<Story['status'], 'analyzing'> };
}

function toRow(story: Story) {
  return {
    authorId: story.authorId,
    language: story.language,
    version: story.version,
    contentHash: story.contentHash,
    status: story.status,
    analysis: story.status === 'analyzing' ? json(story.analysis) : Prisma.DbNull,
    failure: story.failure ? json(story.failure) : Prisma.DbNull,
    moderation: story.moderation ? json(story.moderation) : Prisma.DbNull,
  };
}

/** The columns that say when: time is no part of a decision. */
function publication(story: Story, events: readonly StoryEvent[]) {
  const now = new Date();
  const isPublished = story.publishedVersion !== null;
  const published = events.some(({ type }) => type === 'StoryPublished');
  const moderated = events.some(({ type, data }) => (type === 'StoryUnpublished' || type === 'StoryArchived') && data.by === 'moderator');
  return {
    isPublished,
    publishedVersion: story.publishedVersion,
    ...(published && { publishedAt: now }),
    ...(!isPublished && { publishedAt: null }),
    ...(moderated && { moderatedAt: now }),
    ...(!story.moderation && { moderatedAt: null }),
  };
}
