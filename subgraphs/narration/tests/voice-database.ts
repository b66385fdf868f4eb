import type { VoiceEvent } from '@storytelling/shared/domain-events/narration';
import { voiceStream } from '../src/domain/voice.js';
import { prismaVoices } from '../src/infrastructure/prisma-voices.js';
import { narrationDatabase } from './narration-database.js';

/** As `narrationDatabase`, with its voices. */
export async function voiceDatabase() {
  const database = await narrationDatabase();
  const { prisma: client, transact, jobs, pool } = database;
  return {
    ...database,
    voices: prismaVoices({ client, transact, jobs }),
    /** The events of a voice, oldest first. */
    async events(id: string): Promise<VoiceEvent[]> {
      const { rows } = await pool.query<VoiceEvent>(
        'SELECT event_type AS type, event_data AS data FROM backbone.event_store WHERE stream_id = $1 ORDER BY event_version',
        [voiceStream(id).id],
      );
      return rows;
    },
  };
}
