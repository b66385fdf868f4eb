import { isUuid } from '@storytelling/shared/value-objects/uuid';
import type { PrismaClient } from '../generated/prisma/client.js';

export interface ErasureView {
  readonly id: string;
  readonly contexts: readonly { readonly context: string; readonly finishedAt: Date | null }[];
}

export interface ErasureQueries {
  /** By an id that nobody can guess, so that a person who has no account any more can see it. It says nothing about who was erased. */
  erasure(id: string): Promise<ErasureView | null>;
  /** Whether there is such an account, and it is not erased. */
  isHere(userId: string): Promise<boolean>;
}

export function erasureQueries(prisma: PrismaClient): ErasureQueries {
  return {
    isHere: async (id) => (await prisma.userRecord.count({ where: { id, erasedAt: null } })) > 0,
    async erasure(id) {
      if (!isUuid(id)) return null;
      return prisma.erasureRecord.findUnique({
        where: { id },
        select: { id: true, contexts: { select: { context: true, finishedAt: true }, orderBy: { context: 'asc' } } },
      });
    },
  };
}
