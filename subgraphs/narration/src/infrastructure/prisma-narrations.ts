import { NarrationDeleted, narrationEvents, type NarrationEvent } from '@storytelling/shared/domain-events/narration';
import { appendEvents } from '@storytelling/shared/infrastructure/event-store';
import type { Jobs } from '@storytelling/shared/infrastructure/jobs';
import type { UnitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { CastVoice, Casting } from '../domain/casting.js';
import {
  type AudioFile,
  evolve,
  type Failure,
  isCalledOff,
  type Narration,
  type NarrationId,
  narrationStream,
  type Run,
  runOf,
  type Usage,
} from '../domain/narration.js';
import type { NarrationContent, NarrationRuns, WantedTake } from '../domain/narrations.js';
import { refuse } from '../domain/refusals.js';
import type { AudioFormat } from '../domain/studio.js';
import { type NarrationRecord, Prisma, type PrismaClient } from '../generated/prisma/client.js';

type Transaction = Prisma.TransactionClient;

export const narrationQueue = 'narrate';
/** Removes what a deleted narration has left outside the database. */
export const forgetNarrationQueue = 'forget-narration';
export interface NarrationJob {
  readonly narrationId: NarrationId;
  readonly runId: string;
}
export interface ForgetNarrationJob {
  readonly narrationId: NarrationId;
}

export function prismaNarrations({
  client,
  transact,
  jobs,
}: {
  client: PrismaClient;
  transact: UnitOfWork<Transaction>;
  jobs: Pick<Jobs, 'enqueue' | 'cancel'>;
}): NarrationRuns {
  /** Everything that changes a narration goes through here: its row, its events, its jobs. */
  async function write(
    tx: Transaction,
    before: { narration: Narration; record: NarrationRecord } | undefined,
    events: readonly NarrationEvent[],
    content?: NarrationContent,
  ): Promise<void> {
    let narration = before?.narration;
    for (const event of events) narration = evolve(narration, event);
    if (!narration || events.length === 0) return;
    const { id } = narration;
    const streamVersion = await appendEvents(tx, narrationStream(id), before?.record.streamVersion ?? 0, events, narrationEvents);
    const [runBefore, runNow] = [before?.narration, narration].map((state) => (state && 'run' in state ? state.run : undefined));
    const hasEnded = runBefore && runBefore.id !== runNow?.id;
    if (hasEnded && isCalledOff(narration)) await jobs.cancel(tx, narrationQueue, runBefore.id);
    if (hasEnded && runBefore.segment) {
      // The take that was wanted, unless it was made.
      const { id: segmentId, take } = runBefore.segment;
      await tx.narrationTakeRecord.deleteMany({ where: { segmentId, take, audioKey: null } });
    }
    if (narration.status === 'deleted') {
      const job: ForgetNarrationJob = { narrationId: id };
      await jobs.enqueue(tx, forgetNarrationQueue, job, id);
      await tx.narrationRecord.deleteMany({ where: { id } });
      return;
    }
    // Time is no part of a decision.
    const isWhole = events.some(({ type }) => type === 'NarrationGenerated' || type === 'NarrationRegenerated');
    const row = { ...toRow(narration), streamVersion, ...(isWhole && { completedAt: new Date() }) };
    if (before) await tx.narrationRecord.update({ where: { id }, data: row });
    else if (content) await tx.narrationRecord.create({ data: { id, ...row, ...newRow(narration, content) } });
    if (runNow && runNow.id !== runBefore?.id) {
      const job: NarrationJob = { narrationId: id, runId: runNow.id };
      await jobs.enqueue(tx, narrationQueue, job, runNow.id);
    }
  }

  async function locked(tx: Transaction, id: NarrationId) {
    await tx.$queryRaw`SELECT 1 FROM story_narrations WHERE id = ${id}::uuid FOR UPDATE`;
    const record = await tx.narrationRecord.findUnique({ where: { id } });
    if (!record) throw refuse.NARRATION_NOT_FOUND();
    return { record, narration: toNarration(record) };
  }

  const change = (id: NarrationId, work: (tx: Transaction, before: Awaited<ReturnType<typeof locked>>) => Promise<void>) =>
    transact(async (tx) => {
      await work(tx, await locked(tx, id));
      return id;
    }) as Promise<NarrationId>;

  return {
    add: (events, content) =>
      transact(async (tx) => {
        await write(tx, undefined, events, content);
        const [requested] = events;
        if (requested?.type !== 'NarrationRequested') throw new Error('A narration begins with NarrationRequested.');
        const { narrationId } = requested.data;
        await tx.narrationSegmentRecord.createMany({
          data: content.lines.map(({ index, text, ...line }) => ({ narrationId, segmentIndex: index, textContent: text, ...line })),
        });
        return narrationId;
      }) as Promise<NarrationId>,

    update: (id, decide) => change(id, (tx, before) => write(tx, before, decide(before.narration))),

    regenerate: (id, wanted, decide) =>
      change(id, async (tx, before) => {
        const segment = await tx.narrationSegmentRecord.findFirst({ where: { id: wanted.segmentId, narrationId: id } });
        if (!segment) throw refuse.NARRATION_SEGMENT_NOT_FOUND();
        // Of a narration that is not complete, which is refused next, there may be none yet.
        const take = (segment.take ?? 0) + 1;
        await write(tx, before, decide(before.narration, { id: segment.id, take }));
        await tx.narrationTakeRecord.create({ data: { segmentId: segment.id, take, ...nextTake(segment, wanted) } });
      }),

    async wasDeletedBy(id, userId) {
      const [deleted] = await client.$queryRaw<{ by: string }[]>`
        SELECT event_data ->> 'requestedBy' AS by FROM backbone.event_store
        WHERE stream_id = ${narrationStream(id).id} AND event_type = ${NarrationDeleted.type}`;
      return deleted?.by === userId;
    },

    async find(id) {
      const record = await client.narrationRecord.findUnique({ where: { id } });
      return record ? toNarration(record) : undefined;
    },

    async work(id, runId) {
      const record = await client.narrationRecord.findUnique({ where: { id } });
      const run = record ? runOf(toNarration(record), runId) : undefined;
      if (!record || !run) return undefined;
      const segments = await client.narrationSegmentRecord.findMany({
        where: run.segment ? { id: run.segment.id } : { narrationId: id, take: null },
        // A take that is wanted: of a segment that is made anew there is one.
        include: { takes: { where: { audioKey: null } } },
        orderBy: { segmentIndex: 'asc' },
      });
      const missing = segments.flatMap((segment) => {
        const wanted = run.segment ? segment.takes.find(({ take }) => take === run.segment?.take) : { ...segment, take: 1 };
        if (!wanted) return [];
        const { take, textContent: text, emotion, intensity } = wanted;
        const { id: segmentId, segmentIndex: index, characterId, askedAt } = segment;
        const voice = wanted.voice as CastVoice | null;
        return [
          { id: segmentId, take, index, characterId, text, emotion, intensity, voice, askedAt, pauseSeconds: Number(segment.pauseSeconds) },
        ];
      });
      const { storyId, language, totalSegments, sampleRate } = record;
      const { casting, format } = { casting: record.voices as object as Casting, format: record.audioFormat as AudioFormat };
      const requestedBy = record.requestedBy as UserId;
      return { storyId, requestedBy, language, casting, format, sampleRate, missing, totalSegments };
    },

    async asked({ id }) {
      await client.$executeRaw`UPDATE narration_segments SET asked_at = coalesce(asked_at, now()) WHERE id = ${id}::uuid`;
    },

    finish: async (id, { segmentId, take, audioKey, bytes, duration, characters, cost }, decide) => {
      await change(id, async (tx, before) => {
        const audio = { audioKey, bytes, durationSeconds: duration };
        const usage = { characters, cost: cost ? json(cost) : Prisma.DbNull };
        if (take === 1) {
          const segment = await tx.narrationSegmentRecord.findFirst({ where: { id: segmentId, take: null } });
          if (!segment) return;
          const { textContent, emotion, intensity, voice } = segment;
          const spoken = { textContent, emotion, intensity, voice: voice ?? Prisma.DbNull };
          await tx.narrationTakeRecord.create({ data: { segmentId, take, ...spoken, ...audio, ...usage } });
        } else {
          const { count } = await tx.narrationTakeRecord.updateMany({
            where: { segmentId, take, audioKey: null },
            data: { ...audio, ...usage },
          });
          if (count === 0) return;
          const spoken = await tx.narrationTakeRecord.findUniqueOrThrow({ where: { segmentId_take: { segmentId, take } } });
          const { textContent, emotion, intensity, voice } = spoken;
          await tx.narrationSegmentRecord.update({
            where: { id: segmentId },
            data: { textContent, emotion, intensity, voice: voice ?? Prisma.DbNull },
          });
        }
        await tx.narrationSegmentRecord.update({ where: { id: segmentId }, data: { take, ...audio, askedAt: null } });
        await write(tx, before, decide(before.narration));
      });
    },

    async heard(id) {
      const segments = await client.narrationSegmentRecord.findMany({ where: { narrationId: id }, orderBy: { segmentIndex: 'asc' } });
      return segments.map(({ textContent: text, characterName, pauseSeconds, audioKey, bytes, durationSeconds, segmentIndex }) => {
        if (audioKey === null || bytes === null || durationSeconds === null)
          throw new Error(`Segment ${segmentIndex} of ${id} cannot be heard yet.`);
        return { text, characterName, pauseSeconds: Number(pauseSeconds), audioKey, bytes, durationSeconds: Number(durationSeconds) };
      });
    },

    complete: (id, runId, decide, job) =>
      change(id, async (tx, before) => {
        const segment = runOf(before.narration, runId)?.segment;
        await write(tx, before, decide(before.narration, await usageOf(tx, id, segment)));
        await job.complete(tx);
      }),

    async ofStory(storyId) {
      const records = await client.narrationRecord.findMany({ where: { storyId }, select: { id: true } });
      return records.map(({ id }) => id as NarrationId);
    },
  };
}

/** Of the whole, or of one take. Costs of different currencies are not added: then there is none. */
async function usageOf(tx: Transaction, id: NarrationId, segment: Run['segment'] | undefined): Promise<Usage> {
  const [sum] = await tx.$queryRaw<{ characters: number; amount: string | null; currencies: string[] }[]>`
    SELECT coalesce(sum(t.characters), 0)::int AS characters, sum((t.cost ->> 'amount')::numeric)::text AS amount,
      coalesce(array_agg(DISTINCT t.cost ->> 'currency') FILTER (WHERE t.cost IS NOT NULL), '{}') AS currencies
    FROM narration_takes t JOIN narration_segments s ON s.id = t.segment_id
    WHERE s.narration_id = ${id}::uuid AND (${segment?.id ?? null}::uuid IS NULL OR (t.segment_id = ${segment?.id ?? null}::uuid AND t.take = ${segment?.take ?? 0}))`;
  const [currency, ...others] = sum?.currencies ?? [];
  const isPriced = sum?.amount && currency !== undefined && others.length === 0;
  return { characters: sum?.characters ?? 0, cost: isPriced ? { amount: sum.amount as string, currency } : null };
}

function nextTake(
  { textContent, emotion, intensity, voice }: { textContent: string; emotion: string; intensity: number; voice: Prisma.JsonValue },
  wanted: WantedTake,
) {
  const next = wanted.voice ? json(wanted.voice) : (voice ?? Prisma.DbNull);
  return { textContent: wanted.text ?? textContent, emotion: wanted.emotion ?? emotion, intensity, voice: next };
}

// ── mapping ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const json = (value: object) => value as Prisma.InputJsonObject;

export function toNarration(record: NarrationRecord): Narration {
  const whole = record.durationSeconds === null ? null : Number(record.durationSeconds);
  const common = {
    id: record.id as NarrationId,
    storyId: record.storyId,
    requestedBy: record.requestedBy as UserId,
    version: record.storyVersion,
    provider: (record.voices as object as Casting).narrator.provider,
    totalSegments: record.totalSegments,
    doneSegments: record.doneSegments,
    whole:
      whole === null ? null : { audio: record.audio as AudioFile | null, captions: record.captions as AudioFile | null, duration: whole },
    failure: record.failure as Failure | null,
  };
  const run = record.run as Run | null;
  const status = record.status as Narration['status'];
  if (status === 'pending' || status === 'processing') {
    if (!run) throw new Error(`Narration ${record.id} is ${status} without a run.`);
    return { ...common, status, run };
  }
  return { ...common, status };
}

function toRow(narration: Narration) {
  const { status, doneSegments, whole, failure } = narration;
  return {
    status,
    doneSegments,
    run: 'run' in narration ? json(narration.run) : Prisma.DbNull,
    failure: failure ? json(failure) : Prisma.DbNull,
    audio: whole?.audio ? json(whole.audio) : Prisma.DbNull,
    captions: whole?.captions ? json(whole.captions) : Prisma.DbNull,
    durationSeconds: whole?.duration ?? null,
  };
}

function newRow({ storyId, requestedBy, version, totalSegments }: Narration, content: NarrationContent) {
  const { contentHash, scriptSha256, language, casting, format, sampleRate } = content;
  return {
    ...{ storyId, requestedBy, storyVersion: version, totalSegments, contentHash, scriptSha256, language, sampleRate },
    narratorVoiceId: casting.narrator.isOwn ? casting.narrator.voiceId : null,
    voices: json(casting),
    audioFormat: format,
  };
}
