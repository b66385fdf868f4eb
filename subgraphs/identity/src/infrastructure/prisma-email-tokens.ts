import { createHash } from 'node:crypto';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { emailTokenLifetime, type EmailTokens } from '../domain/email-tokens.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import type { Secrets } from './secrets.js';

/** What of a token is kept. A fast hash is enough for 256 bits that nobody can guess. */
export const emailTokenHash = (token: string) => createHash('sha256').update(token).digest('hex');

/**
 * A token is a keyed hash of its letter's id: it lies in no queue and no table, and a letter that is sent again holds the same one. It is issued once: a
 * repetition finds it as it is, used or not.
 */
export function prismaEmailTokens(prisma: PrismaClient, { emailToken }: Pick<Secrets, 'emailToken'>, now: () => Date): EmailTokens {
  async function ownerOf(where: Prisma.EmailTokenRecordWhereInput): Promise<UserId | undefined> {
    const found = await prisma.emailTokenRecord.findFirst({ where: { ...where, expiresAt: { gt: now() } }, select: { userId: true } });
    return found?.userId as UserId | undefined;
  }

  return {
    async issue(letterId, purpose, userId) {
      const token = emailToken(purpose, letterId);
      const expiresAt = new Date(now().getTime() + emailTokenLifetime[purpose]);
      await prisma.emailTokenRecord.createMany({
        data: [{ hash: emailTokenHash(token), userId, purpose, expiresAt }],
        skipDuplicates: true,
      });
      return token;
    },
    holder: (purpose, token) => ownerOf({ hash: emailTokenHash(token), purpose, usedAt: null }),
    spentBy: (purpose, token) => ownerOf({ hash: emailTokenHash(token), purpose, usedAt: { not: null } }),
  };
}
