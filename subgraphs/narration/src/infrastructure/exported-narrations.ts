import type { AudioFile } from '../domain/narration.js';
import type { Casting } from '../domain/casting.js';
import type { PrismaClient } from '../generated/prisma/client.js';

type Files = Record<string, { readonly key: string }>;

/** The narrations that a user has had made, each with its lines, the whole and its captions. Two statements, however many there are. */
export async function exportedNarrations(client: PrismaClient, userId: string): Promise<{ readonly data: object; readonly files: Files }> {
  const records = await client.narrationRecord.findMany({
    where: { requestedBy: userId },
    include: { segments: { orderBy: { segmentIndex: 'asc' } } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  const files: Files = {};
  const file = (name: string, stored: unknown) => {
    if (stored === null) return null;
    files[name] = { key: (stored as AudioFile).key };
    return name;
  };
  const data = records.map(
    ({ id, storyId, storyVersion, status, audioFormat, createdAt, completedAt, voices, segments, audio, captions }) => {
      const { narrator, cast } = voices as object as Casting;
      return {
        ...{ id, storyId, storyVersion, status, createdAt, completedAt },
        narratorVoiceId: narrator.voiceId,
        cast: cast.map(({ characterId, voice }) => ({ characterId, voiceId: voice.voiceId })),
        audio: file(`narrations/${id}.${audioFormat}`, audio),
        captions: file(`narrations/${id}.vtt`, captions),
        segments: segments.map(({ segmentIndex: index, characterName, textContent: text, emotion, take }) => ({
          index,
          characterName,
          text,
          emotion,
          take,
        })),
      };
    },
  );
  return { data, files };
}
