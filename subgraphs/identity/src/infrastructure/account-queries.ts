import { type Page, type Slice, sliceOf } from '@storytelling/shared/infrastructure/page';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import { Prisma, type PrismaClient } from '../generated/prisma/client.js';

export interface AccountKey {
  readonly createdAt: string;
  readonly id: string;
}

export interface AccountFound {
  readonly id: UserId;
  readonly createdAt: Date;
}

export interface AccountQueries {
  /** Newest first. `search` is the beginning of an address, or of a display, first or last name, in any case; all without one. One statement, by indexes. */
  searchAccounts(search: string | null, page: Page<AccountKey>): Promise<Slice<AccountFound>>;
}

export function accountQueries(prisma: PrismaClient): AccountQueries {
  return {
    async searchAccounts(search, page) {
      const { after, before, backward, limit } = page;
      const conditions = [Prisma.sql`true`];
      if (search) {
        const prefix = `${search.replace(/[\\%_]/g, '\\$&')}%`;
        conditions.push(Prisma.sql`(email LIKE lower(${prefix}) OR lower(display_name) LIKE lower(${prefix})
          OR lower(first_name) LIKE lower(${prefix}) OR lower(last_name) LIKE lower(${prefix}))`);
      }
      if (after) conditions.push(Prisma.sql`(created_at, id) < (${after.createdAt}::timestamptz, ${after.id})`);
      if (before) conditions.push(Prisma.sql`(created_at, id) > (${before.createdAt}::timestamptz, ${before.id})`);
      const order = backward ? Prisma.sql`created_at ASC, id ASC` : Prisma.sql`created_at DESC, id DESC`;
      const rows = await prisma.$queryRaw<AccountFound[]>`
        SELECT id, created_at AS "createdAt" FROM users WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY ${order} LIMIT ${limit + 1}`;
      return sliceOf(rows, page, (account) => account);
    },
  };
}
