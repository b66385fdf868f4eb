import { narrationEvents, VoiceDeleted, type VoiceEvent } from '@storytelling/shared/domain-events/narration';
import { appendEvents } from '@storytelling/shared/infrastructure/event-store';
import type { Jobs } from '@storytelling/shared/infrastructure/jobs';
import type { UnitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import type { Language } from '@storytelling/shared/value-objects/language';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { Consent } from '../domain/consent.js';
import type { Failure } from '../domain/narration.js';
import type { RecordingMeasures } from '../domain/recording.js';
import { refuse } from '../domain/refusals.js';
import type { Emotion } from '../domain/speech-provider.js';
import { evolve, isAwaited, type TrainingUnderWay, type Voice, type VoiceId, voiceStream } from '../domain/voice.js';
import type { ForgottenVoice, NewSample, TrainedVoice, Training, VoiceTrainings } from '../domain/voices.js';
import { type NarratorVoiceRecord, Prisma, type PrismaClient, type VoiceSampleRecord } from '../generated/prisma/client.js';

type Transaction = Prisma.TransactionClient;
type Row = NarratorVoiceRecord & {
  readonly samples: readonly Pick<VoiceSampleRecord, 'id' | 'emotion' | 'durationSeconds' | 'isLocked'>[];
};
interface Locked {
  readonly voice: Voice;
  readonly record: Row;
}

export const trainingQueue = 'train-voice';
export const forgetVoiceQueue = 'forget-voice';

/** A provider answers within minutes. One that was asked for a clone may still make it when nobody waits for the answer any more. */
export const settledAfterSeconds = 600;

const samplesInOrder = {
  select: { id: true, emotion: true, durationSeconds: true, isLocked: true },
  orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
} satisfies Prisma.NarratorVoiceRecord$samplesArgs;

export function prismaVoices({
  client,
  transact,
  jobs,
}: {
  client: PrismaClient;
  transact: UnitOfWork<Transaction>;
  jobs: Pick<Jobs, 'enqueue'>;
}): VoiceTrainings {
  /** Everything that changes a voice goes through here: its row, its samples, its events, its jobs. */
  async function write(
    tx: Transaction,
    before: Locked | undefined,
    events: readonly VoiceEvent[],
    made: { readonly sample?: NewSample | undefined; readonly trained?: TrainedVoice | null } = {},
  ): Promise<void> {
    let voice = before?.voice;
    for (const event of events) voice = evolve(voice, event);
    if (!voice || events.length === 0) return;
    const { id } = voice;
    const streamVersion = await appendEvents(tx, voiceStream(id), before?.record.streamVersion ?? 0, events, narrationEvents);
    const forget = (what: Omit<ForgottenVoice, 'voiceId' | 'provider'>) =>
      enqueueForgetting(tx, { voiceId: id, provider: voice.provider, ...what }, String(streamVersion));
    if (voice.status === 'deleted') {
      await tx.narratorVoiceRecord.delete({ where: { id } });
      await forget({ trained: 'all', objects: 'all' });
      return;
    }
    for (const event of events) await writeBeside(tx, event, before, forget, made);
    const row = { ...toRow(voice, events, before?.record), ...toTrained(events, made.trained), streamVersion };
    if (before) await tx.narratorVoiceRecord.update({ where: { id }, data: row });
    else await tx.narratorVoiceRecord.create({ data: { id, ...row } });
  }

  /** What an event changes besides the row of its voice. */
  async function writeBeside(
    tx: Transaction,
    event: VoiceEvent,
    before: Locked | undefined,
    forget: (what: Omit<ForgottenVoice, 'voiceId' | 'provider'>) => Promise<void>,
    { sample, trained }: { readonly sample?: NewSample | undefined; readonly trained?: TrainedVoice | null },
  ): Promise<void> {
    const { voiceId } = event.data;
    const last = before?.record;
    switch (event.type) {
      case 'VoiceSampleRecorded':
        if (!sample) throw new Error('A sample is recorded with its sound.');
        await tx.voiceSampleRecord.create({ data: toSampleRow(voiceId, sample) });
        break;
      case 'VoiceSampleRemoved': {
        const { audioKey } = await tx.voiceSampleRecord.delete({ where: { id: event.data.sampleId } });
        await forget({ trained: 'none', objects: [audioKey] });
        break;
      }
      case 'ConsentWithdrawn': {
        const samples = await tx.voiceSampleRecord.findMany({ where: { voiceId }, select: { audioKey: true } });
        await tx.voiceSampleRecord.deleteMany({ where: { voiceId } });
        const { trained: before, previews } = madeBefore(last);
        await forget({ trained: before, objects: [...samples.map(({ audioKey }) => audioKey), ...previews] });
        break;
      }
      case 'TrainingRequested': {
        const { trainingId, sampleIds } = event.data;
        await tx.voiceSampleRecord.updateMany({ where: { voiceId, id: { in: sampleIds } }, data: { isLocked: true } });
        const job: Training = { voiceId: voiceId as VoiceId, trainingId, provider: last?.provider ?? '' };
        await jobs.enqueue(tx, trainingQueue, job, trainingId);
        break;
      }
      case 'VoiceProfileTrained':
        // What was trained before speaks no more.
        if (last?.providerVoiceId) {
          const { trained: before, previews } = madeBefore(last);
          await forget({ trained: last.providerVoiceId === trained?.providerVoiceId ? 'none' : before, objects: previews });
        }
        break;
      case 'VoiceTrainingFailed':
        // The provider may have made something, and its answer was lost.
        await forget({ trained: { providerVoiceId: null, key: event.data.trainingId }, objects: [] });
        break;
      case 'VoiceCreated':
      case 'ConsentRecorded':
      case 'TrainingProgressed':
      case 'VoiceDeleted':
        break;
    }
  }

  async function enqueueForgetting(tx: Transaction, job: ForgottenVoice, occasion: string): Promise<void> {
    const key = `${job.voiceId}:${occasion}`;
    await jobs.enqueue(tx, forgetVoiceQueue, job, key);
    // The provider was asked, and its answer was lost: it may still be making what is to be forgotten.
    const isUnknown = typeof job.trained === 'object' && job.trained.providerVoiceId === null;
    if (isUnknown) await jobs.enqueue(tx, forgetVoiceQueue, job, `${key}:settled`, settledAfterSeconds);
  }

  async function find(from: Transaction, id: VoiceId): Promise<Locked | undefined> {
    const record = await from.narratorVoiceRecord.findUnique({ where: { id }, include: { samples: samplesInOrder } });
    return record ? { record, voice: toVoice(record) } : undefined;
  }

  async function locked(tx: Transaction, id: VoiceId): Promise<Locked | undefined> {
    await tx.$queryRaw`SELECT 1 FROM narrator_voices WHERE id = ${id}::uuid FOR UPDATE`;
    return find(tx, id);
  }

  async function existing(tx: Transaction, id: VoiceId): Promise<Locked> {
    const before = await locked(tx, id);
    if (!before) throw refuse.VOICE_NOT_FOUND();
    return before;
  }

  return {
    add: (owner, decide) =>
      transact(async (tx) => {
        await tx.$queryRaw`SELECT count(pg_advisory_xact_lock(hashtext('voices'), hashtext(${owner})))`;
        const events = decide(await tx.narratorVoiceRecord.count({ where: { userId: owner } }));
        await write(tx, undefined, events);
        const [created] = events;
        if (created?.type !== 'VoiceCreated') throw new Error('A voice begins with VoiceCreated.');
        return created.data.voiceId;
      }) as Promise<VoiceId>,

    update: (id, decide) =>
      transact(async (tx) => {
        const before = await existing(tx, id);
        await write(tx, before, decide(before.voice));
        return id;
      }) as Promise<VoiceId>,

    record: (id, sampleId, decide, sample) =>
      transact(async (tx) => {
        const before = await existing(tx, id);
        await write(tx, before, decide(before.voice), { sample });
        return sampleId;
      }),

    find: async (id) => (await find(client, id))?.voice,

    async wasDeletedBy(id, owner) {
      const [deleted] = await client.$queryRaw<{ by: string }[]>`
        SELECT event_data ->> 'userId' AS by FROM backbone.event_store
        WHERE stream_id = ${voiceStream(id).id} AND event_type = ${VoiceDeleted.type}`;
      return deleted?.by === owner;
    },

    async work({ voiceId, trainingId }) {
      const known = await find(client, voiceId);
      if (!known || !isAwaited(known.voice, trainingId)) return undefined;
      const { userId, name, language, training } = known.record;
      const samples = await client.voiceSampleRecord.findMany({ where: { voiceId, isLocked: true }, orderBy: samplesInOrder.orderBy });
      return {
        owner: userId as UserId,
        ...{ name, language },
        samples: samples.map(({ id, emotion, audioKey, measures }) => ({
          ...{ id, audioKey },
          emotion: emotion as Emotion,
          measures: measures as object as RecordingMeasures,
        })),
        askedAt: askedAtOf(training),
      };
    },

    async asked({ voiceId, trainingId }, at) {
      // Of a training that is awaited, and when the first try asked: the row is locked by this one statement.
      const noted = await client.$executeRaw`
        UPDATE narrator_voices SET training = jsonb_build_object('askedAt', ${at.toISOString()}::text) || training
        WHERE id = ${voiceId}::uuid AND training ->> 'id' = ${trainingId}`;
      return noted === 1;
    },

    finish: async (training, decide, { trained, job }) => {
      const { voiceId, trainingId, provider } = training;
      await transact(async (tx) => {
        // First: whoever has lost the turn to another worker changes and forgets nothing.
        await job?.complete(tx);
        const before = await locked(tx, voiceId);
        const events = before ? decide(before.voice) : [];
        await write(tx, before, events, { trained });
        if (events.length > 0) return voiceId;
        const made = { providerVoiceId: trained?.providerVoiceId ?? null, key: trainingId };
        const objects = trained?.previewKey ? [trained.previewKey] : [];
        await enqueueForgetting(tx, { voiceId, provider, trained: made, objects }, trainingId);
        return voiceId;
      });
    },

    forget: async (voice) => {
      await transact(async (tx) => {
        await enqueueForgetting(tx, voice, JSON.stringify(voice.trained));
        return voice.voiceId;
      });
    },
  };
}

// ── mapping ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export function toVoice(record: Row): Voice {
  const common = {
    id: record.id as VoiceId,
    ownerId: record.userId as UserId,
    name: record.name,
    provider: record.provider,
    language: record.language as Language,
    consent: toConsent(record.consent),
    samples: record.samples.map(({ id, emotion, durationSeconds, isLocked }) => ({
      ...{ id, isLocked },
      emotion: emotion as Emotion,
      duration: Number(durationSeconds),
    })),
    quality: record.qualityScore === null ? null : Number(record.qualityScore),
  };
  switch (record.trainingStatus) {
    case 'training': {
      const { id, progress } = record.training as object as TrainingUnderWay;
      return { ...common, status: 'training', training: { id, progress } };
    }
    case 'failed':
      return { ...common, status: 'failed', failure: record.failure as object as Failure };
    default:
      return { ...common, status: record.trainingStatus as 'pending' | 'collecting' | 'ready' };
  }
}

