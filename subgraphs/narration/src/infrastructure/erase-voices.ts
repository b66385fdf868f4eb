import {
  narrationEvents,
  VoiceCreated,
  VoiceDeleted,
  VoiceProfileTrained,
  VoiceTrainingFailed,
  TrainingRequested,
} from '@storytelling/shared/domain-events/narration';
import { appendEvents } from '@storytelling/shared/infrastructure/event-store';
import type { UnitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import type { SpeechProviders } from '../application/casting.js';
import { type VoiceId, voiceStream } from '../domain/voice.js';
import type { VoiceAudio } from '../domain/voices.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import { settledAfterSeconds } from './prisma-voices.js';

type Transaction = Prisma.TransactionClient;

/** Deleting one voice at a provider. */
const patience = 60_000;

/**
 * When somebody is erased: every voice of theirs ends, with its recordings, here and at the provider. A transaction per voice, so that it goes on where it
 * was killed; it throws, to be called again, while something cannot be deleted yet. Answers the ids of all voices that they ever had.
 */
export function eraseVoicesOf({
  client,
  transact,
  audio,
  providers,
}: {
  client: PrismaClient;
  transact: UnitOfWork<Transaction>;
  audio: Pick<VoiceAudio, 'removeOf'>;
  providers: SpeechProviders;
}) {
  const at = (name: string) => {
    const provider = providers.get(name);
    if (!provider) throw new Error(`A voice at ${name} cannot be deleted there until ${name} is set up here again.`);
    return provider;
  };
  return async (userId: string): Promise<readonly string[]> => {
    // From history, because an earlier try may have deleted some, and jobs that were to forget those the person has deleted go with the person.
    const known = await client.$queryRaw<{ id: VoiceId; provider: string }[]>`
      SELECT event_data ->> 'voiceId' AS id, event_data ->> 'provider' AS provider FROM backbone.event_store
      WHERE event_type = ${VoiceCreated.type} AND event_data ->> 'userId' = ${userId}`;
    for (const { id } of known) await transact((tx) => end(tx, id, userId));
    for (const { id, provider } of known) {
      await audio.removeOf(id);
      await at(provider).forget({ id, providerVoiceId: null, key: null }, AbortSignal.timeout(patience));
    }
    const cloned = known.filter(({ provider }) => at(provider).trains === 'clone').map(({ id }) => voiceStream(id).id);
    if (await mayStillBeMade(client, cloned)) throw new Error('Not yet: a provider may still be making a clone of a voice that is erased.');
    return known.map(({ id }) => id);
  };
}

/** Whether a training had not ended when its voice did, just now: its answer is not known, and nobody will ask for it. */
async function mayStillBeMade(client: PrismaClient, streams: readonly string[]): Promise<boolean> {
  const unsettled = await client.$queryRaw<object[]>`
    SELECT 1 FROM backbone.event_store requested JOIN backbone.event_store deleted USING (stream_id)
    WHERE stream_id = ANY(${[...streams]}) AND requested.event_type = ${TrainingRequested.type} AND deleted.event_type = ${VoiceDeleted.type}
      AND deleted.occurred_at > now() - make_interval(secs => ${settledAfterSeconds}::int) AND NOT EXISTS (
        SELECT 1 FROM backbone.event_store ended WHERE ended.stream_id = requested.stream_id
          AND ended.event_type IN (${VoiceProfileTrained.type}, ${VoiceTrainingFailed.type})
          AND ended.event_data ->> 'trainingId' = requested.event_data ->> 'trainingId')
    LIMIT 1`;
  return unsettled.length > 0;
}

async function end(tx: Transaction, id: VoiceId, userId: string): Promise<string> {
  await tx.$queryRaw`SELECT 1 FROM narrator_voices WHERE id = ${id}::uuid FOR UPDATE`;
  const record = await tx.narratorVoiceRecord.findUnique({ where: { id } });
  if (!record) return id;
  await appendEvents(tx, voiceStream(id), record.streamVersion, [VoiceDeleted({ voiceId: id, userId })], narrationEvents);
  // With its recordings.
  await tx.narratorVoiceRecord.delete({ where: { id } });
  return id;
}
