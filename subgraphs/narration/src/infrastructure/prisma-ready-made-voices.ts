import type { Jobs } from '@storytelling/shared/infrastructure/jobs';
import type { UnitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { readyMadeVoiceId } from '../domain/preview.js';
import type { ReadyMadeVoices } from '../domain/ready-made-voices.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';

export const previewQueue = 'preview-voice';
export interface PreviewJob {
  readonly voiceId: string;
}

export function prismaReadyMadeVoices({
  client,
  transact,
  jobs,
}: {
  client: PrismaClient;
  transact: UnitOfWork<Prisma.TransactionClient>;
  jobs: Pick<Jobs, 'enqueue'>;
}): ReadyMadeVoices {
  return {
    async save(provider, voices) {
      await transact(async (tx) => {
        const rows = voices.map((voice) => ({ ...voice, id: readyMadeVoiceId(provider, voice.providerVoiceId) }));
        const of = (column: 'id' | 'providerVoiceId' | 'name' | 'language' | 'description') => rows.map((row) => row[column]);
        // Sorted, because every replica does this when it starts, and two must not wait for each other's rows.
        await tx.$executeRaw`
          INSERT INTO ready_made_voices (id, provider, provider_voice_id, name, language, description, rank)
          SELECT id, ${provider}, provider_voice_id, left(name, 200), language, description, rank
          FROM unnest(${of('id')}::uuid[], ${of('providerVoiceId')}::text[], ${of('name')}::text[], ${of('language')}::text[], ${of('description')}::text[])
            WITH ORDINALITY AS told(id, provider_voice_id, name, language, description, rank) ORDER BY id
          ON CONFLICT (id) DO UPDATE
            SET name = excluded.name, language = excluded.language, description = excluded.description, rank = excluded.rank, is_retired = false`;
        await tx.$executeRaw`
          UPDATE ready_made_voices SET is_retired = true WHERE provider = ${provider} AND NOT is_retired AND id <> ALL(${of('id')}::uuid[])`;
        return provider;
      });
    },

    async wantPreviews(ids) {
      for (const voiceId of ids) {
        const job: PreviewJob = { voiceId };
        await jobs.enqueue(client, previewQueue, job, voiceId);
      }
    },

    async previewKeys(ids) {
      const heard = await client.readyMadeVoiceRecord.findMany({
        where: { id: { in: [...ids] }, previewKey: { not: null } },
        select: { id: true, previewKey: true },
      });
      return new Map(heard.flatMap(({ id, previewKey }) => (previewKey === null ? [] : [[id, previewKey]])));
    },

    async withoutPreview(id) {
      const record = await client.readyMadeVoiceRecord.findUnique({ where: { id, isRetired: false, previewKey: null } });
      return record ? { provider: record.provider, providerVoiceId: record.providerVoiceId, language: record.language } : undefined;
    },

    async previewed(id, previewKey) {
      await client.readyMadeVoiceRecord.update({ where: { id }, data: { previewKey } });
    },
  };
}