function toConsent(consent: unknown): Consent | null {
  const { speaker, statement } = (consent ?? {}) as Partial<Consent>;
  return speaker && statement ? { speaker, statement } : null;
}

function askedAtOf(training: unknown): Date | null {
  const { askedAt } = (training ?? {}) as { askedAt?: string };
  return askedAt ? new Date(askedAt) : null;
}

/** What the last training has left outside the database. */
function madeBefore(record: Row | undefined): Pick<ForgottenVoice, 'trained'> & { readonly previews: string[] } {
  const { providerVoiceId = null, previewKey = null } = record ?? {};
  return {
    trained: providerVoiceId === null ? 'none' : { providerVoiceId, key: null },
    previews: previewKey === null ? [] : [previewKey],
  };
}

/** Also what is no part of a decision: when somebody agreed, and when a provider was asked. */
function toRow(voice: Voice, events: readonly VoiceEvent[], last: Row | undefined) {
  const agreedNow = events.some(({ type }) => type === 'ConsentRecorded');
  const agreedAt = agreedNow ? new Date().toISOString() : (last?.consent as { at?: string } | null | undefined)?.at;
  const underWay = voice.status === 'training' ? voice.training : null;
  const before = last?.training as (TrainingUnderWay & { askedAt?: string }) | null | undefined;
  const asked = underWay && before?.id === underWay.id && before.askedAt ? { askedAt: before.askedAt } : {};
  return {
    userId: voice.ownerId,
    name: voice.name ?? '',
    provider: voice.provider,
    language: voice.language,
    trainingStatus: voice.status,
    training: underWay ? json({ ...underWay, ...asked }) : Prisma.DbNull,
    failure: voice.status === 'failed' ? json(voice.failure) : Prisma.DbNull,
    consent: voice.consent ? json({ ...voice.consent, at: agreedAt }) : Prisma.DbNull,
    qualityScore: voice.quality,
  };
}

/** What the provider needs to speak in it. */
function toTrained(events: readonly VoiceEvent[], trained: TrainedVoice | null | undefined) {
  if (events.some(({ type }) => type === 'ConsentWithdrawn')) return { providerVoiceId: null, settings: Prisma.DbNull, previewKey: null };
  return trained ? { ...trained, settings: json(trained.settings) } : {};
}

function toSampleRow(voiceId: string, { id, emotion, text, audioKey, duration, bytes, measures }: NewSample) {
  return {
    ...{ id, voiceId, emotion, audioKey },
    sampleText: text,
    durationSeconds: duration,
    fileSizeBytes: bytes,
    measures: json(measures),
  };
}

const json = (value: object) => value as Prisma.InputJsonObject;
