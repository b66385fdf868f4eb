import { ConsentRecorded, ConsentWithdrawn } from '@storytelling/shared/domain-events/narration';
import type { ExportedPerson } from '@storytelling/shared/infrastructure/personal-data';
import { voiceStream } from '../domain/voice.js';
import type { PrismaClient } from '../generated/prisma/client.js';

interface ConsentRow {
  readonly stream: string;
  readonly event: string;
  readonly at: Date;
  readonly speaker: string | null;
  readonly statement: string | null;
}

/** Somebody's own voices, for that person: what was recorded, measured, agreed and trained. As many statements for many voices as for one. */
export async function exportedVoices(client: PrismaClient, userId: string): Promise<Pick<ExportedPerson, 'data' | 'files'>> {
  const records = await client.narratorVoiceRecord.findMany({
    where: { userId },
    select: {
      ...{ id: true, name: true, provider: true, language: true, trainingStatus: true, settings: true, failure: true, qualityScore: true },
      ...{ consent: true, previewKey: true, createdAt: true, updatedAt: true },
      samples: { omit: { voiceId: true }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] },
    },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  const streams = new Map(records.map(({ id }) => [voiceStream(id).id, id]));
  const history = await client.$queryRaw<ConsentRow[]>`
    SELECT stream_id AS stream, event_type AS event, occurred_at AS at, event_data ->> 'speaker' AS speaker, event_data ->> 'statement' AS statement
    FROM backbone.event_store WHERE stream_id = ANY(${[...streams.keys()]}) AND event_type IN (${ConsentRecorded.type}, ${ConsentWithdrawn.type})
    ORDER BY stream_id, event_version`;
  const consents = Map.groupBy(history, ({ stream }) => streams.get(stream));
  const files: Record<string, { key: string }> = {};
  const fileOf = (name: string, key: string) => {
    files[name] = { key };
    return name;
  };
  const data = records.map(({ samples, previewKey, ...voice }) => ({
    ...voice,
    consents: (consents.get(voice.id) ?? []).map(({ stream: _, ...entry }) => entry),
    preview: previewKey === null ? null : fileOf(`voices/${voice.id}/preview.mp3`, previewKey),
    samples: samples.map(({ audioKey, ...sample }) => ({ ...sample, recording: fileOf(`voices/${voice.id}/${sample.id}.wav`, audioKey) })),
  }));
  return { data, files };
}
