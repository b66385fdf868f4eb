import { type ModerationEvent, storyEvents } from '@storytelling/shared/domain-events/story';
import { appendEvents } from '@storytelling/shared/infrastructure/event-store';
import type { Jobs } from '@storytelling/shared/infrastructure/jobs';
import type { UnitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { moderationStream, reportsPerHour } from '../domain/moderation.js';
import type { Moderations } from '../domain/moderations.js';
import type { StoryId } from '../domain/story.js';
import type { Prisma, StoryModerationRecord } from '../generated/prisma/client.js';
import { storyRows } from './prisma-stories.js';

type Transaction = Prisma.TransactionClient;

/** The story's row lock is the moderation's, too: one report or decision at a time. */
export function prismaModerations({
  transact,
  jobs,
}: {
  transact: UnitOfWork<Transaction>;
  jobs: Pick<Jobs, 'enqueue' | 'cancel'>;
}): Moderations {
  const { locked, write } = storyRows(jobs);

  async function record(tx: Transaction, storyId: StoryId, before: StoryModerationRecord | null, events: readonly ModerationEvent[]) {
    const streamVersion = await appendEvents(tx, moderationStream(storyId), before?.streamVersion ?? 0, events, storyEvents);
    for (const { type, data } of events) {
      const now = new Date();
      const row =
        type === 'StoryReported'
          ? { openReports: (before?.openReports ?? 0) + 1, oldestReportAt: before?.oldestReportAt ?? now }
          : {
              openReports: 0,
              oldestReportAt: null,
              decision: data.decision,
              reason: data.reason,
              decidedVersion: data.version,
              decidedBy: data.decidedBy,
              decidedAt: now,
            };
      await tx.storyModerationRecord.upsert({
        where: { storyId },
        create: { storyId, streamVersion, ...row },
        update: { streamVersion, ...row },
      });
      if (type === 'StoryReported') {
        const { reportId: id, reporterId, version, reason, details } = data;
        await tx.storyReportRecord.create({ data: { id, storyId, version, reporterId, reason, details, createdAt: now } });
      } else {
        await tx.storyReportRecord.updateMany({ where: { storyId, isOpen: true }, data: { isOpen: false } });
      }
    }
  }

  return {
    report: (storyId, reporterId, decide) =>
      transact(async (tx) => {
        const { story } = await locked(tx, storyId);
        const hasOpenReport = (await tx.storyReportRecord.count({ where: { storyId, reporterId, isOpen: true } })) > 0;
        const recent = await tx.storyReportRecord.findMany({
          where: { reporterId },
          orderBy: { createdAt: 'desc' },
          take: reportsPerHour,
          select: { createdAt: true },
        });
        const events = decide(story, { id: reporterId, hasOpenReport, recent: recent.map(({ createdAt }) => createdAt) });
        const [reported] = events;
        if (reported?.type !== 'StoryReported') throw new Error('A report is StoryReported.');
        await record(tx, storyId, await tx.storyModerationRecord.findUnique({ where: { storyId } }), events);
        return reported.data.reportId;
      }),

    decide: (storyId, decide) =>
      transact(async (tx) => {
        const before = await locked(tx, storyId);
        const moderation = await tx.storyModerationRecord.findUnique({ where: { storyId } });
        const verdict = decide(before.story, moderation?.openReports ?? 0);
        await write(tx, before, verdict.story, {});
        if (verdict.moderation.length > 0) await record(tx, storyId, moderation, verdict.moderation);
        return storyId;
      }) as Promise<StoryId>,
  };
}
