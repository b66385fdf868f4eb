import { isUuid } from '@storytelling/shared/value-objects/uuid';
import type { CastableVoices } from '../domain/narrations.js';
import type { VoiceSettings } from '../domain/speech-provider.js';
import type { PrismaClient } from '../generated/prisma/client.js';

type Row = {
  id: string;
  provider: string;
  provider_voice_id: string | null;
  settings: VoiceSettings | null;
  is_ready: boolean;
  is_own: boolean;
};

export function prismaCastableVoices(client: PrismaClient): CastableVoices {
  return {
    async find(voiceIds, owner) {
      const ids = voiceIds.filter(isUuid);
      if (ids.length === 0) return voiceIds.map(() => undefined);
      const rows = await client.$queryRaw<Row[]>`
        SELECT id, provider, provider_voice_id, NULL::jsonb AS settings, NOT is_retired AS is_ready, false AS is_own
        FROM ready_made_voices WHERE id = ANY(${ids}::uuid[])
        UNION ALL
        SELECT id, provider, provider_voice_id, voice_settings, training_status = 'ready', true
        FROM narrator_voices WHERE id = ANY(${ids}::uuid[]) AND user_id = ${owner}`;
      const known = new Map(
        rows.map((row) => [
          row.id,
          {
            voiceId: row.id,
            provider: row.provider,
            providerVoiceId: row.provider_voice_id ?? '',
            settings: row.settings ?? {},
            isReady: row.is_ready,
            isOwn: row.is_own,
          },
        ]),
      );
      return voiceIds.map((id) => known.get(id.toLowerCase()));
    },
  };
}
