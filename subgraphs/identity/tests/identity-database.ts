import { openPool } from '@storytelling/shared/infrastructure/database';
import { PrismaPg } from '@prisma/adapter-pg';
import type { UserEvent } from '@storytelling/shared/domain-events/identity';
import { unitOfWork } from '@storytelling/shared/infrastructure/unit-of-work';
import { testDatabase } from '@storytelling/shared/testing/database';
import type { UserId } from '@storytelling/shared/value-objects/user-id';
import type pg from 'pg';
import { PrismaClient } from '../src/generated/prisma/client.js';
import type { Letter } from '../src/domain/letters.js';
import { prismaEmailTokens } from '../src/infrastructure/prisma-email-tokens.js';
import { secretsFrom } from '../src/infrastructure/secrets.js';
import { prismaSessions } from '../src/infrastructure/prisma-sessions.js';
import { prismaUsers, userStream } from '../src/infrastructure/prisma-users.js';

export type IdentityDatabase = Awaited<ReturnType<typeof identityDatabase>>;

/** pg resolves end() before its sockets are closed, so that dropping the database may still meet one: not an error of a test. */
export function testPool(url: string): pg.Pool {
  const pool = openPool({ connectionString: url, max: 20 });
  pool.on('error', () => undefined);
  return pool;
}

/** A migrated database of its own, and identity's adapters on it, without a service around them. */
export async function identityDatabase() {
  const database = await testDatabase('identity');
  const pool = testPool(database.url);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool), log: [{ emit: 'event', level: 'query' }] });
  let statements = 0;
  prisma.$on('query', () => {
    statements += 1;
  });
  const now = () => new Date();
  const letters: Letter[] = [];
  return {
    url: database.url,
    pool,
    prisma,
    users: prismaUsers({
      client: prisma,
      transact: unitOfWork(prisma, () => undefined),
      letterBox: { post: async (_, letter) => void letters.push(letter) },
      now,
    }),
    /** Posted, oldest first. */
    letters,
    sessions: prismaSessions(prisma),
    emailTokens: prismaEmailTokens(prisma, secretsFrom(new Uint8Array(32).fill(5)), now),
    /** The events of a user, oldest first. */
    async events(id: UserId): Promise<UserEvent[]> {
      const { rows } = await pool.query<UserEvent>(
        'SELECT event_type AS type, event_data AS data FROM backbone.event_store WHERE stream_id = $1 ORDER BY event_version',
        [userStream(id).id],
      );
      return rows;
    },
    /** How many statements Prisma sent during some work. */
    async statementsOf(work: () => Promise<unknown>): Promise<number> {
      const before = statements;
      await work();
      // Query events are emitted asynchronously.
      await new Promise((resolve) => setTimeout(resolve, 50));
      return statements - before;
    },
    async close() {
      await prisma.$disconnect();
      await pool.end();
      await database.drop();
    },
  };
}
