import type { Authors } from '../domain/authors.js';
import type { Prisma } from '../generated/prisma/client.js';

export function prismaAuthors(tx: Prisma.TransactionClient): Authors {
  return {
    async save({ id, displayName }) {
      await tx.authorRecord.upsert({ where: { id }, create: { id, displayName }, update: { displayName } });
    },
    async verified(id) {
      await tx.authorRecord.upsert({ where: { id }, create: { id, isEmailVerified: true }, update: { isEmailVerified: true } });
    },
    async hasVerifiedEmail(id) {
      const author = await tx.authorRecord.findUnique({ where: { id }, select: { isEmailVerified: true } });
      return author?.isEmailVerified ?? false;
    },
  };
}
