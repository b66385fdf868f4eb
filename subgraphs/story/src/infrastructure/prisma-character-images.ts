import type { Jobs } from '@storytelling/shared/infrastructure/jobs';
import type { UnitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import type { UploadedImages } from '@storytelling/shared/infrastructure/uploaded-images';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type { CharacterImages, PicturedCharacters } from '../domain/character-image.js';
import type { Prisma } from '../generated/prisma/client.js';
import { storyRows } from './prisma-stories.js';

/** Below it, a folder per character. */
export const characterImageFolder = 'story/character-images/';

const isId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

export function prismaPicturedCharacters({
  transact,
  jobs,
}: {
  transact: UnitOfWork<Prisma.TransactionClient>;
  jobs: Pick<Jobs, 'enqueue' | 'cancel'>;
}): PicturedCharacters {
  const { locked, write } = storyRows(jobs);
  return {
    async change(storyId, characterId, decide) {
      let replaced: string | null = null;
      await transact(async (tx) => {
        const before = await locked(tx, storyId);
        const where = { id: characterId, storyId, position: { not: null } };
        const record = isId(characterId) ? await tx.storyCharacterRecord.findFirst({ where, select: { id: true, imageKey: true } }) : null;
        const events = decide(before.story, record ?? undefined);
        await write(tx, before, events, {});
        for (const event of events) {
          if (event.type !== 'CharacterImageChanged') continue;
          const { characterId: id, imageKey } = event.data;
          await tx.storyCharacterRecord.update({ where: { id }, data: { imageKey } });
          replaced = record?.imageKey ?? null;
        }
        return storyId;
      });
      return { replaced };
    },
  };
}

export function storedCharacterImages(images: UploadedImages): CharacterImages {
  const of = (author: UserId, characterId: string) => ({ subject: author, owner: characterId });
  return {
    promise: (author, characterId, file) => images.promise(of(author, characterId), file),
    keep: (author, characterId, uploadId) => images.keep(of(author, characterId), uploadId),
    settle: (author, characterId, used) => images.settle({ by: of(author, characterId), ...used }),
  };
}
