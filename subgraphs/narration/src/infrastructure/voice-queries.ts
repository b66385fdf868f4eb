import { type Page, type Slice, sliceOf } from '@storytelling/shared/infrastructure/page';
import { isUuid } from '@storytelling/shared/value-objects/uuid';
import type { Consent } from '../domain/consent.js';
import type { Failure } from '../domain/narration.js';
import type { RecordingMeasures } from '../domain/recording.js';
import type { SpeechProvider } from '../domain/speech-provider.js';
import type { TrainingUnderWay, Voice } from '../domain/voice.js';
import { Prisma, type PrismaClient } from '../generated/prisma/client.js';

/** A voice of the viewer's own, or one that is ready for everybody. */
export interface VoiceView {
  readonly id: string;
  /** null: ready-made. */
  readonly ownerId: string | null;
  readonly kind: SpeechProvider['trains'] | 'ready-made';
  readonly name: string;
  readonly provider: string;
  readonly language: string;
  readonly description: string | null;
  readonly trainingStatus: Exclude<Voice['status'], 'deleted'>;
  readonly training: TrainingUnderWay | null;
  readonly failure: Failure | null;
  readonly qualityScore: number | null;
  readonly consent: (Consent & { readonly at: string }) | null;
  readonly previewKey: string | null;
  readonly isRetired: boolean;
  readonly createdAt: Date | null;
  readonly streamVersion: number;
}

export interface VoiceKey {
  readonly createdAt: string;
  readonly id: string;
}

export interface SampleView {
  readonly id: string;
  readonly voiceId: string;
  readonly emotion: string;
  readonly sampleText: string;
  readonly audioKey: string;
  readonly bytes: number;
  readonly durationSeconds: number;
  readonly isLocked: boolean;
  readonly measures: RecordingMeasures;
  readonly createdAt: Date;
}

/** Reads for the graph, batched: each method is one statement, however many keys it is given. Answers lie in the order of the keys. */
export interface VoiceQueries {
  /** Ready-made voices, and the viewer's own; of anybody else's it is not told whether they exist. */
  voicesById(ids: readonly string[], viewer: string | undefined): Promise<(VoiceView | null)[]>;
  /** Newest first. */
  voicesOf(owner: string, page: Page<VoiceKey>): Promise<Slice<VoiceView>>;
  /** Each provider’s in its own order; those that are retired are not offered. */
  readyMadeVoices(filter: { readonly provider?: string | null; readonly language?: string | null }): Promise<VoiceView[]>;
  /** Of voices that the viewer has been shown, oldest first. */
  samples(voiceIds: readonly string[]): Promise<SampleView[][]>;
  /** Which of these objects some row names. */
  voiceAudioInUse(keys: readonly string[]): Promise<string[]>;
}

/** Keys of the previews of ready-made voices that had none when they were read, in the order of the voices; null: it will take longer. */
export type PreviewsOf = (voices: readonly Pick<VoiceView, 'id' | 'provider'>[]) => Promise<(string | null)[]>;

type Row = Omit<VoiceView, 'kind' | 'qualityScore'> & { readonly qualityScore: Prisma.Decimal | null };

const own = Prisma.sql`id, user_id AS "ownerId", voice_name AS name, provider, language, NULL AS description, training_status AS "trainingStatus", training,
  failure, quality_score AS "qualityScore", consent, preview_key AS "previewKey", false AS "isRetired", created_at AS "createdAt",
  stream_version AS "streamVersion"`;
const readyMade = Prisma.sql`id, NULL AS "ownerId", name, provider, language, description, 'ready' AS "trainingStatus", NULL::jsonb AS training,
  NULL::jsonb AS failure, NULL::numeric AS "qualityScore", NULL::jsonb AS consent, preview_key AS "previewKey", is_retired AS "isRetired",
  NULL::timestamptz AS "createdAt", 0 AS "streamVersion"`;

/** More than any provider has. */
const mostReadyMade = 1_000;

/** `trains`: what a training makes at a provider. */
export function voiceQueries(client: PrismaClient, trains: (provider: string) => SpeechProvider['trains']): VoiceQueries {
  const viewOf = ({ qualityScore, ...row }: Row): VoiceView => ({
    ...row,
    kind: row.ownerId === null ? 'ready-made' : trains(row.provider),
    qualityScore: qualityScore === null ? null : Number(qualityScore),
  });

  return {
    async voicesById(ids, viewer) {
      const wanted = ids.filter(isUuid);
      const rows = await client.$queryRaw<Row[]>`
        SELECT ${own} FROM narrator_voices WHERE id = ANY(${wanted}::uuid[]) AND user_id = ${viewer ?? ''}
        UNION ALL SELECT ${readyMade} FROM ready_made_voices WHERE id = ANY(${wanted}::uuid[])`;
      const byId = new Map(rows.map((row) => [row.id, viewOf(row)]));
      return ids.map((id) => byId.get(id.toLowerCase()) ?? null);
    },

    async voicesOf(owner, page) {
      const { after, before, backward, limit } = page;
      const conditions = [Prisma.sql`user_id = ${owner}`];
      if (after) conditions.push(Prisma.sql`(created_at, id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`);
      if (before) conditions.push(Prisma.sql`(created_at, id) > (${before.createdAt}::timestamptz, ${before.id}::uuid)`);
      const order = backward ? Prisma.sql`created_at ASC, id ASC` : Prisma.sql`created_at DESC, id DESC`;
      const rows = await client.$queryRaw<Row[]>`
        SELECT ${own} FROM narrator_voices WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY ${order} LIMIT ${limit + 1}`;
      return sliceOf(rows, page, viewOf);
    },

    async readyMadeVoices({ provider, language }) {
      const conditions = [Prisma.sql`NOT is_retired`];
      if (provider) conditions.push(Prisma.sql`provider = ${provider}`);
      // Whoever asks for English is offered British English, too.
      if (language) conditions.push(Prisma.sql`(language = ${language} OR starts_with(language, ${`${language}-`}))`);
      const rows = await client.$queryRaw<Row[]>`
        SELECT ${readyMade} FROM ready_made_voices WHERE ${Prisma.join(conditions, ' AND ')}
        ORDER BY provider, rank, id LIMIT ${mostReadyMade}`;
      return rows.map(viewOf);
    },

    async samples(voiceIds) {
      const rows = await client.$queryRaw<SampleView[]>`
        SELECT id, narrator_voice_id AS "voiceId", emotion, sample_text AS "sampleText", audio_url AS "audioKey", file_size_bytes AS bytes,
          duration_seconds::float8 AS "durationSeconds", is_locked AS "isLocked", measures, created_at AS "createdAt"
        FROM voice_samples WHERE narrator_voice_id = ANY(${[...voiceIds]}::uuid[]) ORDER BY created_at, id`;
      const byVoice = Map.groupBy(rows, ({ voiceId }) => voiceId);
      return voiceIds.map((id) => byVoice.get(id) ?? []);
    },

    async voiceAudioInUse(keys) {
      const rows = await client.$queryRaw<{ key: string }[]>`
        SELECT audio_url AS key FROM voice_samples WHERE audio_url = ANY(${[...keys]}::text[])
        UNION ALL SELECT preview_key FROM narrator_voices WHERE preview_key = ANY(${[...keys]}::text[])`;
      return rows.map(({ key }) => key);
    },
  };
}
